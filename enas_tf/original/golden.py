"""Golden files: numbers written by running the original, one `.npz` with its settings in a `.json` beside it."""

import dataclasses
import json
import pathlib

import keras
import numpy as np

from enas_tf.config import ChildConfig, OptimizerConfig
from enas_tf.original.child_naming import from_original, to_original


@dataclasses.dataclass(frozen=True)
class Golden:
    """A golden file.

    Attributes:
      settings: Of the run that wrote it.
      arrays: By their names in the file.
    """

    settings: dict
    arrays: dict[str, np.ndarray]

    @classmethod
    def load(cls, path: pathlib.Path) -> "Golden":
        """Reads `path`, an `.npz`, and the `.json` beside it."""
        with np.load(path) as arrays:
            return cls(json.loads(path.with_suffix(".json").read_text()), dict(arrays))

    def under(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays whose names start with `prefix`, without it."""
        return {name.removeprefix(prefix): value for name, value in self.arrays.items() if name.startswith(prefix)}

    def child_config(self) -> ChildConfig:
        """The child's sizes."""
        return _from_settings(ChildConfig, self.settings)

    def optimizer_config(self) -> OptimizerConfig:
        """The child optimizer's settings."""
        lowercase = {name.lower(): value for name, value in self.settings.items()}
        return _from_settings(OptimizerConfig, lowercase)


def assign_variables(variables: dict[str, keras.Variable], values: dict[str, np.ndarray]) -> None:
    """Gives variables the values the original stored under their names.

    Raises:
      KeyError: If a variable has no value.
    """
    for name, variable in variables.items():
        variable.assign(from_original(name, values[name]))


def read_variables(variables: dict[str, keras.Variable]) -> dict[str, np.ndarray]:
    """Returns the variables' values as the original would store them under their names."""
    return {name: to_original(name, np.asarray(variable)) for name, variable in variables.items()}


def _from_settings(config_class, settings):
    fields = {field.name for field in dataclasses.fields(config_class)}
    return config_class(**{name: value for name, value in settings.items() if name in fields})
