"""Reading pickles of plain data and numpy arrays without running any code they might hold."""

import pathlib
import pickle
from typing import IO, Literal

import numpy as np

from enas_tf.errors import InputError


def load_array_pickle(path: pathlib.Path) -> object:
    """Reads a pickle that holds nothing but arrays, bytes, str, numbers, lists, tuples and dictionaries.

    Pickles of Python 2 are read too; their strings come back as bytes.

    Args:
      path: The file.

    Raises:
      InputError: If the file is missing, cut short or no pickle, or if it names a function or class that
        rebuilding an array does not need.
    """
    try:
        with path.open("rb") as file:
            return _ArrayUnpickler(file, path).load()
    except InputError:
        raise
    except OSError as error:
        raise InputError(str(path), "a readable file", error.strerror) from error
    except Exception as error:  # A damaged pickle can raise anything its opcodes can.
        raise InputError(str(path), "a complete pickle of arrays", f"{type(error).__name__}: {error}") from error


class _ArrayUnpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], path: pathlib.Path) -> None:
        super().__init__(file, encoding="bytes")
        self._path = path

    def find_class(self, module: str, name: str) -> object:
        # numpy 2 moved numpy.core to numpy._core.
        admitted = _ADMITTED.get((module.replace("numpy._core", "numpy.core"), name))
        if admitted is None:
            raise InputError(str(self._path), "a pickle of arrays and plain data only", f"the name {module}.{name}")
        return admitted


def _new_array(_subtype: type, _shape: tuple[int, ...], _dtype: bytes) -> np.ndarray:
    """Stands in for numpy's `_reconstruct`: an empty array whose state the pickle then sets."""
    return np.empty(0, np.uint8)


def _array_from_buffer(buffer: bytes, dtype: np.dtype, shape: tuple[int, ...], order: Literal["C", "F"]) -> np.ndarray:
    """Stands in for numpy's `_frombuffer`, which pickles of protocol 5 use."""
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order=order)


def _dtype(spec: str, align: int = False, copy: int = False) -> np.dtype:
    """Stands in for `numpy.dtype`, whose flags old pickles give as integers, which numpy no longer likes."""
    return np.dtype(spec, align=bool(align), copy=bool(copy))


def _encode(text: str, encoding: str | bytes) -> bytes:
    """Stands in for `_codecs.encode`, by which Python 3 writes bytes into pickles of protocol 2."""
    if encoding not in ("latin1", b"latin1"):
        raise pickle.UnpicklingError(f"bytes in the encoding {encoding!r}")
    return text.encode("latin1")


_ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"): _new_array,
    ("numpy.core.numeric", "_frombuffer"): _array_from_buffer,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _dtype,
    ("_codecs", "encode"): _encode,
}
