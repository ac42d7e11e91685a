"""The operations of the macro space: each maps [B, H, W, F] to [B, H, W, F] at stride 1."""

from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import ChildLayer, Shape
from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.convolution import NormalizedConvolution, convolution, depthwise_convolution
from enas_tf.layers.depthwise_convolution import DepthwiseConvolution
from enas_tf.layers.pooling import Pooling
from enas_tf.layers.registry import OperationRegistry

# While weights are shared the original gives the second normalization of a convolution branch TensorFlow's default
# epsilon and plain averages.
SHARED_OUTPUT_NORMALIZATION: dict[str, Any] = {"epsilon": 1e-3, "zero_debias": False}

MACRO_OPERATION_LAYERS: OperationRegistry[keras.layers.Layer] = OperationRegistry("layer")
# The same operations as a network of one arc has them; those registered only above are the same there.
FIXED_MACRO_OPERATION_LAYERS: OperationRegistry[keras.layers.Layer] = OperationRegistry(
    "fixed_layer", otherwise=MACRO_OPERATION_LAYERS
)


class MacroOperation(ChildLayer):
    """An operation of the macro space: 1×1 convolution, batch normalization, relu, then what a subclass adds.

    Where layers take ranges of channels it is called with `used`, bool [F]: the channels of the result that are taken.
    What the subclass adds then moves the statistics of no other channels.

    Args:
      filters: Channels in and out.
      input_relu: Whether the input is rectified, as in a network of one arc. What a subclass adds is not rectified
        then, and all normalizations are of the original's own kind.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, input_relu: bool = False, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.input_relu = input_relu
        self.input_conv = NormalizedConvolution(
            filters, 1, relu=True, input_relu=input_relu, seed=self.seed, name="input_conv", **self.part_arguments
        )

    def build(self, input_shape: Shape) -> None:
        """Builds the input convolution."""
        self.input_conv.build(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "input_relu": self.input_relu}


@keras.saving.register_keras_serializable("enas_tf")
class ConvolutionOperation(MacroOperation):
    """Input convolution, then k×k convolution (or a depthwise and a pointwise one), batch normalization, relu.

    The last relu is left out where the input is rectified.

    Args:
      filters: Channels in and out.
      kernel_size: k.
      separable: Whether the k×k convolution is depthwise (multiplier 1) followed by a pointwise one.
      dilation: Distance in pixels between the taps of one that is not.
      **kwargs: Of `MacroOperation`.
    """

    ends_normalized = True

    def __init__(
        self, filters: int, kernel_size: int, separable: bool = False, dilation: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(filters, **kwargs)
        self.kernel_size = kernel_size
        self.separable = separable
        self.dilation = dilation
        if separable:
            self.convs: list[keras.layers.Conv2D | DepthwiseConvolution] = [
                depthwise_convolution(self, "depthwise", kernel_size),
                convolution(self, "pointwise", 1),
            ]
        else:
            self.convs = [convolution(self, "output_conv", kernel_size, dilation=dilation)]
        kind = {} if self.input_relu else SHARED_OUTPUT_NORMALIZATION
        self.norm = BatchNormalization(name="bn", **kind, **self.part_arguments)

    def build(self, input_shape: Shape) -> None:
        """Builds all parts."""
        super().build(input_shape)
        shape = self.with_filters(input_shape, self.filters)
        for part in (*self.convs, self.norm):
            part.build(shape)

    def call(self, inputs: tf.Tensor, training: bool = False, used: tf.Tensor | None = None) -> tf.Tensor:
        """Maps [B, H, W, F] to [B, H, W, F]."""
        outputs = self.input_conv(inputs, training=training)
        for conv in self.convs:
            outputs = conv(outputs)
        outputs = self.norm(outputs, training=training, used=used)
        return outputs if self.input_relu else keras.ops.relu(outputs)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        own = {"kernel_size": self.kernel_size, "separable": self.separable, "dilation": self.dilation}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("enas_tf")
class PoolingOperation(Pooling, MacroOperation):
    """Input convolution, then 3×3 pooling at stride 1; an average leaves the padding out.

    Args:
      filters: Channels in and out.
      pooling: `AVG` or `MAX`.
      **kwargs: Of `MacroOperation`.
    """

    def call(self, inputs: tf.Tensor, training: bool = False, used: tf.Tensor | None = None) -> tf.Tensor:
        """Maps [B, H, W, F] to [B, H, W, F]."""
        outputs = self.input_conv(inputs, training=training)
        return self.pool(outputs)


for _registry, _order in ((MACRO_OPERATION_LAYERS, {}), (FIXED_MACRO_OPERATION_LAYERS, {"input_relu": True})):
    for _size in (3, 5):
        _registry.register(f"conv_{_size}x{_size}", ConvolutionOperation, kernel_size=_size, **_order)
        _registry.register(
            f"separable_conv_{_size}x{_size}", ConvolutionOperation, kernel_size=_size, separable=True, **_order
        )
    _registry.register("average_pooling", PoolingOperation, pooling="AVG", **_order)
    _registry.register("max_pooling", PoolingOperation, pooling="MAX", **_order)
