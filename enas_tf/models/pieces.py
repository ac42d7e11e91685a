"""Compiled pieces: layers called from the host through functions traced once per kind of layer.

An architecture is known on the host only, so the network is not one graph: each layer runs as a compiled function that
takes the layer's variables as arguments. All layers of one configuration and map size share one trace, no architecture
causes a new one, and what an architecture leaves out is never computed. A `tf.GradientTape` around the calls
differentiates through them.
"""

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf


class _Piece(NamedTuple):
    """A traced function bound to the variables of one layer."""

    function: Callable
    trainable: list[tf.Variable]
    state: list[tf.Variable]


class Pieces:
    """Calls built layers as compiled functions.

    Args:
      jit_compile: Whether the functions are compiled with XLA.
    """

    def __init__(self, jit_compile: bool = False):
        self._jit_compile = jit_compile
        self._functions: dict[tuple, Callable] = {}
        self._bound: dict[tuple, _Piece] = {}
        self._layers: list[keras.layers.Layer] = []  # keeps the identities below from being used again

    @property
    def num_functions(self) -> int:
        """How many functions were traced so far."""
        return len(self._functions)

    def __call__(
        self, layer: keras.layers.Layer, inputs: tf.Tensor, training: bool, choice: int | Sequence[int] | None = None
    ) -> tf.Tensor:
        """Returns `layer(inputs, training=training)`; the layer's state is updated as it would be.

        Args:
          layer: A built layer, whose result depends on nothing but its `get_config()`, its variables and what it is
            called with.
          inputs: [B, …]; only the batch size may change from call to call, and it causes no new trace.
          training: The mode.
          choice: For layers called as `layer(inputs, choice, training=training)`: one or several integers. Their
            values cause no new trace. Where their number changes, so may the inputs' channels.
        """
        key = (id(layer), training, np.shape(choice))
        piece = self._bound.get(key)
        if piece is None:
            piece = self._bound[key] = self._bind(layer, inputs, training, choice)
        choices = [] if choice is None else [tf.constant(choice, tf.int32)]
        return piece.function(piece.trainable, piece.state, inputs, *choices)

    def _bind(self, layer, inputs, training, choice):
        self._layers.append(layer)
        trainable = [variable.value for variable in layer.trainable_variables]
        state = [variable.value for variable in layer.non_trainable_variables]
        key = (_configuration(layer), training, inputs.shape[1:], inputs.dtype)
        if key not in self._functions:
            specs = [tf.TensorSpec([None, *inputs.shape[1:]], inputs.dtype)]
            if choice is not None:
                specs.append(tf.TensorSpec(np.shape(choice), tf.int32))
            self._functions[key] = self._compile(layer, training).get_concrete_function(trainable, state, *specs)
        return _Piece(self._functions[key], trainable, state)

    def _compile(self, layer, training):
        @tf.function(jit_compile=self._jit_compile, autograph=False)
        def piece(trainable, state, *inputs):
            values = [[tf.convert_to_tensor(variable) for variable in variables] for variables in (trainable, state)]
            outputs, new_state = layer.stateless_call(*values, *inputs, training=training)
            if training:
                for variable, value in zip(state, new_state, strict=True):
                    variable.assign(value)
            return outputs

        return piece


def _configuration(layer) -> tuple[type, str]:
    """What two layers that differ only in their variables have in common."""
    config = {key: value for key, value in layer.get_config().items() if key not in ("name", "seed")}
    return type(layer), json.dumps(config, sort_keys=True, default=str)
