"""Images that lie in memory or on disk, and how both are gone through.

Those on disk are read by the rows asked for. A memory-mapped array would do the same, but every page of it that was
touched counts as memory of the process.
"""

import math
import os
import pathlib
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from enas_tf.errors import InputError

# In memory at once where all images are gone through; sums of their squares take eight times as much.
BYTES_AT_ONCE = 16 * 2**20


class StoredImages:
    """Images in a file, an array as numpy writes it; slices and choices of them are views, which read nothing.

    Args:
      path: The file, uint8 [N, H, W, C].
      rows: Which of its images these are, int64 [M]; None for all.

    Attributes:
      path: As given.
      shape: Number of images, height, width and channels.
      dtype: Of their numbers.

    Raises:
      ValueError: If the file holds no such array, or less than it says.
      OSError: If it cannot be opened.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, path: pathlib.Path, rows: np.ndarray | None = None) -> None:
        header = np.load(path, mmap_mode="r")
        if not isinstance(header, np.memmap) or header.dtype != self.dtype or header.ndim != 4:
            raise ValueError(f"expected uint8 [N, H, W, C] in {path}, received {header.dtype} {list(header.shape)}")
        self.path = path
        self._start = header.offset
        self._row_shape: tuple[int, int, int] = header.shape[1:]
        self._rows = np.arange(len(header)) if rows is None else rows
        self._file = _OpenFile(path)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """As of an array."""
        return (len(self._rows), *self._row_shape)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, chosen: "slice | np.ndarray") -> "StoredImages":
        view = object.__new__(StoredImages)
        view.__dict__ |= self.__dict__ | {"_rows": self._rows[chosen]}
        return view

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.read(np.arange(len(self)))

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Reads some of the images, uint8 [len(indices), H, W, C].

        Raises:
          InputError: If the file has become shorter meanwhile.
        """
        rows = self._rows[indices]
        images = np.empty((len(rows), *self._row_shape), self.dtype)
        # Neighbours are read at once.
        ends = [*(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)] if len(rows) else []
        first = 0
        for end in ends:
            self._read_into(images[first:end], int(rows[first]))
            first = end
        return images

    def _read_into(self, images: np.ndarray, row: int) -> None:
        place = self._start + row * math.prod(self._row_shape)
        if os.preadv(self._file.descriptor, [images.data], place) != images.nbytes:
            raise InputError(str(self.path), "the images that it held when they were first read", "fewer")


class _OpenFile:
    """A file that stays open, and readable where it is deleted, as long as anything reads from it."""

    def __init__(self, path: pathlib.Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self.descriptor)


Images = np.ndarray | StoredImages


def blocks_of(images: Images) -> Iterator[np.ndarray]:
    """Goes through images, or any array, in order, some at a time."""
    size = max(1, BYTES_AT_ONCE // max(1, math.prod(images.shape[1:]) * images.dtype.itemsize))
    for start in range(0, len(images), size):
        yield np.asarray(images[start : start + size])
