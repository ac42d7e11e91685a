"""Names of operations: a word, behind which parameters may stand, as in `dropout(rate=0.9)`.

A space's operations are such names. Two names are one operation, and share one module, if their canonical forms are
equal.
"""

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from enas_tf.errors import InputError

_NAME = re.compile(r"\s*(?P<kind>\w+)\s*(?:\((?P<parameters>[^()]*)\)\s*)?")


class Parameter(NamedTuple):
    """What a parameter may be.

    Attributes:
      convert: Text to number; raises ValueError where it cannot.
      accepts: Whether a number is allowed.
      expected: What is accepted, in words.
    """

    convert: Callable[[str], float]
    accepts: Callable[[float], bool]
    expected: str


# By kind of operation the parameters its name carries, all of them required. Kinds that are not listed have none.
OPERATION_PARAMETERS: dict[str, dict[str, Parameter]] = {
    "gaussian_noise": {
        "stddev": Parameter(float, lambda value: 0 <= value < math.inf, "a standard deviation of at least 0")
    },
    "dropout": {"rate": Parameter(float, lambda value: 0 <= value <= 1, "a rate from 0 to 1")},
    # With an even kernel no symmetric padding keeps the size of the map.
    "transposed_conv": {
        "kernel_size": Parameter(
            int,
            lambda value: value > 0 and value % 2 == 1,
            "an odd kernel size (an even one changes the shape of the map)",
        )
    },
    "stretched_conv": {"dilation": Parameter(int, lambda value: value > 0, "a dilation of at least 1")},
}


@dataclasses.dataclass(frozen=True)
class Operation:
    """An operation as its name says it; `str` gives the canonical form.

    Attributes:
      kind: What it is called in registries of layers.
      parameters: Its parameters in the order of `OPERATION_PARAMETERS`, with their names.
    """

    kind: str
    parameters: tuple[tuple[str, float], ...] = ()

    def __str__(self) -> str:
        parameters = ", ".join(f"{name}={value}" for name, value in self.parameters)
        return f"{self.kind}({parameters})" if parameters else self.kind


def parse_operation(text: str, what: str = "operation") -> Operation:
    """Reads the name of an operation.

    Args:
      text: A word, behind it parameters as `(name=value, …)` where its kind has any.
      what: Flag or file to name in an error.

    Raises:
      InputError: If it has another form, lacks a parameter or has one too many, or a value is out of range.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        raise InputError(what, "an operation as name or name(parameter=value)", repr(text))
    kind = match["kind"]
    known = OPERATION_PARAMETERS.get(kind, {})
    given = _assignments(match["parameters"] or "")
    if given.keys() != known.keys():
        form = f"{kind}({', '.join(f'{name}=…' for name in known)})" if known else f"{kind} without parameters"
        raise InputError(what, form, text.strip())
    return Operation(
        kind, tuple((name, _number(given[name], known[name], f"{what}, {name} of {kind}")) for name in known)
    )


def _assignments(text: str) -> Mapping[str, str]:
    """Reads `name=value, …`; a part without `=` is a name without a value."""
    parts = [part.partition("=") for part in text.split(",") if part.strip()]
    return {name.strip(): value.strip() for name, _, value in parts}


def _number(text: str, parameter: Parameter, what: str) -> float:
    try:
        value = parameter.convert(text)
    except ValueError:
        raise InputError(what, parameter.expected, repr(text)) from None
    if not parameter.accepts(value):
        raise InputError(what, parameter.expected, text)
    return value
