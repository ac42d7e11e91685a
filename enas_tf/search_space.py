"""Search spaces and their architectures ("arcs") as plain data: the only place that knows an arc's offsets.

An arc is a tuple of integers, a batch of arcs an int32 array [num_arcs, arc_length]. Knows no TensorFlow.
"""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from enas_tf.errors import InputError

Arc = tuple[int, ...]

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
class MacroSpace:
    """The macro space (Pham et al. 2018, section 2.3): per layer an operation and a skip bit for each earlier output.

    Attributes:
      num_layers: Layers that hold an operation.
      operations: Names, by operation index. A name may stand more than once: its instances then share one module
        in every layer, and multiplicity only weighs the draw.
    """

    num_layers: int
    operations: tuple[str, ...] = MACRO_OPERATIONS

    @property
    def arc_length(self) -> int:
        """Integers in one arc: N + N(N-1)/2."""
        return self.num_layers + self.num_skips

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
        starts = (self.operation_offset(i) for i in range(self.num_layers))
        return tuple(
            MacroLayer(int(arc[start]), tuple(int(bit) for bit in arc[start + 1 : start + 1 + i]))
            for i, start in enumerate(starts)
        )

    def validate(self, arc: Iterable[int], what: str = "arc") -> Arc:
        """Returns the arc as a tuple of int.

        Args:
          arc: The integers of one arc.
          what: Flag or file to name in an error.

        Raises:
          InputError: If the length, an operation or a skip bit does not fit the space.
        """
        arc = tuple(int(value) for value in arc)
        if len(arc) != self.arc_length:
            fits = _num_layers_of_length(len(arc))
            hint = f"{len(arc)} integers" + (f" (an arc of {fits} layers)" if fits else "")
            raise InputError(what, f"{self.arc_length} integers for {self.num_layers} layers", hint)
        for i, layer in enumerate(self.layers(arc)):
            if not 0 <= layer.operation < len(self.operations):
                known = f"an operation in 0..{len(self.operations) - 1}"
                raise InputError(f"{what}, layer {i}", known, layer.operation)
            if any(bit not in (0, 1) for bit in layer.skips):
                raise InputError(f"{what}, layer {i}", "skip bits of 0 or 1", " ".join(map(str, layer.skips)))
        return arc

    def parse(self, text: str, what: str = "arc") -> Arc:
        """Reads the flag string of an arc: integers separated by white space, layer after layer.

        Raises:
          InputError: If the text holds anything but integers, or an arc of another space.
        """
        words = text.split()
        try:
            values = [int(word) for word in words]
        except ValueError:
            wrong = next(word for word in words if not word.lstrip("-").isdigit())
            raise InputError(what, "integers separated by blanks", repr(wrong)) from None
        return self.validate(values, what)

    def format(self, arc: Sequence[int]) -> str:
        """Writes an arc as the string `parse` and the flag `--child_fixed_arc` read."""
        return " ".join(str(int(value)) for value in arc)

    def format_layers(self, arc: Sequence[int]) -> list[str]:
        """Writes an arc as the original prints it: a line a layer, `[op skip_0 skip_1 …]`."""
        return [f"[{' '.join(map(str, (layer.operation, *layer.skips)))}]" for layer in self.layers(arc)]

    def uniform(self, generator: np.random.Generator, num_arcs: int) -> np.ndarray:
        """Draws arcs uniformly, every operation and every skip bit independently.

        Returns:
          int32 [num_arcs, arc_length].
        """
        arcs = generator.integers(0, 2, size=(num_arcs, self.arc_length), dtype=np.int32)
        offsets = [self.operation_offset(i) for i in range(self.num_layers)]
        arcs[:, offsets] = generator.integers(0, len(self.operations), size=(num_arcs, self.num_layers))
        return arcs


def _num_layers_of_length(arc_length: int) -> int | None:
    """The number of layers whose macro arcs have this length, None if there is none."""
    num_layers = int((np.sqrt(8 * arc_length + 1) - 1) / 2)
    return num_layers if arc_length and num_layers * (num_layers + 1) // 2 == arc_length else None
