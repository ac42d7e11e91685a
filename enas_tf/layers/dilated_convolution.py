"""A convolution whose taps stand apart, fast where most of them read nothing."""

import keras
import tensorflow as tf


class DilatedConvolution(keras.layers.Conv2D):
    """Convolution with an odd kernel and SAME padding; arguments as `keras.layers.Conv2D`.

    On a map no larger than the dilation every tap but the one in the centre reads zeros: there it is computed as the
    1×1 convolution it is, with the same result.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Computes the convolution."""
        height, width = inputs.shape[1:3] if self.data_format == "channels_last" else inputs.shape[2:4]
        if max(height, width) > self.dilation_rate[0]:
            return super().call(inputs)
        middle = self.kernel_size[0] // 2
        centre = self.kernel[middle : middle + 1, middle : middle + 1]
        return keras.ops.conv(inputs, centre, padding="same", data_format=self.data_format)
