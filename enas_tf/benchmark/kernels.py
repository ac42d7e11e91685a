"""The kernels a graph is made of, each timed alone: the floor that a machine sets with these kernels.

What counts are convolutions, batch normalization, pooling, sums and rectification of maps, forward and backward.
Copies, small matrices and the optimizer are left out: another implementation might do without them.
"""

import dataclasses
import functools
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from enas_tf.benchmark.timing import seconds_of

FAMILIES = {
    "Conv2D": "convolution",
    "Conv2DBackpropInput": "convolution",
    "Conv2DBackpropFilter": "convolution",
    "DepthwiseConv2dNative": "depthwise convolution",
    "DepthwiseConv2dNativeBackpropInput": "depthwise convolution",
    "DepthwiseConv2dNativeBackpropFilter": "depthwise convolution",
    "FusedBatchNormV3": "batch normalization",
    "FusedBatchNormGradV3": "batch normalization",
    "AvgPool": "pooling",
    "AvgPoolGrad": "pooling",
    "MaxPool": "pooling",
    "MaxPoolGrad": "pooling",
    "AddV2": "sum",
    "AddN": "sum",
    "Relu": "relu",
    "ReluGrad": "relu",
}
_MAP_RANK = 4


@dataclasses.dataclass(frozen=True)
class Kernel:
    """One kind of call of a kernel.

    Attributes:
      type: As TensorFlow names the operation.
      inputs: By argument: what tensors it takes (a `tf.TensorSpec`, or a tuple of them), or integers as such.
      attributes: By name, of the operation.
    """

    type: str
    inputs: tuple[tuple[str, Any], ...]
    attributes: tuple[tuple[str, Any], ...]


def kernels_of(graph: tf.Graph) -> Counter[Kernel]:
    """Counts the kernels that a function's graph, flat and with known shapes, runs for its results."""
    return Counter(_kernel(operation) for operation in _needed(graph) if _counts(operation))


class KernelTimer:
    """Times kernels alone, on random tensors that kernels of the same shapes share."""

    def __init__(self) -> None:
        self._tensor = functools.cache(_random)
        self._nothing = tf.zeros([])

    def seconds(self, kernels: Mapping[Kernel, int]) -> dict[str, float]:
        """Runs every kernel once.

        Args:
          kernels: And how often each is needed.

        Returns:
          By family, the seconds that all of them need.
        """
        seconds = dict.fromkeys(FAMILIES.values(), 0.0)
        for kernel, count in kernels.items():
            seconds[FAMILIES[kernel.type]] += count * self._seconds(kernel)
        return seconds

    def _seconds(self, kernel: Kernel) -> float:
        arguments = {name: self._value(value) for name, value in kernel.inputs} | dict(kernel.attributes)
        run = functools.partial(getattr(tf.raw_ops, kernel.type), **arguments)
        # A call from Python costs what a small kernel does.
        other = functools.partial(tf.raw_ops.Identity, input=self._nothing)
        if kernel.type == "MaxPoolGrad":
            maps, upstream = arguments.pop("orig_input"), arguments.pop("grad")
            del arguments["orig_output"]
            run = functools.partial(_max_pool_with_gradient, maps, upstream, arguments)
            other = functools.partial(tf.raw_ops.MaxPool, input=maps, **arguments)
        return max(seconds_of(run) - seconds_of(other), 0.0)

    def _value(self, value: Any) -> Any:
        if isinstance(value, tf.TensorSpec):
            return self._tensor(value)
        return [self._value(entry) for entry in value] if isinstance(value, tuple) else value


@tf.function(autograph=False)
def _max_pool_with_gradient(orig_input: tf.Tensor, grad: tf.Tensor, settings: dict[str, Any]) -> tf.Tensor:
    """The gradient of max pooling as the library has it: TensorFlow is quick where both are in one function."""
    maxima = tf.raw_ops.MaxPool(input=orig_input, **settings)
    return tf.raw_ops.MaxPoolGrad(orig_input=orig_input, orig_output=maxima, grad=grad, **settings)


def _needed(graph: tf.Graph) -> set[tf.Operation]:
    """The operations that results and state depend on; a trace also holds gradients that nobody asked for."""
    pending = [tensor.op for tensor in graph.outputs] + list(graph.control_outputs)
    needed = set()
    while pending:
        operation = pending.pop()
        if operation not in needed:
            needed.add(operation)
            pending += [tensor.op for tensor in operation.inputs] + operation.control_inputs
    return needed


def _counts(operation: tf.Operation) -> bool:
    """Whether it is a kernel on maps."""
    return operation.type in FAMILIES and any(tensor.shape.rank == _MAP_RANK for tensor in operation.inputs)


def _kernel(operation: tf.Operation) -> Kernel:
    tensors, definition, inputs = iter(operation.inputs), operation.op_def, []
    inferred = set()
    for argument in definition.input_arg:
        inferred |= {argument.type_attr, argument.number_attr}
        if argument.number_attr:
            value = tuple(_input(next(tensors)) for _ in range(operation.get_attr(argument.number_attr)))
        else:
            value = _input(next(tensors))
        inputs.append((argument.name, value))
    names = [attribute.name for attribute in definition.attr if attribute.name not in inferred]
    return Kernel(operation.type, tuple(inputs), tuple((name, _hashable(operation.get_attr(name))) for name in names))


def _input(tensor: tf.Tensor) -> tf.TensorSpec | tuple[int, ...]:
    if tensor.dtype.is_floating or tensor.dtype.is_bool:
        # TensorFlow leaves open how large the scratch space of batch normalization is: none on a CPU.
        return tf.TensorSpec([] if tensor.shape.rank is None else tensor.shape, tensor.dtype)
    if tensor.op.type == "ShapeN":
        return tuple(tensor.op.inputs[tensor.value_index].shape)
    return _hashable(tf.get_static_value(tensor).tolist())


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def _random(spec: tf.TensorSpec) -> tf.Tensor:
    # Positive, for some are variances; what is true or false is so in halves.
    values = np.random.default_rng(0).uniform(0.5, 1.5, spec.shape)
    return tf.constant(values > 1, tf.bool) if spec.dtype.is_bool else tf.constant(values, spec.dtype)
