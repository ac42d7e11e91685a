"""Operations as a relaxed network mixes them: all of one scale, which no weight of theirs can change.

A learned scale behind an operation would undo the weight that the mixture gives it, and the weight would mean nothing.

Reference: DARTS (Liu et al., 2019), appendix A.1.1.
"""

from typing import Any, Generic

import keras
import tensorflow as tf

from enas_tf.layers.base import ChildLayer, Shape
from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.micro_operations import MICRO_OPERATION_LAYERS, MicroOperation
from enas_tf.layers.operations import MACRO_OPERATION_LAYERS
from enas_tf.layers.registry import Made

# What the scales and offsets of normalizations are called, here and in Keras, at the end of a variable's name.
_SCALES_AND_OFFSETS = ("scale", "offset", "gamma", "beta")


class Relaxed(ChildLayer, Generic[Made]):
    """An operation whose normalizations learn no scale and no offset.

    One that does not say of itself that it `ends_normalized` is normalized once more: pooling, identity, poison, and
    whatever a package of somebody else's registers. What gave nothing in training gives nothing in evaluation either,
    where dropout of everything is the identity: there is no scale by which it could be normalized.

    Args:
      filters: Channels in and out.
      operation: The operation's name, as the registry knows it.
      affine: Whether scales and offsets are learned all the same.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, operation: str, affine: bool = False, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.operation = operation
        self.affine = affine
        # The seed is that of the operation by itself, whose weights then begin with the same values.
        self.module = self._make_module(filters=filters, seed=self.seed, name="operation", **self.part_arguments)
        self.norm = None
        if not getattr(self.module, "ends_normalized", False):
            self.norm = BatchNormalization(name="bn", **self.part_arguments)

    def _make_module(self, **kwargs: Any) -> Made:
        """Makes the operation itself (arguments as `OperationRegistry.make`)."""
        raise NotImplementedError

    def build(self, input_shape: Shape) -> None:
        """Builds both and keeps scales and offsets from being learned."""
        self.module.build(input_shape)
        if self.norm is not None:
            self.norm.build(self.with_filters(input_shape, self.filters))
        if not self.affine:
            for variable in self.variables:
                variable.trainable = _is_weight(variable)

    @property
    def has_weights(self) -> bool:
        """Whether the operation has any, scales and offsets apart."""
        return any(_is_weight(variable) for variable in self.module.variables)

    def _normalize(self, outputs: tf.Tensor, training: bool, by_batch: bool) -> tf.Tensor:
        if self.norm is None:
            return outputs
        if not training:
            # Divided by the root of a variance of 0 and epsilon, the identity would be 316 times itself.
            gave_something = tf.reduce_any(tf.convert_to_tensor(self.norm.moving_variance) > 0.0)
            outputs = outputs * tf.cast(gave_something, outputs.dtype)
        return self.norm(outputs, training=by_batch)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "operation": self.operation, "affine": self.affine}


def _is_weight(variable: keras.Variable) -> bool:
    return variable.trainable and not variable.name.endswith(_SCALES_AND_OFFSETS)


class RelaxedOperation(Relaxed[keras.layers.Layer]):
    """An operation of the macro space, relaxed (arguments as `Relaxed`)."""

    def _make_module(self, **kwargs: Any) -> keras.layers.Layer:
        return MACRO_OPERATION_LAYERS.make(self.operation, **kwargs)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps [B, H, W, F] to [B, H, W, F]."""
        return self._normalize(self.module(inputs, training=training), training, by_batch=training)


class RelaxedMicroOperation(Relaxed[MicroOperation], MicroOperation):
    """The same of the micro space, normalized by batch statistics in both modes, like everything there.

    Args:
      filters: Channels in and out.
      operation: The operation's name, as the registry knows it.
      num_inputs: Of `MicroOperation`.
      **kwargs: Of `Relaxed`.
    """

    def __init__(self, filters: int, operation: str, num_inputs: int, **kwargs: Any) -> None:
        super().__init__(filters, operation, num_inputs=num_inputs, **kwargs)
        self.has_modes = self.module.has_modes
        self.takes_rectified = self.module.takes_rectified

    def _make_module(self, **kwargs: Any) -> MicroOperation:
        return MICRO_OPERATION_LAYERS.make(self.operation, num_inputs=self.num_inputs, **kwargs)

    def call(self, inputs: tf.Tensor, index: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Computes the operation on entry `index` of a cell."""
        return self._normalize(self.module(inputs, index=index, training=training), training, by_batch=True)
