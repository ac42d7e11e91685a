"""Compares computed numbers to expected ones, and sums the outcome up in rows.

Knows neither where the numbers come from nor how rows are shown.
"""

import dataclasses
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """How far a number may be off.

    Attributes:
      name: Why.
      relative: As a share of the largest expected number of its array.
      absolute: Or by itself.
    """

    name: str
    relative: float
    absolute: float = 0.0

    def share(self, difference: float, scale: float) -> float:
        """The part of what is allowed that a difference takes up, where the largest expected number is `scale`."""
        return difference / (self.absolute + self.relative * scale)

    def __str__(self) -> str:
        allowed = [f"{self.relative:.0e}"] if self.relative else []
        allowed += [f"{self.absolute:g} absolute"] if self.absolute >= 1 else []
        return f"{' or '.join(allowed)} ({self.name})"


# float32 programs that add up in another order. What is nearly zero has rounding of its own.
ROUNDING = Tolerance("rounding", 1e-4, 3e-7)


class Pair(NamedTuple):
    """An array to compare, or a part of one.

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
      num_incomparable: Numbers that were not: those that are expected to be NaN or infinite, and those without a
        tolerance.
      difference: The largest one.
      relative: The largest one as a share of the largest expected number of its array; 0 where only absolute ones
        count.
      worst: The array that takes up most of its tolerance.
    """

    name: str
    tolerance: Tolerance | None
    num_compared: int = 0
    num_incomparable: int = 0
    difference: float = 0.0
    relative: float = 0.0
    worst: str = ""
    _worst_share: float = -1.0

    @property
    def verdict(self) -> str:
        """`ok`, `MISS` or `not comparable`."""
        if not self.num_compared:
            return "not comparable"
        return "ok" if self._worst_share <= 1.0 else "MISS"

    def add(self, pair: Pair) -> None:
        """Takes an array in."""
        comparable = np.isfinite(pair.expected) & (pair.tolerance is not None)
        self.num_incomparable += int(np.sum(~comparable))
        if not np.any(comparable):
            return
        self.num_compared += int(np.sum(comparable))
        expected, actual = (np.asarray(value, np.float64)[comparable] for value in (pair.expected, pair.actual))
        scale = float(np.max(np.abs(expected)))
        # A number that is not finite where one is expected is off by more than any tolerance.
        difference = float(np.max(np.nan_to_num(np.abs(actual - expected), nan=np.inf)))
        share = pair.tolerance.share(difference, scale)
        self.difference = max(self.difference, difference)
        if pair.tolerance.relative and difference:
            self.relative = max(self.relative, difference / scale if scale else np.inf)
        if share > self._worst_share:
            self.worst, self._worst_share = pair.name, share


def compare(pairs: Iterable[Pair]) -> list[Row]:
    """Compares arrays and gathers them: one row for each group and tolerance, in the order of their first arrays."""
    rows: dict[tuple, Row] = {}
    for pair in pairs:
        key = (group_of(pair.name), pair.tolerance)
        rows.setdefault(key, Row(*key)).add(pair)
    return list(rows.values())


def group_of(name: str) -> str:
    """The group an array belongs to: `step/0/loss` is one of its own, `train/0/loss` of `train/*/loss`, `var/x/w` of
    `var/*`."""
    first, _, rest = name.partition("/")
    if first == "step" or not rest:
        return name
    place, _, last = rest.partition("/")
    return f"{first}/*/{last}" if last and place.isdigit() else f"{first}/*"


def passes(rows: Iterable[Row]) -> bool:
    """Whether no row is a miss."""
    return all(row.verdict != "MISS" for row in rows)
