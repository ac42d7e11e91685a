"""What a flag's text may be: each kind converts it, checks it and says what would have been accepted."""

import math
import os
import re
from collections.abc import Callable
from typing import Any

from absl import flags

from enas_tf.config import ORIGINAL_QUIRKS
from enas_tf.errors import InputError
from enas_tf.poisoning import parse_instances, parse_preset
from enas_tf.search_space.operation import parse_operation

# In parentheses a comma stands between the parameters of one operation.
_BETWEEN_OPERATIONS = re.compile(r",(?![^()]*\))")


class Kind(flags.ArgumentParser[Any], flags.ArgumentSerializer[Any]):
    """Parser and serializer of one kind of flag value.

    Args:
      convert: Text (or a value already converted) to value; raises ValueError where it cannot.
      accepts: Whether a converted value is allowed.
      expected: What is accepted, as it stands in help and error messages.
      to_text: Value to text, so that `convert` gives the value back.
    """

    def __init__(
        self,
        convert: Callable[[Any], Any],
        accepts: Callable[[Any], bool],
        expected: str,
        to_text: Callable[[Any], str] = str,
    ) -> None:
        self._convert = convert
        self._accepts = accepts
        self._to_text = to_text
        self.syntactic_help = expected  # absl shows it in --help

    @property
    def expected(self) -> str:
        """What is accepted, in words."""
        return self.syntactic_help

    def parse(self, argument: Any) -> Any:
        """Returns the value a text stands for.

        Raises:
          ValueError: If it is none of this kind; absl adds the flag's name and the text.
        """
        try:
            value = self._convert(argument)
        except InputError as error:  # a parser of the library knows better what it expected
            raise ValueError(f"expected {error.expected}, received {error.received}") from None
        except ValueError:
            raise ValueError(f"expected {self.expected}") from None
        if not self._accepts(value):
            raise ValueError(f"expected {self.expected}")
        return value

    def serialize(self, value: Any) -> str:
        """Returns the text that `parse` reads as `value`."""
        return self._to_text(value)


def one_of(*choices: Any) -> Kind:
    """The kind that admits a few values of one type."""
    *others, last = map(str, choices)
    return Kind(type(choices[0]), lambda value: value in choices, f"{', '.join(others)} or {last}")


def _boolean(value: Any) -> bool | None:
    return {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}.get(str(value).lower())


def _quirks(value: Any) -> frozenset[str]:
    names = value if isinstance(value, frozenset) else {name.strip() for name in value.split(",")} - {""}
    return frozenset(ORIGINAL_QUIRKS if names == {"all"} else names)


def _quirks_text(quirks: frozenset[str]) -> str:
    return ",".join(name for name in ORIGINAL_QUIRKS if name in quirks)


def _operations(value: Any) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return tuple(str(parse_operation(name)) for name in _BETWEEN_OPERATIONS.split(value) if name.strip())


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return tuple(dict.fromkeys(name.strip() for name in value.split(",")))


def _preset(value: str) -> str:
    if value:
        parse_preset(value)
    return value


def _instances(value: Any) -> tuple[tuple[str, int], ...]:
    return (
        value if isinstance(value, tuple) else tuple((part.operation, part.number) for part in parse_instances(value))
    )


def _instances_text(instances: tuple[tuple[str, int], ...]) -> str:
    return ",".join(f"{operation}:{count}" for operation, count in instances)


def _weights(value: Any) -> tuple[float, float]:
    below, *beyond = value if isinstance(value, tuple) else map(float, value.split(","))
    if len(beyond) > 1:
        raise ValueError("more than two numbers")
    return below, (beyond or [below])[0]


def _weights_text(weights: tuple[float, float]) -> str:
    return ",".join(map(str, dict.fromkeys(weights)))


def _seeds(value: Any) -> tuple[int, ...]:
    if isinstance(value, tuple):
        return value
    seeds: list[int] = []
    for part in value.split(","):
        first, is_range, last = part.partition("..")
        seeds += range(int(first), int(last) + 1) if is_range else [int(first)]
    return tuple(seeds)


def _seeds_text(seeds: tuple[int, ...]) -> str:
    return ",".join(map(str, seeds))


def _image_shape(value: Any) -> tuple[int, int, int]:
    height, width, channels = value if isinstance(value, tuple) else map(int, value.split("x"))
    return height, width, channels


BOOLEAN = Kind(_boolean, lambda value: value is not None, "true or false")
TEXT = Kind(str, lambda value: True, "text")
NON_EMPTY_TEXT = Kind(str, bool, "text that is not empty")
PATH = Kind(os.path.expanduser, bool, "a path that is not empty, in which ~ is the home directory")
PATH_OR_NONE = Kind(os.path.expanduser, lambda value: True, "a path, in which ~ is the home directory, or nothing")

POSITIVE_INTEGER = Kind(int, lambda value: value > 0, "a positive integer")
NON_NEGATIVE_INTEGER = Kind(int, lambda value: value >= 0, "an integer of at least 0")
IMAGE_SIDE = Kind(int, lambda value: value >= 8, "an integer of at least 8")
SEEDS = Kind(_seeds, lambda seeds: seeds and min(seeds) >= 0, "seeds as 0,1,2 or 0..9", _seeds_text)
IMAGE_SHAPE = Kind(
    _image_shape,
    lambda shape: min(shape[:2]) >= 8 and shape[2] > 0,
    "HEIGHTxWIDTHxCHANNELS, both sides at least 8",
    lambda shape: "x".join(map(str, shape)),
)

POSITIVE_NUMBER = Kind(float, lambda value: 0 < value < math.inf, "a number above 0")
NON_NEGATIVE_NUMBER = Kind(float, lambda value: 0 <= value < math.inf, "a number of at least 0")
KEEP_PROBABILITY = Kind(float, lambda value: 0 < value <= 1, "a number above 0 and at most 1")
INNER_PROBABILITY = Kind(float, lambda value: 0 < value < 1, "a number between 0 and 1, both excluded")
DECAY = Kind(float, lambda value: 0 <= value <= 1, "a number from 0 to 1")

COST_WEIGHTS = Kind(
    _weights,
    lambda weights: all(-math.inf < weight <= 0 for weight in weights),
    "a number of at most 0, or two separated by a comma",
    _weights_text,
)

# By the names that strategies' settings say what they accept with (`enas_tf.config.setting`).
KINDS = {
    "boolean": BOOLEAN,
    "text": TEXT,
    "path": PATH,
    "positive integer": POSITIVE_INTEGER,
    "non-negative integer": NON_NEGATIVE_INTEGER,
    "positive number": POSITIVE_NUMBER,
    "non-negative number": NON_NEGATIVE_NUMBER,
    "keep probability": KEEP_PROBABILITY,
    "inner probability": INNER_PROBABILITY,
    "probability": DECAY,
}

QUIRKS = Kind(
    _quirks,
    lambda names: names <= set(ORIGINAL_QUIRKS),
    f"names out of {', '.join(ORIGINAL_QUIRKS)}, separated by commas, or all",
    _quirks_text,
)

# By the names of `enas_tf.serving.formats`, which needs TensorFlow.
_FORMATS = ("saved_model", "litert", "onnx")
EXPORT_FORMATS = Kind(
    _names,
    lambda names: bool(names) and set(names) <= set(_FORMATS),
    f"names out of {', '.join(_FORMATS)}, separated by commas",
    ",".join,
)

OPERATION_NAMES = Kind(_operations, lambda value: True, "names of operations, separated by commas", ",".join)
POISON_PRESET = Kind(_preset, lambda value: True, "the name of a published poison")
POISON_INSTANCES = Kind(_instances, lambda value: True, "operation:instances, separated by commas", _instances_text)
