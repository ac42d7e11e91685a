"""Sums of maps, where the wiring of an architecture adds them up."""

import keras
import tensorflow as tf

from enas_tf.layers.batch_normalization import BatchNormalization


class Sum(keras.layers.Layer):
    """Adds maps up: what a block of a cell gives (arguments as `keras.layers.Layer`)."""

    def call(self, inputs: list[tf.Tensor], training: bool = False) -> tf.Tensor:
        """Maps [B, …] several times to [B, …] once."""
        return tf.add_n(inputs)


class NormalizedSum(BatchNormalization):
    """Adds maps up and normalizes: what a macro layer gives to the layers that skip to it."""

    def call(self, inputs: list[tf.Tensor], training: bool = False, used: tf.Tensor | None = None) -> tf.Tensor:
        """Maps [B, H, W, C] several times, at least once, to [B, H, W, C] once (arguments as of its base)."""
        return super().call(tf.add_n(inputs), training, used)
