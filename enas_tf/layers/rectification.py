"""Rectification as a layer of its own, where several layers read one rectified map."""

import keras
import tensorflow as tf


class Rectification(keras.layers.Layer):
    """Takes away what is negative (arguments as `keras.layers.Layer`)."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps [B, …] to the same."""
        return tf.nn.relu(inputs)
