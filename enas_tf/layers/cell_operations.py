"""The operations of the micro space in a network of one arc: each use has weights, stride and averages of its own.

An operation maps [B, H, W, F] to [B, H, W, F], or to a map of half the height and width at stride 2.
"""

from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import ChildLayer, Shape
from enas_tf.layers.convolution import NormalizedSeparableConvolution
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.micro_operations import NUM_STACKS
from enas_tf.layers.pooling import Pooling
from enas_tf.layers.registry import OperationRegistry
from enas_tf.seeds import derive_seed

CELL_OPERATION_LAYERS: "OperationRegistry[CellOperation]" = OperationRegistry("cell_layer")


class CellOperation(ChildLayer):
    """An operation of a cell.

    Args:
      filters: Channels in and out.
      strides: In both directions.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, strides: int = 1, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.strides = strides

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "strides": self.strides}


@keras.saving.register_keras_serializable("enas_tf")
class CellSeparableConvolution(CellOperation):
    """Twice: relu, depthwise k×k, pointwise, batch normalization; the first time with the stride.

    Args:
      filters: Channels in and out.
      kernel_size: k.
      **kwargs: Of `CellOperation`.
    """

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.kernel_size = kernel_size
        self.stacks = [self._make_stack(k) for k in range(NUM_STACKS)]

    def _make_stack(self, k: int) -> NormalizedSeparableConvolution:
        return NormalizedSeparableConvolution(
            self.filters,
            self.kernel_size,
            strides=self.strides if k == 0 else 1,
            seed=derive_seed(self.seed, f"stack_{k}")[0],
            name=f"stack_{k}",
            **self.part_arguments,
        )

    def build(self, input_shape: Shape) -> None:
        """Builds both; neither depends on the size of the map."""
        for stack in self.stacks:
            stack.build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Computes the operation."""
        for stack in self.stacks:
            inputs = stack(inputs, training=training)
        return inputs

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "kernel_size": self.kernel_size}


@keras.saving.register_keras_serializable("enas_tf")
class CellPooling(Pooling, CellOperation):
    """3×3 pooling; an average leaves the padding out.

    Args:
      filters: Channels in and out.
      pooling: `AVG` or `MAX`.
      **kwargs: Of `CellOperation`.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Computes the operation."""
        return self.pool(inputs, self.strides)


@keras.saving.register_keras_serializable("enas_tf")
class CellIdentity(CellOperation):
    """Gives its input, at stride 2 a factorized reduction of it.

    Args:
      filters: Channels in and out.
      **kwargs: Of `CellOperation`.
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.reduction = None
        if self.strides > 1:
            self.reduction = FactorizedReduction(filters, seed=self.seed, name="reduction", **self.part_arguments)

    def build(self, input_shape: Shape) -> None:
        """Builds the reduction, if there is one."""
        if self.reduction is not None:
            self.reduction.build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Computes the operation."""
        return tf.identity(inputs) if self.reduction is None else self.reduction(inputs, training=training)


for _size in (3, 5):
    CELL_OPERATION_LAYERS.register(f"separable_conv_{_size}x{_size}", CellSeparableConvolution, kernel_size=_size)
CELL_OPERATION_LAYERS.register("average_pooling", CellPooling, pooling="AVG")
CELL_OPERATION_LAYERS.register("max_pooling", CellPooling, pooling="MAX")
CELL_OPERATION_LAYERS.register("identity", CellIdentity)
