"""Compiled pieces: layers as functions, and their gradients as functions, traced once per kind of layer.

An architecture is known on the host only, so the network is not one graph: each layer runs as a compiled function that
takes the layer's variables as arguments. All layers of one configuration and map size share one trace, no architecture
causes a new one, and what an architecture leaves out is never computed. Traces outlive networks: TensorFlow keeps the
graph of every gradient that is put together by hand, so those of a second search would be added to those of the first.
"""

import functools
import json
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import keras
import numpy as np
import tensorflow as tf

from enas_tf.models.compiled_function import CompiledFunction
from enas_tf.models.complexity import graph_multiply_adds

Choice = int | tuple[int, ...] | None


class Known(Protocol):
    """A tensor, or as much as is known of one."""

    @property
    def shape(self) -> tf.TensorShape:
        """The size of the batch may be open."""

    @property
    def dtype(self) -> tf.DType:
        """Of its numbers."""


class CallLayer(Protocol):
    """Calls a layer, whether it runs now, is compiled, or only leaves a task."""

    def __call__(
        self, layer: keras.layers.Layer, inputs: Known | list[Known], training: bool, choice: Choice = None
    ) -> Known:
        """Returns what stands for the layer's output (arguments as `Pieces.bind`)."""


class Traced(NamedTuple):
    """A kind of layer, compiled.

    Attributes:
      forward: From trainable variables, state, inputs and choices to the output and what the gradient needs.
      backward: From the gradient to the output and what `forward` gave beside it to the gradients to inputs and
        trainable variables, None where there is none; None for a layer that is not differentiated.
    """

    forward: CompiledFunction
    backward: CompiledFunction | None


# By all that a trace depends on.
_TRACED: dict[tuple, Traced] = {}


class Piece(NamedTuple):
    """A layer, compiled, with its variables.

    Attributes:
      traced: The kind of layer.
      trainable: Its trainable variables.
      handles: Those of all its variables, the trainable ones first.
    """

    traced: Traced
    trainable: list[tf.Variable]
    handles: list[tf.Tensor]

    @property
    def output(self) -> tf.TensorSpec:
        """What it computes, the size of the batch left open."""
        return self.traced.forward.results[0]

    @property
    def multiply_adds(self) -> int:
        """Those of one image, without the gradient's."""
        return _multiply_adds(self.traced.forward)

    def forward(self, inputs: Sequence[tf.Tensor], choice: Choice = None) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Runs the layer; its state is updated as it would be.

        Args:
          inputs: One, or as many as `Pieces.bind` was told.
          choice: As it was told.

        Returns:
          Its output, and what `backward` needs.
        """
        choices = [] if choice is None else [_constant(choice)]
        output, *residuals = self.traced.forward([*self.handles, *inputs, *choices])
        return output, residuals

    def backward(self, upstream: tf.Tensor, residuals: Sequence[tf.Tensor]) -> list[tf.Tensor | None]:
        """Returns the gradients to the inputs that have one, then those to the trainable variables."""
        return self._gradient([upstream, *residuals])

    def no_gradients(self) -> list[tf.Tensor | None]:
        """Returns what `backward` would, were there a gradient to the output."""
        return [None] * len(self._gradient.results)

    @property
    def _gradient(self) -> CompiledFunction:
        if self.traced.backward is None:
            raise ValueError("expected a layer that was bound with `sources`, received one that is not differentiated")
        return self.traced.backward


@functools.cache
def _multiply_adds(function: CompiledFunction) -> int:
    return graph_multiply_adds(function.graph)


@functools.lru_cache(1024)
def _constant(choice: int | tuple[int, ...]) -> tf.Tensor:
    return tf.constant(choice, tf.int32)


class Pieces:
    """Compiles built layers.

    Args:
      jit_compile: Whether with XLA.
    """

    def __init__(self, jit_compile: bool = False) -> None:
        self._jit_compile = jit_compile
        self._bound: dict[tuple, Piece] = {}
        self._layers: list[keras.layers.Layer] = []  # keeps the identities below from being used again

    @property
    def num_kinds(self) -> int:
        """How many kinds of layers there are so far; each has a trace."""
        return len({piece.traced for piece in self._bound.values()})

    def bind(
        self,
        layer: keras.layers.Layer,
        inputs: Known | list[Known],
        training: bool,
        choice: Choice = None,
        sources: tuple[int, ...] | None = None,
    ) -> Piece:
        """Compiles `layer(inputs, training=training)`.

        Args:
          layer: A built layer, whose result depends on nothing but its `get_config()`, its variables and what it is
            called with.
          inputs: What it is to be called with, [B, …], or several of that. From call to call only the size of the batch
            may change, which causes no new trace, and their number.
          training: The mode.
          choice: For layers called as `layer(inputs, choice, training=training)`: one or several integers. Their
            values cause no new trace.
          sources: Places of the inputs that a gradient goes to; None for a layer that is not differentiated.
        """
        num_inputs, first = (len(inputs), inputs[0]) if isinstance(inputs, list) else (None, inputs)
        num_choices = len(choice) if isinstance(choice, tuple) else choice is not None
        key = (id(layer), training, num_inputs, first.shape, num_choices, sources)
        piece = self._bound.get(key)
        if piece is None:
            piece = self._bound[key] = self._bind(layer, inputs, training, choice, sources)
        return piece

    def _bind(
        self,
        layer: keras.layers.Layer,
        inputs: Known | list[Known],
        training: bool,
        choice: Choice,
        sources: tuple[int, ...] | None,
    ) -> Piece:
        self._layers.append(layer)
        specs = tf.nest.map_structure(lambda known: tf.TensorSpec([None, *known.shape[1:]], known.dtype), inputs)
        specs = [specs] if choice is None else [specs, tf.TensorSpec(np.shape(choice), tf.int32)]
        key = (_configuration(layer), training, *tf.nest.flatten(specs), sources, self._jit_compile)
        if key not in _TRACED:
            _TRACED[key] = _trace(layer, specs, training, sources, self._jit_compile)
        trainable, state = _variables(layer)
        return Piece(_TRACED[key], trainable, [variable.handle for variable in (*trainable, *state)])


def _variables(layer: keras.layers.Layer) -> tuple[list[tf.Variable], list[tf.Variable]]:
    """A layer's trainable variables, and its others."""
    trainable, state = layer.trainable_variables, layer.non_trainable_variables
    return [variable.value for variable in trainable], [variable.value for variable in state]


def _configuration(layer: keras.layers.Layer) -> tuple[type, str]:
    """What two layers that differ only in their variables have in common."""
    config = {key: value for key, value in layer.get_config().items() if key not in ("name", "seed")}
    return type(layer), json.dumps(config, sort_keys=True, default=str)


def _trace(
    layer: keras.layers.Layer, specs: list, training: bool, sources: tuple[int, ...] | None, jit_compile: bool
) -> Traced:
    call = layer.stateless_call
    if jit_compile:
        call = tf.function(call, jit_compile=True, autograph=False)
    gradient = None

    def forward(trainable: list[tf.Variable], state: list[tf.Variable], *inputs: tf.Tensor) -> list[tf.Tensor]:
        nonlocal gradient
        weights, old_state = ([tf.convert_to_tensor(variable) for variable in group] for group in (trainable, state))
        with tf.GradientTape() as tape:
            maps = tf.nest.flatten(inputs[0])
            targets = [*(maps[k] for k in sources or ()), *weights]
            tape.watch(targets)
            output, new_state = call(weights, old_state, *inputs, training=training)
        if training:
            for variable, value in zip(state, new_state, strict=True):
                variable.assign(value)
        if sources is None:
            return [output]
        backward = tf.function(lambda upstream: tape.gradient(output, targets, upstream), autograph=False)
        gradient = backward.get_concrete_function(tf.TensorSpec(output.shape, output.dtype))
        return [output, *gradient.captured_inputs]

    function = tf.function(forward, autograph=False).get_concrete_function(*_variables(layer), *specs)
    return Traced(CompiledFunction(function), None if gradient is None else CompiledFunction(gradient))
