"""The LSTM of the controllers: one step at a time, without biases, stacked."""

from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import Shape
from enas_tf.seeds import derive_seed

INITIAL_RANGE = 0.1

# The cell state and the hidden state of one LSTM layer, each [B, size].
State = tuple[tf.Tensor, tf.Tensor]


def uniform(seed: int, name: str) -> keras.initializers.Initializer:
    """The initializer of every controller weight: uniform(-0.1, 0.1).

    Args:
      seed: The owning layer's seed.
      name: The weight within the layer; each name is a random stream of its own.
    """
    return keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE, seed=derive_seed(seed, name)[0])


class LSTMCell(keras.layers.Layer):
    """One step of an LSTM without biases.

    [i f o g] = [x ; h]·W; c' = sigmoid(i)·tanh(g) + sigmoid(f)·c; h' = sigmoid(o)·tanh(c').

    Args:
      size: Width of the input, of the cell state and of the hidden state.
      seed: Of the weight's initial values.
      **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, size: int, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.seed = seed

    def build(self, input_shape: Shape | None = None) -> None:
        """Creates the weight of all four gates; the input's shape is known beforehand."""
        self.w = self.add_weight(
            name="w", shape=(2 * self.size, 4 * self.size), initializer=uniform(self.seed, "w")
        )  # [x and h, i f o g]

    def call(self, inputs: tf.Tensor, state: State) -> State:
        """Returns the next (cell, hidden) state after inputs [B, size]."""
        cell, hidden = state
        gates = tf.matmul(tf.concat([inputs, hidden], axis=1), self.w)  # [B, 4 * size]
        write, forget, read, candidate = tf.split(gates, 4, axis=1)
        cell = tf.sigmoid(write) * tf.tanh(candidate) + tf.sigmoid(forget) * cell
        return cell, tf.sigmoid(read) * tf.tanh(cell)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "size": self.size, "seed": self.seed}


class StackedLSTM(keras.layers.Layer):
    """Steps LSTM layers that stand on one another: each one's hidden state is the next one's input.

    Args:
      size: Width of every layer.
      num_layers: Number of layers; their cells are named `layer_0`, `layer_1`, ….
      seed: Of the cells; each draws from a stream of its own name.
      **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, size: int, num_layers: int = 1, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.num_layers = num_layers
        self.seed = seed
        names = [f"layer_{i}" for i in range(num_layers)]
        self.cells = [
            LSTMCell(size, seed=derive_seed(seed, name)[0], dtype=self.dtype_policy, name=name) for name in names
        ]

    def build(self, input_shape: Shape | None = None) -> None:
        """Builds the cells."""
        for cell in self.cells:
            cell.build(input_shape)

    def initial_states(self, batch_size: int | tf.Tensor) -> list[State]:
        """Returns zero states for every layer."""
        zeros = tf.zeros([batch_size, self.size], self.compute_dtype)
        return [(zeros, zeros)] * self.num_layers

    def call(self, inputs: tf.Tensor, states: list[State]) -> tuple[tf.Tensor, list[State]]:
        """Makes one step.

        Args:
          inputs: [B, size].
          states: The state of each layer, from `initial_states` or the step before.

        Returns:
          The top layer's hidden state [B, size], and the states after the step.
        """
        stepped = []
        for cell, state in zip(self.cells, states, strict=True):
            stepped.append(cell(inputs, state))
            inputs = stepped[-1][1]
        return inputs, stepped

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "size": self.size, "num_layers": self.num_layers, "seed": self.seed}
