"""Compares computed numbers to expected ones, and sums the outcome up in rows.

Knows neither where the numbers come from nor how rows are shown.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

OK, EDGE, MISS, NOT_COMPARED = "ok", "edge", "MISS", "not compared"

# What is left of sums that cancel has no largest number to be measured by.
_CANCELLED = 1e-9


class Tolerance(NamedTuple):
    """How far a number may be off.

    Attributes:
      name: Why.
      relative: As a share of the largest expected number of its array.
    """

    name: str
    relative: float

    def share(self, difference: float, scale: float) -> float:
        """The part of what is allowed that a difference takes up, where the largest expected number is `scale`."""
        return difference / max(self.relative * scale, _CANCELLED)

    def __str__(self) -> str:
        return f"{self.relative:.0e} ({self.name})"


# Two float32 programs that add up in another order: convolutions sum up to a thousand products, controllers tens.
ROUNDING = Tolerance("rounding", 1e-4)
CONTROLLER_ROUNDING = Tolerance("rounding", 1e-5)


class Pair(NamedTuple):
    """An array to compare.

    Attributes:
      name: Of the array.
      expected: Its numbers.
      actual: Those computed, in the same shape.
      tolerance: How far they may be off; None if nothing can be said of them.
    """

    name: str
    expected: np.ndarray
    actual: np.ndarray
    tolerance: Tolerance | None = ROUNDING


@dataclasses.dataclass
class Row:
    """The outcome for the arrays of one group.

    Attributes:
      name: Of the group.
      tolerance: Of its arrays; None if nothing can be said of them.
      num_compared: Numbers compared.
      num_left_out: Numbers that were not, for want of a tolerance.
      difference: The largest one.
      relative: The largest one as a share of the largest expected number of its array.
      worst: The array that takes up most of its tolerance.
    """

    name: str
    tolerance: Tolerance | None
    num_compared: int = 0
    num_left_out: int = 0
    difference: float = 0.0
    relative: float = 0.0
    worst: str = ""
    _worst_share: float = -1.0

    @property
    def verdict(self) -> str:
        """`OK`, `MISS` or `NOT_COMPARED`."""
        if not self.num_compared:
            return NOT_COMPARED
        return OK if self._worst_share <= 1.0 else MISS

    def add(self, pair: Pair) -> None:
        """Takes an array in."""
        if pair.tolerance is None:
            self.num_left_out += pair.expected.size
            return
        self.num_compared += pair.expected.size
        difference, scale = _largest_difference(pair.expected, pair.actual)
        share = pair.tolerance.share(difference, scale)
        self.difference = max(self.difference, difference)
        if difference:
            self.relative = max(self.relative, difference / scale if scale else np.inf)
        if share > self._worst_share:
            self.worst, self._worst_share = pair.name, share


def compare(pairs: Iterable[Pair], group: Callable[[str], str] | None = None) -> list[Row]:
    """Compares arrays and gathers them in rows.

    Args:
      pairs: The arrays.
      group: From an array's name to that of its row; None for `group_of`.

    Returns:
      A row for each group and tolerance, in the order of their first arrays.
    """
    group = group or group_of
    rows: dict[tuple, Row] = {}
    for pair in pairs:
        key = (group(pair.name), pair.tolerance)
        rows.setdefault(key, Row(*key)).add(pair)
    return list(rows.values())


def left_out(name: str, arrays: Mapping[str, np.ndarray]) -> list[Row]:
    """A row of this name for arrays of which nothing can be said; none where there are none."""
    return [Row(name, None, num_left_out=sum(np.size(value) for value in arrays.values()))] if arrays else []


def group_of(name: str) -> str:
    """The group an array belongs to: `step/0/loss` is one of `step/*/loss`, `var/x/w` of `var/*`."""
    first, _, rest = name.partition("/")
    if not rest:
        return name
    place, _, last = rest.partition("/")
    return f"{first}/*/{last}" if last and place.isdigit() else f"{first}/*"


def passes(rows: Iterable[Row]) -> bool:
    """Whether no row is a miss."""
    return all(row.verdict != MISS for row in rows)


def largest(rows: Iterable[Row]) -> float:
    """The largest relative difference of some rows; 0 where nothing was compared."""
    return max((row.relative for row in rows), default=0.0)


def _largest_difference(expected: np.ndarray, actual: np.ndarray) -> tuple[float, float]:
    """The largest difference, and the largest expected number, of two arrays of one shape.

    What is not finite is equal to itself, and off by more than any tolerance from everything else.
    """
    expected, actual = np.asarray(expected, np.float64), np.asarray(actual, np.float64)
    finite = np.abs(expected[np.isfinite(expected)])
    with np.errstate(invalid="ignore"):
        off = np.where(_same(expected, actual), 0.0, np.abs(actual - expected))
    difference = np.max(np.nan_to_num(off, nan=np.inf), initial=0.0)
    return float(difference), float(np.max(finite, initial=0.0))


def _same(expected: np.ndarray, actual: np.ndarray) -> np.ndarray:
    return (expected == actual) | (np.isnan(expected) & np.isnan(actual))
