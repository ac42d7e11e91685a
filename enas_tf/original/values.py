"""Carries values between variables of this library and arrays under the original's names."""

from collections.abc import Mapping

import keras
import numpy as np

from enas_tf.errors import InputError, listed
from enas_tf.original.child_naming import from_original, to_original


def check_values(variables: Mapping[str, keras.Variable], values: Mapping[str, np.ndarray], what: str) -> None:
    """Checks that every variable has a value of its shape.

    Args:
      variables: By the original's names.
      values: As the original stores them, by the same names; more are no fault.
      what: The file they come from.

    Raises:
      InputError: Naming what is missing, or the first value of another shape.
    """
    missing = [name for name in variables if name not in values]
    if missing:
        raise InputError(what, f"an array for each of {len(variables)} variables", f"none for {listed(missing)}")
    for name, variable in variables.items():
        expected = to_original(name, np.empty(variable.shape, np.float32)).shape
        if np.shape(values[name]) != expected:
            raise InputError(f"{what}, {name}", f"shape {expected}", np.shape(values[name]))


def assign_variables(
    variables: Mapping[str, keras.Variable], values: Mapping[str, np.ndarray], what: str = "values"
) -> None:
    """Gives variables the values the original stored under their names (arguments and errors as `check_values`)."""
    check_values(variables, values, what)
    for name, variable in variables.items():
        variable.assign(from_original(name, values[name]))


def read_variables(variables: Mapping[str, keras.Variable]) -> dict[str, np.ndarray]:
    """Returns the variables' values as the original would store them under their names."""
    return {name: to_original(name, np.asarray(variable)) for name, variable in variables.items()}
