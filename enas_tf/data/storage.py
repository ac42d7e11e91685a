"""Where decoded images are kept: in memory, or where there are more than that in a file that is read by index.

The file is made once and found again by what it was made of, by whatever run comes next; so it lies in a directory of
the user's, not in that of a run.
"""

import contextlib
import dataclasses
import errno
import itertools
import math
import os
import pathlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import filelock
import numpy as np
import PIL
import tensorflow as tf

from enas_tf.config import DataConfig
from enas_tf.data.stored_images import Images, StoredImages
from enas_tf.errors import InputError

_GB, _MB = 10**9, 10**6

# By others the same files may be decoded and resized to other numbers.
DECODERS = f"tensorflow-{tf.__version__}-pillow-{PIL.__version__}"

Block = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Stream:
    """Images of one part of a set as they are decoded.

    Attributes:
      num_images: How many there are to be.
      blocks: Some at a time: images uint8 [B, H, W, C] and labels int32 [B].
    """

    num_images: int
    blocks: Iterator[Block]


@dataclasses.dataclass(frozen=True)
class Storage:
    """Where decoded images go.

    Attributes:
      memory_bytes: Images that take more are kept on disk.
      directory: Where.
      tell: Is told, in a line, what images take before they are read.
    """

    memory_bytes: float
    directory: pathlib.Path
    tell: Callable[[str], object] = lambda line: None

    @classmethod
    def of(cls, config: DataConfig, tell: Callable[[str], object]) -> "Storage":
        """Returns what settings say."""
        caches = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
        directory = caches / "enas_tf" if config.image_cache_dir is None else pathlib.Path(config.image_cache_dir)
        return cls(config.image_memory_gb * _GB, directory.expanduser(), tell)

    def keep(
        self, streams: Mapping[str, Stream], key: Callable[[], str], what: str
    ) -> dict[str, tuple[Images, np.ndarray]]:
        """Reads all images of a set.

        Args:
          streams: By part.
          key: Says by what the images are found again: a name of letters and digits that no others have.
          what: Flag to name in an error.

        Returns:
          Images and labels int32 [N] of each part.

        Raises:
          InputError: If a part has no image, or another number than it says; or if there is no room on disk.
        """
        begun = {part: _Begun.of(stream, what) for part, stream in streams.items()}
        num_images = sum(part.num_images for part in begun.values())
        num_bytes = sum(part.num_images * math.prod(part.shape) for part in begun.values())
        shape = "x".join(map(str, begun["train"].shape))
        takes = f"{num_images} images of {shape} take {_size(num_bytes)}"
        if num_bytes <= self.memory_bytes:
            self.tell(f"{takes} of memory, twice as much while they are read")
            return {name: _in_memory(part, what) for name, part in begun.items()}
        place = self.directory / f"{key()}-{DECODERS}"
        self.tell(f"{takes}, more than --image_memory_gb: they are read by index from {place}")
        with self._writing(place.name, num_bytes):
            stored = _stored(place, begun)
            if stored is None:
                self._require_room(num_bytes)
                self._write(begun, place, what)
                stored = _stored(place, begun)
        if stored is None:
            raise InputError(str(place), "the images that were written there", "others, or none")
        return stored

    @contextlib.contextmanager
    def _writing(self, name: str, num_bytes: int) -> Iterator[None]:
        """Keeps other processes from writing the same images, and says in one line why they cannot be written."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self.directory / f"{name}.lock")
            try:
                lock.acquire(timeout=0)
            except filelock.Timeout:
                self.tell("Another process reads the same images; waiting for it")
                lock.acquire()
            try:
                yield
            finally:
                lock.release()
        except OSError as error:
            expected = f"a directory that takes {_size(num_bytes)} of decoded images, or more --image_memory_gb"
            raise InputError("--image_cache_dir", expected, f"{self.directory}: {error.strerror or error}") from error

    def _require_room(self, num_bytes: int) -> None:
        free = shutil.disk_usage(self.directory).free
        if free < num_bytes:
            raise OSError(errno.ENOSPC, f"{_size(free)} free")

    def _write(self, begun: "Mapping[str, _Begun]", place: pathlib.Path, what: str) -> None:
        """Writes all parts beside their place and moves them there when they are whole."""
        for left in self.directory.glob(f"{place.name}.part-*"):  # of a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)
        made = pathlib.Path(tempfile.mkdtemp(prefix=f"{place.name}.part-", dir=self.directory))
        try:
            for name, part in begun.items():
                labels = _write_part(part, made / f"{name}.npy", what)
                np.save(made / f"{name}_labels.npy", labels)
            made.rename(place)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise


IN_MEMORY = Storage(math.inf, pathlib.Path())


def _size(num_bytes: float) -> str:
    return f"{num_bytes / _GB:.3g} GB" if num_bytes >= _GB else f"{num_bytes / _MB:.3g} MB"


class _Begun(NamedTuple):
    """A stream whose first block has been looked at."""

    num_images: int
    shape: tuple[int, int, int]
    blocks: Iterator[Block]

    @classmethod
    def of(cls, stream: Stream, what: str) -> "_Begun":
        first = next(stream.blocks, None)
        if first is None:
            raise InputError(what, "at least one image", "none")
        return cls(stream.num_images, first[0].shape[1:], itertools.chain([first], stream.blocks))

    def checked(self, what: str) -> Iterator[Block]:
        """The blocks, whose number of images is checked."""
        count = 0
        for images, labels in self.blocks:
            count += len(labels)
            if count > self.num_images:
                break
            yield images, labels
        if count != self.num_images:
            received = "more" if count > self.num_images else count
            raise InputError(what, f"{self.num_images} images, as it says", received)


def _in_memory(part: _Begun, what: str) -> tuple[np.ndarray, np.ndarray]:
    images, labels = np.empty((part.num_images, *part.shape), np.uint8), np.empty(part.num_images, np.int32)
    start = 0
    for some, their_labels in part.checked(what):
        end = start + len(some)
        images[start:end], labels[start:end] = some, their_labels
        start = end
    return images, labels


def _write_part(part: _Begun, path: pathlib.Path, what: str) -> np.ndarray:
    """Writes the images of a part; returns their labels."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (part.num_images, *part.shape)}
    labels = []
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for images, their_labels in part.checked(what):
            file.write(np.ascontiguousarray(images).data)
            labels.append(their_labels)
    return np.concatenate(labels).astype(np.int32)


def _stored(place: pathlib.Path, names: Iterable[str]) -> dict[str, tuple[Images, np.ndarray]] | None:
    """The parts that were written there; None if that is nothing, or not whole."""
    try:
        return {name: (StoredImages(place / f"{name}.npy"), np.load(place / f"{name}_labels.npy")) for name in names}
    except (OSError, ValueError, EOFError):  # the last of an empty file
        return None
