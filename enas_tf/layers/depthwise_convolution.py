"""A depthwise convolution with the project's own kernels."""

import keras
import tensorflow as tf

from enas_tf.layers.kernels import depthwise_convolve


class DepthwiseConvolution(keras.layers.DepthwiseConv2D):
    """One odd k×k filter per channel, SAME padding, no bias; arguments as `keras.layers.DepthwiseConv2D`."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Computes the convolution."""
        if self.strides != (1, 1):
            return super().call(inputs)
        data_format = "NHWC" if self.data_format == "channels_last" else "NCHW"
        return depthwise_convolve(inputs, tf.convert_to_tensor(self.kernel), data_format)
