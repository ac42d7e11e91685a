"""An architecture as a list of choices, one a place: how many there are, which one is which number, and mutation."""

import dataclasses
import functools
import math
from collections.abc import Sequence

import numpy as np

from enas_tf.search_space.place import Place, PlaceKind
from enas_tf.search_space.space import Arc, SearchSpace


@dataclasses.dataclass(frozen=True)
class Choices:
    """The architectures of a space, or those of them that share some choices.

    Attributes:
      places: In the order of the arc; together they cover it.
    """

    places: tuple[Place, ...]

    @classmethod
    def of(cls, space: SearchSpace, only_connections: bool = False) -> "Choices":
        """Lists the choices of a space.

        Args:
          space: Any.
          only_connections: Whether every operation is index 0, so that nothing but connections is left to choose.
        """
        if not only_connections:
            return cls(space.places)
        return cls(
            tuple(
                place._replace(options=place.options[:1]) if place.kind is PlaceKind.OPERATION else place
                for place in space.places
            )
        )

    @functools.cached_property
    def size(self) -> int:
        """How many architectures there are; an exact integer, often beyond 64 bits."""
        return math.prod(len(place.options) for place in self.places)

    def arc_at(self, index: int) -> Arc:
        """Returns the architecture of a number in 0..size - 1: its digits, of which the last place's is the lowest."""
        chosen = []
        for place in reversed(self.places):
            index, option = divmod(index, len(place.options))
            chosen.append(option)
        return self.arc_of(chosen[::-1])

    def index_of(self, arc: Sequence[int]) -> int:
        """Returns the number of an architecture, which `arc_at` takes."""
        index = 0
        for place, option in zip(self.places, self.options_of(arc), strict=True):
            index = index * len(place.options) + option
        return index

    def arc_of(self, chosen: Sequence[int]) -> Arc:
        """Returns the architecture of an option, by its index, at each place."""
        return tuple(
            value for place, option in zip(self.places, chosen, strict=True) for value in place.options[option]
        )

    def options_of(self, arc: Sequence[int]) -> list[int]:
        """Returns the index of the option that an architecture has at each place."""
        return [
            known[tuple(int(arc[position]) for position in place.positions)]
            for place, known in zip(self.places, self._option_indices, strict=True)
        ]

    def mutate(self, arc: Sequence[int], generator: np.random.Generator, identity_probability: float) -> Arc:
        """Changes one choice of an architecture, at random.

        With `identity_probability`, or where there is nothing to choose, nothing changes. Otherwise the kinds of places
        that leave a choice have the same probability, then the places of the kind. An operation is drawn uniformly
        among all, the old one included; everything else among all others.

        Args:
          arc: To begin with.
          generator: Decides.
          identity_probability: In 0..1.

        Returns:
          The architecture after it.

        Reference: Real et al. (2019), arXiv 1802.01548, appendix A.1, where the cell that is mutated is drawn first:
        since both cells have as many places of a kind, that is the same. For cells only; the rest follows it.
        """
        arc = tuple(int(value) for value in arc)
        kinds = list(self._open_places)
        if not kinds or generator.random() < identity_probability:
            return arc
        places = self._open_places[kinds[generator.integers(len(kinds))]]
        place = places[generator.integers(len(places))]
        old = tuple(arc[position] for position in place.positions)
        options = [option for option in place.options if place.kind is PlaceKind.OPERATION or option != old]
        mutated = list(arc)
        for position, value in zip(place.positions, options[generator.integers(len(options))], strict=True):
            mutated[position] = value
        return tuple(mutated)

    @functools.cached_property
    def _open_places(self) -> dict[PlaceKind, list[Place]]:
        """The places with more than one option, by kind."""
        kinds: dict[PlaceKind, list[Place]] = {}
        for place in self.places:
            if len(place.options) > 1:
                kinds.setdefault(place.kind, []).append(place)
        return kinds

    @functools.cached_property
    def _option_indices(self) -> list[dict[tuple[int, ...], int]]:
        """For each place the index of each of its options."""
        return [{option: index for index, option in enumerate(place.options)} for place in self.places]
