"""Convolutions as the original initialises them, and the 1×1 convolution every macro operation starts with."""

from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import ChildLayer, Shape
from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.depthwise_convolution import DepthwiseConvolution
from enas_tf.layers.dilated_convolution import DilatedConvolution
from enas_tf.seeds import derive_seed

KERAS_DATA_FORMAT = {"NHWC": "channels_last", "NCHW": "channels_first"}


def he_normal(seed: int, name: str) -> keras.initializers.Initializer:
    """The initializer of every child weight: truncated normal of standard deviation sqrt(2 / fan_in).

    Args:
      seed: The owning layer's seed.
      name: The weight within the layer; each name is a random stream of its own.
    """
    return keras.initializers.HeNormal(seed=derive_seed(seed, name)[0])


def convolution(
    owner: ChildLayer,
    name: str,
    kernel_size: int | tuple[int, int],
    filters: int | None = None,
    strides: int = 1,
    dilation: int = 1,
) -> keras.layers.Conv2D:
    """Makes a part of a child layer: a convolution without bias, SAME padding.

    Args:
      owner: The layer it is a part of, whose seed, data format and dtype policy it takes.
      name: Its name and random stream within the owner.
      kernel_size: Height and width of the kernel.
      filters: Channels of the result; None for the owner's.
      strides: In both directions.
      dilation: Distance in pixels between two taps.

    Returns:
      An unbuilt `keras.layers.Conv2D`.
    """
    layer = keras.layers.Conv2D if dilation == 1 else DilatedConvolution
    return layer(
        filters or owner.filters,
        kernel_size,
        strides=strides,
        dilation_rate=dilation,
        padding="same",
        use_bias=False,
        kernel_initializer=he_normal(owner.seed, name),
        data_format=KERAS_DATA_FORMAT[owner.data_format],
        dtype=owner.dtype_policy,
        name=name,
    )


def depthwise_convolution(owner: ChildLayer, name: str, kernel_size: int, strides: int = 1) -> DepthwiseConvolution:
    """Makes a part of a child layer: one k×k filter per channel, SAME padding (arguments as `convolution`).

    Returns:
      An unbuilt `DepthwiseConvolution`.
    """
    return DepthwiseConvolution(
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        depthwise_initializer=he_normal(owner.seed, name),
        data_format=KERAS_DATA_FORMAT[owner.data_format],
        dtype=owner.dtype_policy,
        name=name,
    )


@keras.saving.register_keras_serializable("enas_tf")
class NormalizedConvolution(ChildLayer):
    """k×k convolution and batch normalization with the original's own epsilon, a relu before or behind them.

    Stem (3×3, no relu), first part of every macro operation (1×1, relu behind), calibration of a cell's inputs (1×1,
    relu before).

    Args:
      filters: Channels of the result.
      kernel_size: k, or height and width.
      relu: Whether the result is rectified.
      input_relu: Whether the input is.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        relu: bool = False,
        input_relu: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(filters, **kwargs)
        self.kernel_size = kernel_size
        self.relu = relu
        self.input_relu = input_relu
        self.conv = convolution(self, "conv", kernel_size)
        self.norm = BatchNormalization(name="bn", **self.part_arguments)

    def build(self, input_shape: Shape) -> None:
        """Builds the convolution and its normalization."""
        self.conv.build(input_shape)
        self.norm.build(self.with_filters(input_shape, self.filters))

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps [B, H, W, C] to [B, H, W, filters]."""
        inputs = keras.ops.relu(inputs) if self.input_relu else inputs
        outputs = self.norm(self.conv(inputs), training=training)
        return keras.ops.relu(outputs) if self.relu else outputs

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        own = {"kernel_size": self.kernel_size, "relu": self.relu, "input_relu": self.input_relu}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("enas_tf")
class NormalizedSeparableConvolution(ChildLayer):
    """Relu, depthwise k×k and pointwise convolution, batch normalization.

    Args:
      filters: Channels of the result.
      kernel_size: k.
      strides: Of the depthwise convolution, in both directions.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, kernel_size: int, strides: int = 1, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.kernel_size = kernel_size
        self.strides = strides
        self.depthwise = depthwise_convolution(self, "depthwise", kernel_size, strides)
        self.pointwise = convolution(self, "pointwise", 1)
        self.norm = BatchNormalization(name="bn", **self.part_arguments)

    def build(self, input_shape: Shape) -> None:
        """Builds both convolutions, which know only channels, and their normalization."""
        self.depthwise.build(input_shape)
        self.pointwise.build(input_shape)
        self.norm.build(self.with_filters(input_shape, self.filters))

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps [B, H, W, C] to [B, ceil(H/strides), ceil(W/strides), filters]."""
        outputs = self.pointwise(self.depthwise(keras.ops.relu(inputs)))
        return self.norm(outputs, training=training)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "kernel_size": self.kernel_size, "strides": self.strides}
