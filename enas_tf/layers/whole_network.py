"""What stands before and behind the layers of a network that takes images as they are and says what they show."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("enas_tf")
class PixelNormalization(keras.layers.Layer):
    """(x − mean) / std per channel, by plain numbers, in float32: what training images went through.

    The numbers are part of the layer's configuration and constants of its graph. `keras.layers.Normalization` makes
    tensors of them, which exporters take for further inputs.

    Args:
      mean: Of each channel, in units of 0..255.
      std: Likewise.
      **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mean = [float(value) for value in mean]
        self.std = [float(value) for value in std]

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps [B, H, W, C] of 0..255 to float32 [B, H, W, C]."""
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return (tf.cast(inputs, tf.float32) - mean) / std

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "mean": self.mean, "std": self.std}


@keras.saving.register_keras_serializable("enas_tf")
class ClassProbabilities(keras.layers.Layer):
    """Makes probabilities of logits, and keeps what the classes are called.

    Args:
      class_names: By label.
      **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, class_names: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.class_names = tuple(class_names)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps logits [B, num_classes] to float32 probabilities [B, num_classes]."""
        return tf.nn.softmax(tf.cast(inputs, tf.float32))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "class_names": list(self.class_names)}
