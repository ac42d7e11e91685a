"""Places: the parts of an arc that can be chosen by themselves.

A place is mostly a single integer. Start and count of a range of channels are one place, since a start leaves only some
counts.
"""

import enum
from typing import NamedTuple


class PlaceKind(enum.StrEnum):
    """What is chosen at a place; a mutation first chooses among the kinds there are."""

    OPERATION = "operation"
    INPUT = "input"
    SKIP = "skip"
    CHANNELS = "channels"


class Place(NamedTuple):
    """A choice to be made in every architecture.

    Attributes:
      kind: What is chosen.
      positions: Of the arc, one after the other.
      options: What can stand there: for each option an integer a position.
    """

    kind: PlaceKind
    positions: tuple[int, ...]
    options: tuple[tuple[int, ...], ...]

    def allowed(self, earlier: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Returns what the next position can hold, in order, given the integers at the place's positions before it."""
        num_before = len(earlier)
        return tuple(sorted({option[num_before] for option in self.options if option[:num_before] == earlier}))


def single_place(kind: PlaceKind, position: int, num_options: int) -> Place:
    """Makes the place of one integer, counted from 0."""
    return Place(kind, (position,), tuple((option,) for option in range(num_options)))
