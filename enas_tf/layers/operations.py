"""The operations of the macro space: each maps [B, H, W, F] to [B, H, W, F] at stride 1."""

import keras
import tensorflow as tf

from enas_tf.layers.base import ChildLayer
from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.convolution import NormalizedConvolution, convolution, depthwise_convolution
from enas_tf.layers.registry import OperationRegistry

# The original gives the second normalization of a convolution branch TensorFlow's default epsilon and plain averages.
OUTPUT_EPSILON = 1e-3

MACRO_OPERATION_LAYERS = OperationRegistry()


class MacroOperation(ChildLayer):
    """An operation of the macro space: 1×1 convolution, batch normalization, relu, then what a subclass adds.

    Args:
      filters: Channels in and out.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, **kwargs):
        super().__init__(filters, **kwargs)
        self.input_conv = NormalizedConvolution(
            filters, 1, relu=True, seed=self.seed, name="input_conv", **self.part_arguments
        )

    def build(self, input_shape):
        """Builds the input convolution."""
        self.input_conv.build(input_shape)


class ConvolutionOperation(MacroOperation):
    """Input convolution, then k×k convolution (or a depthwise and a pointwise one), batch normalization, relu.

    Args:
      filters: Channels in and out.
      kernel_size: k.
      separable: Whether the k×k convolution is depthwise (multiplier 1) followed by a pointwise one.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, kernel_size: int, separable: bool = False, **kwargs):
        super().__init__(filters, **kwargs)
        self.kernel_size = kernel_size
        self.separable = separable
        if separable:
            self.convs = [
                depthwise_convolution(self, "depthwise", kernel_size),
                convolution(self, "pointwise", 1),
            ]
        else:
            self.convs = [convolution(self, "output_conv", kernel_size)]
        self.norm = BatchNormalization(OUTPUT_EPSILON, zero_debias=False, name="bn", **self.part_arguments)

    def build(self, input_shape):
        """Builds all parts."""
        super().build(input_shape)
        shape = self.with_filters(input_shape, self.filters)
        for part in (*self.convs, self.norm):
            part.build(shape)

    def call(self, inputs, training=False):
        """Maps [B, H, W, F] to [B, H, W, F]."""
        outputs = self.input_conv(inputs, training=training)
        for conv in self.convs:
            outputs = conv(outputs)
        return keras.ops.relu(self.norm(outputs, training=training))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "kernel_size": self.kernel_size, "separable": self.separable}


class PoolingOperation(MacroOperation):
    """Input convolution, then 3×3 pooling at stride 1; an average leaves the padding out.

    Args:
      filters: Channels in and out.
      pooling: `AVG` or `MAX`.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, pooling: str, **kwargs):
        super().__init__(filters, **kwargs)
        self.pooling = pooling

    def call(self, inputs, training=False):
        """Maps [B, H, W, F] to [B, H, W, F]."""
        outputs = self.input_conv(inputs, training=training)
        return tf.nn.pool(outputs, (3, 3), self.pooling, padding="SAME", data_format=self.data_format)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "pooling": self.pooling}


for _size in (3, 5):
    MACRO_OPERATION_LAYERS.register(f"conv_{_size}x{_size}", ConvolutionOperation, kernel_size=_size)
    MACRO_OPERATION_LAYERS.register(
        f"separable_conv_{_size}x{_size}", ConvolutionOperation, kernel_size=_size, separable=True
    )
MACRO_OPERATION_LAYERS.register("average_pooling", PoolingOperation, pooling="AVG")
MACRO_OPERATION_LAYERS.register("max_pooling", PoolingOperation, pooling="MAX")
