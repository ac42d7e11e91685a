"""Distributions over what architectures are made of, sorted as a policy has them: operations, and connections."""

from collections.abc import Sequence

import numpy as np

from enas_tf.search_space.place import PlaceKind
from enas_tf.search_space.space import Arc, SearchSpace


def sorted_by_kind(space: SearchSpace, rows: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Sorts distributions in the form that a controller of the space gives its own in.

    Args:
      space: The space.
      rows: For each position of an arc the probability of each integer that can stand there, from the lowest on; left
        out at the end they are 0.

    Returns:
      Those of operations, or of starts and counts of ranges of channels, float [num_draws, num_options]; and of
      connections, float [num_skips] for skips, the probability of 1, or [num_draws, num_entries] for inputs.
    """
    of_kind: dict[PlaceKind, list[np.ndarray]] = {kind: [] for kind in PlaceKind}
    for place in space.places:
        of_kind[place.kind] += [rows[position] for position in place.positions]
    chosen = of_kind[PlaceKind.OPERATION] or of_kind[PlaceKind.CHANNELS]
    operations = _padded(chosen, len(space.operations) if of_kind[PlaceKind.OPERATION] else 0)
    if space.connection_kind is PlaceKind.SKIP:
        return operations, _padded(of_kind[PlaceKind.SKIP], 2)[:, 1]
    return operations, _padded(of_kind[PlaceKind.INPUT])


def shares(space: SearchSpace, arcs: Sequence[Arc]) -> tuple[np.ndarray, np.ndarray]:
    """Counts what architectures are made of.

    Args:
      space: The space.
      arcs: Some architectures of it, at least one.

    Returns:
      The share of them that has each option at each place, as `sorted_by_kind` sorts them.
    """
    columns = np.asarray(arcs).T  # [arc_length, num_arcs]
    rows: list[np.ndarray] = [np.zeros(0)] * space.arc_length
    for place in space.places:
        for number, position in enumerate(place.positions):
            lowest = min(option[number] for option in place.options)
            rows[position] = np.bincount(columns[position] - lowest) / len(arcs)
    return sorted_by_kind(space, rows)


def _padded(rows: Sequence[np.ndarray], width: int = 0) -> np.ndarray:
    """Puts rows below each other, with zeros at the end of those that are shorter than a width or another row."""
    width = max([width, *map(len, rows)])
    return np.array([np.pad(row, (0, width - len(row))) for row in rows]).reshape(len(rows), width)
