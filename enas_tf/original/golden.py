"""Golden files: numbers written by running the original, or by this port, one `.npz` with settings in a `.json`."""

import dataclasses
import json
import pathlib
import zipfile
from typing import Any, TypeVar

import numpy as np

from enas_tf.errors import InputError
from enas_tf.reporting.results import replacing, write_json

Setting = TypeVar("Setting")


@dataclasses.dataclass(frozen=True)
class Golden:
    """A golden file.

    Attributes:
      settings: Of the run that wrote it.
      arrays: By their names in the file.
      path: The `.npz`, for messages.
    """

    settings: dict
    arrays: dict[str, np.ndarray]
    path: pathlib.Path

    @classmethod
    def load(cls, path: pathlib.Path) -> "Golden":
        """Reads `path`, an `.npz`, and the `.json` beside it.

        Raises:
          InputError: If one of them is missing or is not what its ending says.
        """
        return cls(_read_settings(path.with_suffix(".json")), _read_arrays(path), path)

    @classmethod
    def load_arrays(cls, path: pathlib.Path) -> "Golden":
        """Reads an `.npz` that has no settings (errors as `load`)."""
        return cls({}, _read_arrays(path), path)

    def save(self) -> None:
        """Writes both files, the settings last."""
        with replacing(self.path) as file:
            arrays: dict[str, Any] = self.arrays  # numpy's stubs take any of these for its flag
            np.savez_compressed(file, **arrays)
        write_json(self.path.with_suffix(".json"), self.settings)

    def under(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays whose names start with `prefix`, without it."""
        return {name.removeprefix(prefix): value for name, value in self.arrays.items() if name.startswith(prefix)}

    def array(self, name: str, *shape: int | None) -> np.ndarray:
        """Returns an array, None in the shape standing for any length.

        Raises:
          InputError: If the file has no such array, or one of another shape.
        """
        expected = f"shape ({', '.join('any' if size is None else str(size) for size in shape)})"
        if name not in self.arrays:
            raise InputError(str(self.path), f"an array {name}, {expected}", "none of that name")
        value = self.arrays[name]
        fits = len(shape) == value.ndim and all(
            size in (None, length) for size, length in zip(shape, value.shape, strict=True)
        )
        if not fits:
            raise InputError(f"{self.path}, {name}", expected, value.shape)
        return value

    def setting(self, name: str, *kinds: type[Setting]) -> Setting:
        """Returns a setting of one of some kinds.

        Raises:
          InputError: If there is none, or it is of another kind.
        """
        value = self.settings.get(name)
        if not isinstance(value, kinds):
            what = f"{self.path.with_suffix('.json')}, {name}"
            raise InputError(what, " or ".join(kind.__name__ for kind in kinds), "nothing" if value is None else value)
        return value


def _read_settings(path: pathlib.Path) -> dict:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(str(path), "a golden file's settings", error.strerror) from None
    except ValueError as error:
        raise InputError(str(path), "settings as JSON", str(error)) from None
    if not isinstance(settings, dict):
        raise InputError(str(path), "settings by name", f"a {type(settings).__name__}")
    return settings


def _read_arrays(path: pathlib.Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            return dict(arrays)
    except OSError as error:
        raise InputError(str(path), "a golden file", error.strerror or "a file that is none") from None
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(str(path), "an .npz of arrays", str(error) or "an empty file") from None
