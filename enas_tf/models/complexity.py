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
      multiply_adds: As `graph_multiply_adds` counts them.
    """

    num_parameters: int
    multiply_adds: int


def complexity_of(network: keras.Model) -> Complexity:
    """Measures a built network of one input; no image is computed."""
    shape = network.input_shape  # type: ignore[attr-defined]  # of functional models, which Keras names nowhere
    images = tf.TensorSpec([None, *shape[1:]], tf.float32)
    graph = tf.function(lambda images: network(images, training=False)).get_concrete_function(images).graph
    return Complexity(sum(math.prod(each.shape) for each in network.trainable_variables), graph_multiply_adds(graph))


def graph_multiply_adds(graph: tf.Graph) -> int:
    """Counts the multiplications, each with its addition, that convolutions and matrices need for one image.

    Normalization, pooling and sums are left out, as in published tables. What runs is counted, the zeros of a
    factorized reduction's windows with it, and padding.

    Args:
      graph: That of a function whose inputs leave the size of the batch open; gradients are not in it. What has no
        batch, as a kernel put together out of rows, is not counted.
    """
    total = 0
    for operation in graph.get_operations():
        if operation.type in _CALLS:
            total += graph_multiply_adds(graph._get_function(operation.get_attr("f").name).graph)
        elif operation.type in _PER_OUTPUT:
            batch, *rest = operation.outputs[0].shape
            total += 0 if batch is not None else _PER_OUTPUT[operation.type](operation) * math.prod(rest)
    return total


# Functions within a graph, as XLA's are.
_CALLS = ("PartitionedCall", "StatefulPartitionedCall")

# Multiply-adds for one number of the result, by the operation's type in a graph.
_PER_OUTPUT: dict[str, Callable[[tf.Operation], int]] = {
    "Conv2D": lambda operation: math.prod(operation.inputs[1].shape[:3]),  # [k, k, in, out]
    # A transposed convolution at stride 1.
    "Conv2DBackpropInput": lambda operation: math.prod(operation.inputs[1].shape[:2]) * operation.inputs[1].shape[3],
    "DepthwiseConv2dNative": lambda operation: math.prod(operation.inputs[1].shape[:2]),  # [k, k, in, multiplier]
    "MatMul": lambda operation: operation.inputs[0].shape[-1],  # [B, in] · [in, out]
}
