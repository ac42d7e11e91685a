"""Factorized reduction: halves a map with two shifted 1×1 convolutions of stride 2."""

from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import ChildLayer, Shape
from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.convolution import convolution


@keras.saving.register_keras_serializable("enas_tf")
class FactorizedReduction(ChildLayer):
    """Maps [B, H, W, C] to [B, ceil(H/2), ceil(W/2), filters], followed by batch normalization.

    Half of the channels see every second pixel from (0, 0), the other half every second pixel from (1, 1), a row and
    a column of zeros standing beyond the border.

    Args:
      filters: Channels of the result; even.
      input_relu: Whether the input is rectified first.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, input_relu: bool = False, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.input_relu = input_relu
        self.paths = [convolution(self, f"path{path}_conv", 1, filters // 2, strides=2) for path in (1, 2)]
        self.norm = BatchNormalization(name="bn", **self.part_arguments)

    def build(self, input_shape: Shape) -> None:
        """Builds both paths and the normalization."""
        for path in self.paths:
            path.build(input_shape)
        self.norm.build(self.with_filters(input_shape, self.filters))

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Halves the map."""
        inputs = tf.nn.relu(inputs) if self.input_relu else inputs
        # One convolution of 2×2 windows computes both paths: the first reads the upper left pixel of each window, the
        # second the lower right one. No map is shifted, and none copied.
        first, second = (tf.convert_to_tensor(path.kernel) for path in self.paths)
        kernel = tf.concat([tf.pad(first, _in_window(0)), tf.pad(second, _in_window(1))], axis=-1)
        outputs = tf.nn.conv2d(inputs, tf.cast(kernel, inputs.dtype), 2, "SAME", self.data_format)
        return self.norm(outputs, training=training)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "input_relu": self.input_relu}


def _in_window(place: int) -> list[list[int]]:
    """The padding that makes a kernel [1, 1, C, F] one of [2, 2, C, F], at (0, 0) or (1, 1) of the window."""
    return [[place, 1 - place]] * 2 + [[0, 0]] * 2
