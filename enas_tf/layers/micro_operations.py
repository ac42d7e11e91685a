"""The operations of the micro space while weights are shared: each keeps weights of its own for every possible input.

An operation maps [B, H, W, F] to [B, H, W, F] at stride 1, given which of the cell's entries its input is.
"""

from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import ChildLayer, Shape
from enas_tf.layers.batch_normalization import normalize
from enas_tf.layers.convolution import he_normal
from enas_tf.layers.kernels import depthwise_convolve
from enas_tf.layers.pooling import Pooling
from enas_tf.layers.registry import OperationRegistry

MICRO_OPERATION_LAYERS: "OperationRegistry[MicroOperation]" = OperationRegistry("micro_layer")

NUM_STACKS = 2  # every separable convolution is applied twice
EPSILON = 1e-5


class MicroOperation(ChildLayer):
    """An operation of a cell.

    Args:
      filters: Channels in and out.
      num_inputs: Entries of the cell the input may be.
      **kwargs: Of `ChildLayer`.

    Attributes:
      has_modes: Whether it computes something else in training than in evaluation.
      takes_rectified: Whether its input is the rectified entry, which operations on that entry can share.
    """

    has_modes = False
    takes_rectified = False

    def __init__(self, filters: int, num_inputs: int, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.num_inputs = num_inputs

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_inputs": self.num_inputs}


class SharedSeparableConvolution(MicroOperation):
    """Twice: relu, depthwise k×k, pointwise, batch normalization on batch statistics; the first relu is the network's.

    Weights, offset and scale are rows, one per possible input, of one matrix each. he_normal is drawn for the matrix:
    its fan-in is the number of inputs, as in the original.

    Args:
      filters: Channels in and out.
      kernel_size: k.
      **kwargs: Of `MicroOperation`.
    """

    takes_rectified = True
    ends_normalized = True

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.kernel_size = kernel_size

    def build(self, input_shape: Shape) -> None:
        """Creates the weights of both stacks."""
        self.stacks = [self._build_stack(k) for k in range(NUM_STACKS)]

    def _build_stack(self, k: int) -> dict[str, keras.Variable]:
        widths = {"w_depth": self.kernel_size**2 * self.filters, "w_point": self.filters**2}
        weights = {
            name: self.add_weight(
                name=f"stack_{k}_{name}",
                shape=(self.num_inputs, width),
                initializer=he_normal(self.seed, f"stack_{k}_{name}"),
            )
            for name, width in widths.items()
        }
        for name, initializer in (("offset", "zeros"), ("scale", "ones")):
            weights[name] = self.add_weight(
                name=f"stack_{k}_{name}",
                shape=(self.num_inputs, self.filters),
                initializer=initializer,
                dtype="float32",
                autocast=False,
            )
        return weights

    def call(self, inputs: tf.Tensor, index: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Computes the operation on entry `index` of the cell, rectified; batch statistics in both modes.

        Args:
          inputs: The entry, without what of it is negative.
          index: int32 scalar.
          training: The mode.
        """
        for k, stack in enumerate(self.stacks):
            rows = {name: tf.convert_to_tensor(weight)[index] for name, weight in stack.items()}
            inputs = self._apply_stack(tf.nn.relu(inputs) if k else inputs, rows)
        return inputs

    def num_parameters(self, choice: int | tuple[int, ...] | None) -> int:
        """Returns those of one entry, whichever it is."""
        return super().num_parameters(choice) // self.num_inputs

    def _apply_stack(self, inputs: tf.Tensor, rows: dict[str, tf.Tensor]) -> tf.Tensor:
        size, filters, layout = self.kernel_size, self.filters, self.data_format
        # Cast here, for Keras casts no weight of a layer that is called as a compiled piece.
        depthwise = tf.cast(tf.reshape(rows["w_depth"], [size, size, filters, 1]), inputs.dtype)
        pointwise = tf.cast(tf.reshape(rows["w_point"], [1, 1, filters, filters]), inputs.dtype)
        outputs = depthwise_convolve(inputs, depthwise, layout)
        outputs = tf.nn.conv2d(outputs, pointwise, 1, "SAME", data_format=layout)
        outputs, *_ = normalize(outputs, rows["scale"], rows["offset"], EPSILON, layout)
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "kernel_size": self.kernel_size}


class MicroPooling(Pooling, MicroOperation):
    """3×3 pooling; an average leaves the padding out.

    Args:
      filters: Channels in and out.
      pooling: `AVG` or `MAX`.
      num_inputs: Of no matter, for it has no weights: poolings of all blocks are one kind of layer.
      **kwargs: Of `MicroOperation`.
    """

    def __init__(self, filters: int, pooling: str, num_inputs: int = 1, **kwargs: Any) -> None:
        super().__init__(filters, pooling=pooling, num_inputs=1, **kwargs)

    def call(self, inputs: tf.Tensor, index: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pools, whichever entry the input is."""
        return self.pool(inputs)


class Identity(MicroOperation):
    """Gives its input."""

    def call(self, inputs: tf.Tensor, index: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns the input, whichever entry it is."""
        return tf.identity(inputs)


for _size in (3, 5):
    MICRO_OPERATION_LAYERS.register(f"separable_conv_{_size}x{_size}", SharedSeparableConvolution, kernel_size=_size)
MICRO_OPERATION_LAYERS.register("average_pooling", MicroPooling, pooling="AVG")
MICRO_OPERATION_LAYERS.register("max_pooling", MicroPooling, pooling="MAX")
MICRO_OPERATION_LAYERS.register("identity", Identity)
