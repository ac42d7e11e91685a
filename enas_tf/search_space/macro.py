"""The macro space: whole networks, chosen layer after layer.

Reference: ENAS (Pham et al., 2018), section 2.3.
"""

import dataclasses
from collections.abc import Sequence

from enas_tf.search_space.layered import SKIP_BITS, LayeredSpace, SkippingLayer, num_layers_in
from enas_tf.search_space.space import Arc, Size

MACRO_OPERATIONS = (
    "conv_3x3",
    "separable_conv_3x3",
    "conv_5x5",
    "separable_conv_5x5",
    "average_pooling",
    "max_pooling",
)


@dataclasses.dataclass(frozen=True)
class MacroLayer(SkippingLayer):
    """One layer of a macro arc.

    Attributes:
      operation: Index into the space's operations.
      skips: As `SkippingLayer` describes.
    """

    operation: int
    skips: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class MacroSpace(LayeredSpace[MacroLayer]):
    """The macro space: per layer an operation and a skip bit for each earlier output.

    Attributes:
      num_layers: Layers that hold an operation.
      operations: As `SearchSpace` describes.
      num_poisoned: Likewise.
    """

    operations: tuple[str, ...] = MACRO_OPERATIONS
    num_poisoned: int = 0

    @property
    def layer_width(self) -> int:
        """One, the operation."""
        return 1

    @property
    def num_options(self) -> tuple[int, ...]:
        """As many as there are operations, or two for a skip bit."""
        return tuple(count for layer in range(self.num_layers) for count in (len(self.operations), *(layer * [2])))

    @property
    def operation_positions(self) -> tuple[int, ...]:
        """One for each layer."""
        return tuple(map(self.layer_offset, range(self.num_layers)))

    def layers(self, arc: Sequence[int]) -> tuple[MacroLayer, ...]:
        """Cuts an arc into its layers."""
        parts = (map(int, part) for part in self._cut(arc))
        return tuple(MacroLayer(operation, tuple(skips)) for operation, *skips in parts)

    @staticmethod
    def num_layers_of(arc_length: int) -> int | None:
        """How many layers arcs of some length have; None if no macro arc is so long."""
        return num_layers_in(arc_length, layer_width=1)

    def _size_of(self, arc_length: int) -> Size | None:
        num_layers = self.num_layers_of(arc_length)
        return Size(f"{num_layers} layers", f"--child_num_layers={num_layers}") if num_layers else None

    def _fault(self, arc: Arc, position: int) -> tuple[str, str, object]:
        i, place = self._place(position)
        layer = self.layers(arc)[i]
        if place == 0:
            return f"layer {i}", self._known_operations(), layer.operation
        return f"layer {i}", SKIP_BITS, self.format(layer.skips)
