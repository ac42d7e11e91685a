"""Reads TensorFlow 1 checkpoints, which `tf.train.Saver` wrote."""

import pathlib
from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from enas_tf.errors import InputError, listed

# What TensorFlow raises for files that are missing, torn or no checkpoint.
_READ_ERRORS = (tf.errors.OpError, ValueError, RuntimeError, IndexError)


class OriginalCheckpoint:
    """A checkpoint of the original.

    Args:
      directory: Where it lies; or the checkpoint itself, without its `.index`.
      flag: The flag that names it, for messages.

    Attributes:
      what: The flag with its value, for messages.
      shapes: Of all variables, by name.

    Raises:
      InputError: If there is no checkpoint, or it cannot be read.
    """

    def __init__(self, directory: str, flag: str) -> None:
        self.what = f"--{flag}={directory}"
        self._prefix = self._find(directory)
        try:
            self._reader = tf.train.load_checkpoint(self._prefix)
            shapes = self._reader.get_variable_to_shape_map()
        except _READ_ERRORS as error:
            raise self._torn(error) from None
        self.shapes = {name: tuple(shape) for name, shape in sorted(shapes.items())}

    def read(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Returns the values of variables by name; all of them must be there.

        Raises:
          InputError: If the files end before they do.
        """
        try:
            return {name: self._reader.get_tensor(name) for name in names}
        except _READ_ERRORS as error:
            raise self._torn(error) from None

    def _find(self, directory: str) -> str:
        if pathlib.Path(f"{directory}.index").is_file():
            return directory
        expected = "the directory of a TensorFlow 1 checkpoint"
        path = pathlib.Path(directory)
        if not path.is_dir():
            raise InputError(self.what, expected, "a file" if path.exists() else "nothing of that name")
        prefix = tf.train.latest_checkpoint(directory)
        if prefix is None:
            found = listed(sorted(entry.name for entry in path.iterdir())) or "nothing"
            raise InputError(self.what, f"{expected}, with the file `checkpoint` that names it", found)
        return prefix

    def _torn(self, error: Exception) -> InputError:
        reason = str(error).partition("\n")[0]
        return InputError(self.what, "a whole TensorFlow 1 checkpoint", f"{self._prefix}: {reason}")
