"""What all search spaces share: to read, check, write and draw arcs.

A space says how many options each position of an arc has, how an arc is cut into parts, and how to name what is wrong.
"""

import abc
import math
from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

import numpy as np

from enas_tf.errors import InputError
from enas_tf.search_space.place import Place, PlaceKind, single_place

Arc = tuple[int, ...]


class Size(NamedTuple):
    """What arcs of some length are made of.

    Attributes:
      words: For people, for example `12 layers`.
      flag: The flag that gives a space that size.
    """

    words: str
    flag: str


class SearchSpace(abc.ABC):
    """A set of architectures, each of them an arc of the same length.

    Attributes:
      operations: Names, by operation index. A name may stand more than once: its instances then share one module
        wherever it is used, and multiplicity only weighs the draw.
      num_poisoned: How many of the operations, the last ones, are poison: on offer only to weaken the space.
      connection_kind: What is chosen at positions that hold no operation.
    """

    operations: tuple[str, ...]
    num_poisoned: int = 0
    connection_kind: ClassVar[PlaceKind]

    @property
    @abc.abstractmethod
    def num_options(self) -> tuple[int, ...]:
        """For each position of an arc, how many values it can take; `_allowed` says which."""

    @property
    @abc.abstractmethod
    def arc_length(self) -> int:
        """Integers in one arc."""

    @property
    @abc.abstractmethod
    def operation_positions(self) -> tuple[int, ...]:
        """The positions of an arc that hold an operation."""

    @property
    def places(self) -> tuple[Place, ...]:
        """The parts of an arc that are chosen by themselves, in its order: every position, unless a space differs."""
        operations = set(self.operation_positions)
        return tuple(
            single_place(PlaceKind.OPERATION if position in operations else self.connection_kind, position, count)
            for position, count in enumerate(self.num_options)
        )

    @abc.abstractmethod
    def _cut(self, arc: Sequence[int]) -> list[Sequence[int]]:
        """Cuts an arc into the parts the original prints one by one."""

    @abc.abstractmethod
    def _size_of(self, arc_length: int) -> Size | None:
        """Says what arcs of some length, of this space or of a larger or smaller one, are made of; None if nothing."""

    def _allowed(self, arc: Arc) -> Sequence[range]:
        """The values each position may have, given those before it: from 0 on, unless a space says otherwise."""
        return [range(count) for count in self.num_options]

    @abc.abstractmethod
    def _fault(self, arc: Arc, position: int) -> tuple[str, str, object]:
        """Says of a position with a value out of range: its place in words, what was expected, what was received."""

    def validate(self, arc: Iterable[int], what: str = "arc") -> Arc:
        """Returns the arc as a tuple of int.

        Args:
          arc: The integers of one arc.
          what: Flag or file to name in an error.

        Raises:
          InputError: If the length or a value does not fit the space.
        """
        arc = tuple(int(value) for value in arc)
        if len(arc) != self.arc_length:
            own, other = self._size_of(self.arc_length), self._size_of(len(arc))
            words = f" for {own.words}" if own else ""
            hint = f" (an arc of {other.words}: {other.flag} would fit)" if other else ""
            raise InputError(what, f"{self.arc_length} integers{words}", f"{len(arc)} integers{hint}")
        for position, (value, allowed) in enumerate(zip(arc, self._allowed(arc), strict=True)):
            if value not in allowed:
                place, expected, received = self._fault(arc, position)
                raise InputError(f"{what}, {place}", expected, received)
        return arc

    def parse(self, text: str, what: str = "arc") -> Arc:
        """Reads the flag string of an arc: integers separated by white space, part after part.

        Args:
          text: The integers.
          what: Flag or file to name in an error.

        Raises:
          InputError: If the text holds anything but integers, or an arc of another space.
        """
        values = []
        for word in text.split():
            try:
                values.append(int(word))
            except ValueError:
                raise InputError(what, "integers separated by blanks", repr(word)) from None
        return self.validate(values, what)

    def format(self, arc: Sequence[int]) -> str:
        """Writes an arc as the string `parse` and the flag `--child_fixed_arc` read."""
        return " ".join(str(int(value)) for value in arc)

    def format_layers(self, arc: Sequence[int]) -> list[str]:
        """Writes an arc as the original prints it: `[3 0 1 …]` for each layer (macro space) or each cell (micro)."""
        return [f"[{self.format(part)}]" for part in self._cut(arc)]

    def uniform(self, generator: np.random.Generator, num_arcs: int) -> np.ndarray:
        """Draws arcs uniformly, every position independently.

        Returns:
          int32 [num_arcs, arc_length].
        """
        return generator.integers(0, self.num_options, size=(num_arcs, self.arc_length), dtype=np.int32)

    def uniform_policy(self, arcs: np.ndarray) -> np.ndarray:
        """Returns the distributions that `uniform` draws operations from, in the form of a controller's policy.

        Args:
          arcs: int [num_arcs, arc_length].

        Returns:
          float [num_arcs, num_draws, num_options], or [1, …] where they are the same for all architectures.
        """
        counts = np.array([self.num_options[position] for position in self.operation_positions])[:, np.newaxis]
        width = max(len(self.operations), *counts[:, 0])
        return np.where(np.arange(width) < counts, 1.0 / counts, 0.0)[np.newaxis]

    @property
    def uniform_entropy(self) -> float:
        """Entropy of all operations of an architecture that `uniform` draws, in nats: the most a policy can have."""
        return sum(math.log(self.num_options[position]) for position in self.operation_positions)

    def is_poisoned(self, operation: int) -> bool:
        """Whether an operation, by its index, is poison."""
        return operation >= len(self.operations) - self.num_poisoned

    def count_poisoned(self, arc: Sequence[int]) -> int:
        """How many of an arc's operations are poison."""
        return sum(self.is_poisoned(arc[position]) for position in self.operation_positions)

    def _known_operations(self) -> str:
        return f"an operation in 0..{len(self.operations) - 1}"
