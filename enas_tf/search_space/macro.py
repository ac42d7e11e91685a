"""The macro space: whole networks, chosen layer after layer.

Reference: ENAS (Pham et al., 2018), section 2.3.
"""

import dataclasses
import math
from collections.abc import Sequence

from enas_tf.search_space.space import Arc, SearchSpace, Size

MACRO_OPERATIONS = (
    "conv_3x3",
    "separable_conv_3x3",
    "conv_5x5",
    "separable_conv_5x5",
    "average_pooling",
    "max_pooling",
)


@dataclasses.dataclass(frozen=True)
class MacroLayer:
    """One layer of a macro arc.

    Attributes:
      operation: Index into the space's operations.
      skips: One bit per earlier entry of the network's list of outputs, entry 0 being the stem; the entry just
        before the layer is its input and has no bit.
    """

    operation: int
    skips: tuple[int, ...]

    @property
    def sources(self) -> tuple[int, ...]:
        """The list entries whose skip bit is set."""
        return tuple(entry for entry, bit in enumerate(self.skips) if bit)


@dataclasses.dataclass(frozen=True)
class MacroSpace(SearchSpace):
    """The macro space: per layer an operation and a skip bit for each earlier output.

    Attributes:
      num_layers: Layers that hold an operation.
      operations: As `SearchSpace` describes.
    """

    num_layers: int
    operations: tuple[str, ...] = MACRO_OPERATIONS

    @property
    def arc_length(self) -> int:
        """Integers in one arc: N + N(N-1)/2."""
        return self.num_layers + self.num_skips

    @property
    def num_options(self) -> tuple[int, ...]:
        """As many as there are operations, or two for a skip bit."""
        return tuple(count for layer in range(self.num_layers) for count in (len(self.operations), *(layer * [2])))

    @property
    def num_skips(self) -> int:
        """Skip bits in one arc: N(N-1)/2."""
        return self.num_layers * (self.num_layers - 1) // 2

    @property
    def pool_layers(self) -> tuple[int, ...]:
        """Layers after which the map is halved: N//3 - 1 and 2(N//3) - 1; none below three layers."""
        third = self.num_layers // 3
        return (third - 1, 2 * third - 1) if third else ()

    def operation_offset(self, layer: int) -> int:
        """Position of a layer's operation in the arc; its `layer` skip bits follow."""
        return layer + layer * (layer - 1) // 2

    def layers(self, arc: Sequence[int]) -> tuple[MacroLayer, ...]:
        """Cuts an arc into its layers."""
        parts = (map(int, part) for part in self._parts(arc))
        return tuple(MacroLayer(operation, tuple(skips)) for operation, *skips in parts)

    def _parts(self, arc: Sequence[int]) -> list[Sequence[int]]:
        offsets = [self.operation_offset(layer) for layer in range(self.num_layers + 1)]
        return [arc[start:end] for start, end in zip(offsets, offsets[1:], strict=False)]

    @staticmethod
    def num_layers_of(arc_length: int) -> int | None:
        """How many layers arcs of some length have; None if no macro arc is so long."""
        num_layers = (math.isqrt(8 * arc_length + 1) - 1) // 2
        fits = arc_length and num_layers * (num_layers + 1) // 2 == arc_length
        return num_layers if fits else None

    def _size_of(self, arc_length: int) -> Size | None:
        num_layers = self.num_layers_of(arc_length)
        return num_layers and Size(f"{num_layers} layers", f"--child_num_layers={num_layers}")

    def _fault(self, arc: Arc, position: int) -> tuple[str, str, object]:
        i = max(layer for layer in range(self.num_layers) if self.operation_offset(layer) <= position)
        layer = self.layers(arc)[i]
        if position == self.operation_offset(i):
            return f"layer {i}", self._known_operations(), layer.operation
        return f"layer {i}", "skip bits of 0 or 1", self.format(layer.skips)
