"""The operations that poison a search space, as cells of the micro space use them.

They are those of the macro space, one module for every entry of a cell that may be the input. `identity` is an
operation of the micro space already. What other packages add for the macro space only is used in the same way.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import Shape
from enas_tf.layers.cell_operations import CELL_OPERATION_LAYERS, CellOperation
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.micro_operations import MICRO_OPERATION_LAYERS, MicroOperation
from enas_tf.layers.operations import FIXED_MACRO_OPERATION_LAYERS, MACRO_OPERATION_LAYERS
from enas_tf.layers.registry import Made, OperationRegistry
from enas_tf.search_space.operation import OPERATION_PARAMETERS, Operation
from enas_tf.seeds import derive_seed

# Normalized by batch statistics in both modes, like everything in a shared micro network.
NORMALIZED = "stretched_conv"
CELL_POISONS = ("gaussian_noise", "dropout", "transposed_conv", NORMALIZED)


class MicroPoison(MicroOperation):
    """An operation while weights are shared.

    Args:
      filters: Channels in and out.
      poison: The operation's canonical name.
      **kwargs: Of `MicroOperation`.
    """

    def __init__(self, filters: int, poison: str, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.poison = poison
        self.operation = MACRO_OPERATION_LAYERS.make(
            poison, filters=filters, seed=self.seed, name="operation", **self.part_arguments
        )
        is_normalized = poison.startswith(NORMALIZED)
        self.has_modes = getattr(self.operation, "has_modes", not is_normalized)
        self.ends_normalized = getattr(self.operation, "ends_normalized", is_normalized)

    def build(self, input_shape: Shape) -> None:
        """Builds the operation."""
        self.operation.build(input_shape)

    def call(self, inputs: tf.Tensor, index: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Computes the operation, whichever entry the input is."""
        return self.operation(inputs, training=training)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "poison": self.poison}


@keras.saving.register_keras_serializable("enas_tf")
class CellPoison(CellOperation):
    """An operation in a network of one arc; at stride 2 applied to a factorized reduction of its input.

    Args:
      filters: Channels in and out.
      poison: The operation's canonical name.
      **kwargs: Of `CellOperation`.
    """

    def __init__(self, filters: int, poison: str, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.poison = poison
        self.operation = FIXED_MACRO_OPERATION_LAYERS.make(
            poison, filters=filters, seed=self.seed, name="operation", **self.part_arguments
        )
        self.reduction = None
        if self.strides > 1:
            seed = derive_seed(self.seed, "reduction")[0]
            self.reduction = FactorizedReduction(filters, seed=seed, name="reduction", **self.part_arguments)

    def build(self, input_shape: Shape) -> None:
        """Builds the operation, and the reduction if there is one; the operation's weights depend on no map size."""
        if self.reduction is not None:
            self.reduction.build(input_shape)
        self.operation.build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Computes the operation."""
        if self.reduction is not None:
            inputs = self.reduction(inputs, training=training)
        return self.operation(inputs, training=training)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "poison": self.poison}


def _register(registry: OperationRegistry[Made], adapter: Callable[..., Made], kind: str) -> None:
    """Puts a kind of poison on offer, by a layer that is told its canonical name."""
    names = tuple(OPERATION_PARAMETERS[kind])

    def make(**kwargs: Any) -> Made:
        parameters = tuple((name, kwargs.pop(name)) for name in names)
        return adapter(poison=str(Operation(kind, parameters)), **kwargs)

    registry.register(kind, make)


MICRO_OPERATION_LAYERS.adapt(MicroPoison)
CELL_OPERATION_LAYERS.adapt(CellPoison)
for _kind in CELL_POISONS:
    _register(MICRO_OPERATION_LAYERS, MicroPoison, _kind)
    _register(CELL_OPERATION_LAYERS, CellPoison, _kind)
