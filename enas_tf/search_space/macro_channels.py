"""The macro space over parts of the channels: every layer takes a range of channels from each operation.

Reference: the authors' code without `--controller_search_whole_channels`.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from enas_tf.search_space.layered import SKIP_BITS, LayeredSpace, SkippingLayer, num_layers_in
from enas_tf.search_space.macro import MACRO_OPERATIONS
from enas_tf.search_space.place import Place, PlaceKind, single_place
from enas_tf.search_space.space import Arc, Size


class ChannelRange(NamedTuple):
    """The channels a layer takes from one branch.

    Attributes:
      start: The first one.
      number: How many.
    """

    start: int
    number: int


_RANGE_LENGTH = len(ChannelRange._fields)


@dataclasses.dataclass(frozen=True)
class ChannelLayer(SkippingLayer):
    """One layer of an arc.

    Attributes:
      ranges: What it takes from each branch, in the order of the space's operations.
      skips: As `SkippingLayer` describes.
    """

    ranges: tuple[ChannelRange, ...]
    skips: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class MacroChannelSpace(LayeredSpace[ChannelLayer]):
    """Per layer `[start_0, count_0, start_1, count_1, …]`, a pair for each branch, then the skip bits.

    A start is any of the C channels. A count is at least 1 and ends within the channels; it is at most C − 1, as the
    original's controller has no option for all of them.

    Attributes:
      num_layers: Layers that hold operations.
      num_channels: C, the channels of a branch that can be taken; at least 2.
      operations: Names of the branches. All of them run in every layer.
    """

    num_channels: int
    operations: tuple[str, ...] = MACRO_OPERATIONS

    @property
    def layer_width(self) -> int:
        """Two for each branch."""
        return _RANGE_LENGTH * len(self.operations)

    @property
    def num_options(self) -> tuple[int, ...]:
        """C for a start, C − 1 for a count, two for a skip bit."""
        ranges = (self.num_channels, self.num_channels - 1) * len(self.operations)
        return tuple(count for layer in range(self.num_layers) for count in (*ranges, *(layer * [2])))

    @property
    def operation_positions(self) -> tuple[int, ...]:
        """None: every operation runs."""
        return ()

    @property
    def count_positions(self) -> tuple[int, ...]:
        """The positions of an arc that hold a count, whose start stands just before."""
        first_counts = range(1, self.layer_width, _RANGE_LENGTH)
        return tuple(self.layer_offset(layer) + place for layer in range(self.num_layers) for place in first_counts)

    @property
    def places(self) -> tuple[Place, ...]:
        """A place for each valid pair of start and count, and one for each skip bit."""
        pairs, counts = tuple(map(tuple, self._pairs)), set(self.count_positions)
        return tuple(
            Place(PlaceKind.CHANNELS, (position - 1, position), pairs)
            if position in counts
            else single_place(self.connection_kind, position, num_options)
            for position, num_options in enumerate(self.num_options)
            if position + 1 not in counts
        )

    def layers(self, arc: Sequence[int]) -> tuple[ChannelLayer, ...]:
        """Cuts an arc into its layers."""
        return tuple(self._layer(tuple(map(int, part))) for part in self._cut(arc))

    def uniform(self, generator: np.random.Generator, num_arcs: int) -> np.ndarray:
        """Draws arcs uniformly: each pair of start and count among all valid pairs, each skip bit by itself.

        A start is then drawn the less often the fewer counts it leaves.

        Returns:
          int32 [num_arcs, arc_length].
        """
        pairs = np.array(self._pairs)
        arcs = generator.integers(0, 2, size=(num_arcs, self.arc_length), dtype=np.int32)
        counts = np.array(self.count_positions)
        drawn = pairs[generator.integers(len(pairs), size=(num_arcs, len(counts)))]  # [num_arcs, pairs of an arc, 2]
        arcs[:, counts - 1], arcs[:, counts] = drawn[..., 0], drawn[..., 1]
        return arcs

    def uniform_policy(self, arcs: np.ndarray) -> np.ndarray:
        """Returns the distributions that `uniform` draws from, by turns of starts and counts, as the controller does.

        Args:
          arcs: int [num_arcs, arc_length]; a count depends on its start.

        Returns:
          float [num_arcs, 2·num_layers·num_branches, C].
        """
        num_counts = np.array([len(self._counts(start)) for start in range(self.num_channels)])  # by start
        left = num_counts[np.asarray(arcs)[:, np.array(self.count_positions) - 1]][..., np.newaxis]
        counts = np.where(np.arange(self.num_channels) < left, 1.0 / left, 0.0)  # [num_arcs, pairs of an arc, C]
        starts = np.broadcast_to(num_counts / num_counts.sum(), counts.shape)
        return np.stack([starts, counts], axis=2).reshape(len(counts), -1, self.num_channels)

    @property
    def uniform_entropy(self) -> float:
        """Entropy of all pairs of an architecture that `uniform` draws, in nats."""
        return len(self.count_positions) * math.log(len(self._pairs))

    @property
    def _pairs(self) -> list[ChannelRange]:
        """All pairs of a start and a count that a layer can take of a branch."""
        return [ChannelRange(start, count) for start in range(self.num_channels) for count in self._counts(start)]

    def _layer(self, part: tuple[int, ...]) -> ChannelLayer:
        ranges, skips = part[: self.layer_width], part[self.layer_width :]
        return ChannelLayer(tuple(map(ChannelRange, ranges[::_RANGE_LENGTH], ranges[1::_RANGE_LENGTH])), skips)

    def _counts(self, start: int) -> range:
        """The counts that can follow a start."""
        return range(1, min(self.num_channels - start, self.num_channels - 1) + 1)

    def _allowed(self, arc: Arc) -> Sequence[range]:
        allowed = list(super()._allowed(arc))
        for position in self.count_positions:
            allowed[position] = self._counts(arc[position - 1])
        return allowed

    def _size_of(self, arc_length: int) -> Size | None:
        num_layers = num_layers_in(arc_length, self.layer_width)
        words = f"{num_layers} layers of {len(self.operations)} ranges of channels"
        return Size(words, f"--child_num_layers={num_layers}") if num_layers else None

    def _fault(self, arc: Arc, position: int) -> tuple[str, str, object]:
        i, place = self._place(position)
        if place >= self.layer_width:
            return f"layer {i}", SKIP_BITS, self.format(self.layers(arc)[i].skips)
        branch, is_count = divmod(place, _RANGE_LENGTH)
        where = f"layer {i}, {self.operations[branch]}"
        if is_count:
            start = arc[position - 1]
            return where, f"a count in 1..{self._counts(start)[-1]} for start {start}", arc[position]
        return where, f"a start in 0..{self.num_channels - 1}", arc[position]
