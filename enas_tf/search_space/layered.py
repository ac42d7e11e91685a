"""What both macro spaces share: whole networks, chosen layer after layer, with skip connections between the layers."""

import abc
import dataclasses
import math
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from enas_tf.search_space.place import PlaceKind
from enas_tf.search_space.space import SearchSpace

SKIP_BITS = "skip bits of 0 or 1"  # what an error says was expected


class SkippingLayer:
    """A layer that may add earlier outputs to its own.

    Attributes:
      skips: One bit per earlier entry of the network's list of outputs, entry 0 being the stem; the entry just
        before the layer is its input and has no bit.
    """

    skips: tuple[int, ...]

    @property
    def sources(self) -> tuple[int, ...]:
        """The list entries whose skip bit is set."""
        return tuple(entry for entry, bit in enumerate(self.skips) if bit)


Layer = TypeVar("Layer", bound=SkippingLayer)


@dataclasses.dataclass(frozen=True)
class LayeredSpace(SearchSpace, Generic[Layer]):
    """Per layer some integers for what it computes, then a skip bit for each earlier output.

    Attributes:
      num_layers: Layers of a network.
    """

    num_layers: int
    connection_kind: ClassVar[PlaceKind] = PlaceKind.SKIP

    @property
    @abc.abstractmethod
    def layer_width(self) -> int:
        """Integers of a layer before its skip bits."""

    @property
    def arc_length(self) -> int:
        """Integers in one arc: those of N layers, and N(N-1)/2 skip bits."""
        return self.layer_offset(self.num_layers)

    @property
    def num_skips(self) -> int:
        """Skip bits in one arc: N(N-1)/2."""
        return self.num_layers * (self.num_layers - 1) // 2

    @property
    def pool_layers(self) -> tuple[int, ...]:
        """Layers after which the map is halved: N//3 - 1 and 2(N//3) - 1; none below three layers."""
        third = self.num_layers // 3
        return (third - 1, 2 * third - 1) if third else ()

    def layer_offset(self, layer: int) -> int:
        """Position of a layer's first integer in the arc; its `layer` skip bits stand last."""
        return layer * self.layer_width + layer * (layer - 1) // 2

    @abc.abstractmethod
    def layers(self, arc: Sequence[int]) -> tuple[Layer, ...]:
        """Cuts an arc into its layers."""

    def _cut(self, arc: Sequence[int]) -> list[Sequence[int]]:
        offsets = [self.layer_offset(layer) for layer in range(self.num_layers + 1)]
        return [arc[start:end] for start, end in zip(offsets, offsets[1:], strict=False)]

    def _place(self, position: int) -> tuple[int, int]:
        """The layer a position of the arc belongs to, and its place among the layer's integers."""
        layer = max(i for i in range(self.num_layers) if self.layer_offset(i) <= position)
        return layer, position - self.layer_offset(layer)


def num_layers_in(arc_length: int, layer_width: int) -> int | None:
    """How many layers arcs of some length have; None if none is so long.

    Args:
      arc_length: Integers in one arc.
      layer_width: As `LayeredSpace` describes.
    """
    linear = 2 * layer_width - 1  # N² + linear·N = 2·arc_length
    num_layers = (math.isqrt(linear**2 + 8 * arc_length) - linear) // 2
    fits = arc_length and num_layers * (num_layers + linear) == 2 * arc_length
    return num_layers if fits else None
