"""Ineffective operations that are added to poison a search space: each maps [B, H, W, F] to [B, H, W, F] at stride 1.

Reference: the authors' code to Wu, Saxena and Jain (arXiv 2106.14406 and 2111.07138). All but the stretched convolution
are applied to a layer's input itself.
"""

from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import ChildLayer, Shape
from enas_tf.layers.convolution import KERAS_DATA_FORMAT, he_normal
from enas_tf.layers.operations import FIXED_MACRO_OPERATION_LAYERS, MACRO_OPERATION_LAYERS, ConvolutionOperation
from enas_tf.seeds import derive_seed


@keras.saving.register_keras_serializable("enas_tf")
class IdentityOperation(ChildLayer):
    """Gives its input."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns the input."""
        return tf.identity(inputs)


@keras.saving.register_keras_serializable("enas_tf")
class GaussianNoise(ChildLayer):
    """x + stddev·x·N(0, 1) in training mode, the x of the second term without gradient; the identity otherwise.

    Args:
      filters: Channels in and out.
      stddev: Standard deviation of the factor.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, stddev: float, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.stddev = stddev
        self.seed_generator = keras.random.SeedGenerator(derive_seed(self.seed, "noise")[0])

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Adds the noise."""
        if not training:
            return tf.identity(inputs)
        noise = keras.random.normal(tf.shape(inputs), stddev=self.stddev, dtype="float32", seed=self.seed_generator)
        return inputs + tf.stop_gradient(inputs) * tf.cast(noise, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "stddev": self.stddev}


@keras.saving.register_keras_serializable("enas_tf")
class DropoutOperation(ChildLayer):
    """In training mode each number is zero or divided by the probability of not being zero; the identity otherwise.

    Unlike Keras's own it knows the rate 1, at which all is zero.

    Args:
      filters: Channels in and out.
      rate: Probability of zero.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, rate: float, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator(derive_seed(self.seed, "dropout")[0])

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Drops numbers."""
        if not training:
            return tf.identity(inputs)
        if self.rate == 1.0:
            return tf.zeros_like(inputs)
        drawn = keras.random.uniform(tf.shape(inputs), dtype="float32", seed=self.seed_generator)
        return inputs * tf.cast(tf.where(drawn < self.rate, 0.0, 1.0 / (1.0 - self.rate)), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "rate": self.rate}


@keras.saving.register_keras_serializable("enas_tf")
class TransposedConvolution(ChildLayer):
    """k×k transposed convolution at stride 1, SAME size, without bias, normalization and relu.

    Args:
      filters: Channels in and out.
      kernel_size: k, odd.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.kernel_size = kernel_size
        self.conv = keras.layers.Conv2DTranspose(
            filters,
            kernel_size,
            padding="same",
            use_bias=False,
            kernel_initializer=he_normal(self.seed, "conv"),
            data_format=KERAS_DATA_FORMAT[self.data_format],
            dtype=self.dtype_policy,
            name="conv",
        )

    def build(self, input_shape: Shape) -> None:
        """Builds the convolution."""
        self.conv.build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Computes the convolution."""
        return self.conv(inputs)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "kernel_size": self.kernel_size}


MACRO_OPERATION_LAYERS.register("identity", IdentityOperation)
MACRO_OPERATION_LAYERS.register("gaussian_noise", GaussianNoise)
MACRO_OPERATION_LAYERS.register("dropout", DropoutOperation)
MACRO_OPERATION_LAYERS.register("transposed_conv", TransposedConvolution)
# A convolution branch, stretched over a distance that most maps do not have.
MACRO_OPERATION_LAYERS.register("stretched_conv", ConvolutionOperation, kernel_size=3)
FIXED_MACRO_OPERATION_LAYERS.register("stretched_conv", ConvolutionOperation, kernel_size=3, input_relu=True)
