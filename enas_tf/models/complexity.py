"""How large a network is and how much it computes."""

import dataclasses
import math
from collections.abc import Callable

import keras
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Complexity:
    """Size and cost of a network.

    Attributes:
      num_parameters: Trainable numbers, those of batch normalization included.
      multiply_adds: Multiplications (each with its addition) that convolutions and matrices need for one image;
        normalization, pooling and sums are left out, as in published tables.
    """

    num_parameters: int
    multiply_adds: int


def complexity_of(network: keras.Model) -> Complexity:
    """Measures a built network of one input; no image is computed."""
    shape = network.input_shape  # type: ignore[attr-defined]  # of functional models, which Keras names nowhere
    image = tf.TensorSpec([1, *shape[1:]], tf.float32)
    graph = tf.function(lambda images: network(images, training=False)).get_concrete_function(image).graph
    counts = (
        _PER_OUTPUT[operation.type](operation) * _size(operation.outputs[0])
        for operation in graph.get_operations()
        if operation.type in _PER_OUTPUT
    )
    return Complexity(sum(map(_size, network.trainable_variables)), sum(counts))


def _size(tensor: tf.Tensor) -> int:
    return math.prod(tensor.shape)


# Multiply-adds for one number of the result, by the operation's type in a graph.
_PER_OUTPUT: dict[str, Callable[[tf.Operation], int]] = {
    "Conv2D": lambda operation: math.prod(operation.inputs[1].shape[:3]),  # [k, k, in, out]
    # A transposed convolution at stride 1.
    "Conv2DBackpropInput": lambda operation: math.prod(operation.inputs[1].shape[:2]) * operation.inputs[1].shape[3],
    "DepthwiseConv2dNative": lambda operation: math.prod(operation.inputs[1].shape[:2]),  # [k, k, in, multiplier]
    "MatMul": lambda operation: operation.inputs[0].shape[-1],  # [B, in] · [in, out]
}
