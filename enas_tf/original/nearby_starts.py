"""Starts a rounding away from a golden file's: they tell a miss that is only an edge from a fault.

Where a value lies within rounding of a ReLU's or of max pooling's edge, two right programs may part ways, and from then
on they train on different gradients. From a start moved by one unit in the last place such a value lands on either
side by chance, so that a good share of these starts follow the file to its end. A fault shifts all of them.

A variable moves as a whole: its products then move their sums by as much as another order of adding up does at worst.
Numbers moved each for itself cancel out, and no value changes sides (`micro_trajectory`: none of 12 such starts follows
it, where 4 of 12 do whose variables move as a whole).
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from enas_tf.original.comparison import Pair, Row, compare, largest, passes
from enas_tf.seeds import named_generator

Arrays = Mapping[str, np.ndarray]

MIN_STARTS = 8  # fewer say little of a share
EDGE_SHARE = 0.25  # of the starts that follow a file over an edge, at least


class Replayable(Protocol):
    """What a golden file is about, at its starting values."""

    starting_values: Arrays

    def start_from(self, values: Arrays) -> None:
        """Takes other starting values, by the original's names."""

    def arrays(self) -> Arrays:
        """All arrays that a file of this kind holds, as this port computes them."""


def nearby_values(values: Arrays, seed: int, k: int) -> dict[str, np.ndarray]:
    """Moves every variable by one unit in the last place of each of its numbers, up, down or not, at random.

    Args:
      values: Starting values by name, of a floating type.
      seed: The root seed.
      k: Which of the starts near them.
    """
    moved = {}
    for name, value in values.items():
        direction = named_generator(seed, f"nearby start of {name}", k).integers(-1, 2)
        moved[name] = np.nextafter(value, value.dtype.type(direction * np.inf)) if direction else value
    return moved


@dataclasses.dataclass
class NearbyStarts:
    """What replays from nearby starts gave.

    Attributes:
      num_starts: How many there were.
      num_passed: How many of them passed every array.
      nearest: The smallest of their largest relative differences.
      spread: By row, how far the port's own numbers moved at most, as a share of the largest of their array.
    """

    num_starts: int = 0
    num_passed: int = 0
    nearest: float = np.inf
    spread: dict[str, float] = dataclasses.field(default_factory=dict)

    @property
    def follow(self) -> bool:
        """Whether enough of them passed for a miss from the given start to be an edge."""
        return self.num_passed >= EDGE_SHARE * self.num_starts > 0

    def add(self, rows: Sequence[Row], moved: Sequence[Row]) -> None:
        """Takes a start in.

        Args:
          rows: Its numbers compared to the file's.
          moved: Its numbers compared to those from the given start.
        """
        self.num_starts += 1
        self.num_passed += passes(rows)
        self.nearest = min(self.nearest, largest(rows))
        for row in moved:
            self.spread[row.name] = max(row.relative, self.spread.get(row.name, 0.0))


def replay(
    run: Replayable,
    pairs_of: Callable[[Arrays], list[Pair]],
    given: Arrays,
    num_starts: int,
    seed: int,
    tell: Callable[[str], None],
) -> NearbyStarts:
    """Replays a golden file from starts near its own.

    Args:
      run: What the file is about, at its starting values; it is left at the last start.
      pairs_of: From computed arrays to what is compared.
      given: Computed from the given start.
      num_starts: How many starts.
      seed: The root seed they are drawn from.
      tell: Receives a line for each start.
    """
    values, outcome = dict(run.starting_values), NearbyStarts()
    for k, actual in enumerate(_replays(run, values, num_starts, seed)):
        rows = compare(pairs_of(actual))
        moved = [pair._replace(expected=given[pair.name]) for pair in pairs_of(actual)]
        outcome.add(rows, [*compare(moved), *compare(moved, group=str)])
        verdict = "follows the file" if passes(rows) else "parts from it"
        tell(f"nearby start {k + 1} of {num_starts}: {verdict}, largest relative difference {largest(rows):.1e}")
    return outcome


def _replays(run: Replayable, values: Arrays, num_starts: int, seed: int) -> Iterator[Arrays]:
    for k in range(num_starts):
        run.start_from(nearby_values(values, seed, k))
        yield run.arrays()
