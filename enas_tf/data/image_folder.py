"""A directory of image files: `train/<class>/*` and `test/<class>/*`, at any depth below a class.

A `val/<class>/*` beside them is the validation set.
"""

import collections
import hashlib
import itertools
import math
import os
import pathlib
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from enas_tf.data.decoding import decode_image, image_shape
from enas_tf.data.image_files import FoundFiles, find_files, find_folders, left_notes
from enas_tf.data.image_set import ImageSet
from enas_tf.data.resizing import resize
from enas_tf.data.storage import IN_MEMORY, Block, Storage, Stream
from enas_tf.data.stored_images import BYTES_AT_ONCE
from enas_tf.errors import InputError, listed

LAYOUT = "train/<class>/* and test/<class>/* with images"

_SPLITS = ("train", "test")
_VALIDATION = ("val", "valid", "validation")
_GREY, _COLOUR = 1, 3


class _File(NamedTuple):
    path: str
    label: int


class _Look(NamedTuple):
    """What one look at a file tells: the shape of its image, and a hash of its content."""

    shape: tuple[int, int, int]
    digest: str


def holds_image_folder(directory: pathlib.Path) -> bool:
    """Tells whether a directory is meant as an image folder: `train` or `test` lies there."""
    return any((directory / split).is_dir() for split in _SPLITS)


def read_image_folder(directory: pathlib.Path, image_size: int | None, storage: Storage = IN_MEMORY) -> ImageSet:
    """Reads an image folder; grey images among coloured ones become coloured.

    What lies in hidden folders is no image, nor is a file with a suffix of something else; the latter are counted and
    named in the set's `notes`, and so are links that are not followed.

    Args:
      directory: The folder that holds `train` and `test`, and `val` (or `valid`, `validation`) if there is one.
      image_size: Height and width to resize every image to; None if they all have one size.
      storage: Where decoded images go.

    Raises:
      InputError: If a folder is missing, they do not hold the same classes, one of them has no image of a class, a
        file is no image, or the images differ in shape.
    """
    splits = _split_names(directory)
    class_names = _class_names(directory, splits)
    found = {split: [find_files(directory / split / name) for name in class_names] for split in splits}
    _require_images(found, directory, class_names)
    files = {split: _shuffled(by_class, split) for split, by_class in found.items()}
    looks = _survey([path for by_class in found.values() for some in by_class for path in some.images])
    shape, to_colour = _common_shape(looks, directory, image_size)
    streams = {
        part: Stream(len(files[split]), _blocks(files[split], to_colour, shape, image_size))
        for part, split in zip(("train", "test", "valid"), splits, strict=False)
    }
    parts = storage.keep(streams, lambda: _key(files, looks, image_size), f"--data_path={directory}")
    notes = left_notes(list(itertools.chain(*found.values())), directory)
    if len(splits) > len(_SPLITS):
        notes += (f"{directory / splits[-1]} is the validation set; no training image is held out for it",)
    fields = {"name": str(directory), "num_classes": len(class_names), "class_names": class_names, "notes": notes}
    return ImageSet.of_parts(parts, **fields)


def _split_names(directory: pathlib.Path) -> tuple[str, ...]:
    """The folders of training, test and, if there are any, validation images.

    Raises:
      InputError: If one is missing, or which one is for validation is not clear.
    """
    what = f"--data_path={directory}"
    validation = tuple(name for name in _VALIDATION if (directory / name).is_dir())
    for split in _SPLITS:
        if not (directory / split).is_dir():
            beside = " and ".join([name for name in _SPLITS if name != split] + list(validation))
            remedy = f" (to test on {validation[0]}, rename it)" if split == "test" and validation else ""
            raise InputError(what, f"a folder {split} beside {beside}{remedy}", f"no {split}")
    if len(validation) > 1:
        raise InputError(what, "one folder of validation images", " and ".join(validation))
    return (*_SPLITS, *validation)


def _class_names(directory: pathlib.Path, splits: Sequence[str]) -> tuple[str, ...]:
    names = {split: {folder.name for folder in find_folders(directory / split)} for split in splits}
    for split in splits:
        _require_text(names[split], directory / split)
        if not names[split]:
            raise InputError(f"--data_path={directory}", LAYOUT, f"no class folder in {split}")
    every = set().union(*names.values())
    missing = [f"no {listed(sorted(every - names[split]))} in {split}" for split in splits if every - names[split]]
    if missing:
        expected = f"the same class folders in {' and '.join(splits)}"
        raise InputError(f"--data_path={directory}", expected, "; ".join(missing))
    return tuple(sorted(every))


def _require_text(folders: Iterable[str], directory: pathlib.Path) -> None:
    """Refuses names of classes that no file and no terminal could take."""
    for name in sorted(folders):
        try:
            name.encode()
        except UnicodeEncodeError:
            raise InputError(str(directory), "class folders whose names are text in UTF-8", ascii(name)) from None


def _require_images(found: dict[str, list[FoundFiles]], directory: pathlib.Path, class_names: Sequence[str]) -> None:
    """Refuses a split without images, and one without images of a class."""
    for split, by_class in found.items():
        missing = [name for name, files in zip(class_names, by_class, strict=True) if not files.images]
        if len(missing) == len(class_names):
            raise InputError(f"--data_path={directory}", LAYOUT, f"no image in {split}")
        if missing:
            expected = f"images of every class in {' and in '.join(found)}"
            raise InputError(f"--data_path={directory}", expected, f"none in {split} of {listed(missing)}")


def _shuffled(by_class: Sequence[FoundFiles], split: str) -> list[_File]:
    """Lists the images of a split, shuffled, since a validation set is the last part of the training images."""
    files = [_File(str(path), label) for label, found in enumerate(by_class) for path in found.images]
    # The order of TFDS's ImageFolder, which read these folders before.
    random.Random(split).shuffle(files)
    return files


def _survey(paths: Sequence[pathlib.Path]) -> dict[str, _Look]:
    """Looks at every file once.

    Raises:
      InputError: If one cannot be read or is no image; it names the file.
    """

    def look(path: pathlib.Path) -> _Look:
        content = _content(str(path))
        return _Look(image_shape(content, str(path)), hashlib.blake2b(content, digest_size=16).hexdigest())

    with _threads() as threads:
        return dict(zip(map(str, paths), threads.map(look, paths), strict=True))


def _key(files: Mapping[str, Sequence[_File]], looks: Mapping[str, _Look], image_size: int | None) -> str:
    """By what decoded images are found again: by the files' contents in their order, and by their size."""
    digest = hashlib.blake2b(repr(image_size).encode(), digest_size=16)
    for split, some in files.items():
        digest.update(f"{split} {len(some)}".encode())
        for file in some:
            digest.update(f"{file.label} {looks[file.path].digest}".encode())
    return digest.hexdigest()


def _common_shape(
    looks: Mapping[str, _Look], directory: pathlib.Path, image_size: int | None
) -> tuple[tuple[int, int, int], bool]:
    """Returns height, width and channels of the images as they are kept, and whether grey ones are to become coloured.

    Raises:
      InputError: If their channels differ otherwise, or their sizes and there is no `image_size`; it names the first
        files that are not like most.
    """
    what, shapes = f"--data_path={directory}", [look.shape for look in looks.values()]
    paths = [pathlib.Path(path) for path in looks]
    channels = [shape[-1] for shape in shapes]
    to_colour = set(channels) >= {_GREY, _COLOUR}
    if to_colour:
        channels = [_COLOUR if number == _GREY else number for number in channels]
    one_number = "images with one number of channels (save others anew, without transparency for example)"
    _require_alike(channels, paths, what, one_number, directory)
    if image_size is not None:
        return (image_size, image_size, channels[0]), to_colour
    sizes = [f"{height}x{width}" for height, width, _ in shapes]
    _require_alike(sizes, paths, what, "images of one size, or --image_size to resize them to", directory)
    return (*shapes[0][:2], channels[0]), to_colour


def _require_alike(
    values: Sequence[object], paths: Sequence[pathlib.Path], what: str, expected: str, directory: pathlib.Path
) -> None:
    usual = collections.Counter(values).most_common(1)[0][0]
    odd = [(value, path) for value, path in zip(values, paths, strict=True) if value != usual]
    if odd:
        names = listed(str(path.relative_to(directory)) for _, path in odd)
        raise InputError(what, expected, f"{usual} and {odd[0][0]}, the latter in {names}")


def _blocks(
    files: Iterable[_File], to_colour: bool, shape: tuple[int, int, int], image_size: int | None
) -> Iterator[Block]:
    """The images in their order, some at a time."""

    def load(file: _File) -> np.ndarray:
        image = decode_image(_content(file.path), file.path)
        if to_colour and image.shape[-1] == _GREY:
            image = np.repeat(image, _COLOUR, axis=-1)
        return image if image_size is None else resize(image, image_size).numpy()

    size = max(1, BYTES_AT_ONCE // math.prod(shape))
    remaining = iter(files)
    with _threads() as threads:
        # A whole split handed over at once would be decoded as fast as it can be, and wait in memory.
        while some := list(itertools.islice(remaining, size)):
            yield np.stack(list(threads.map(load, some))), np.array([file.label for file in some], np.int32)


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count())


def _content(path: str) -> bytes:
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise InputError(path, "a readable file", error.strerror) from error
