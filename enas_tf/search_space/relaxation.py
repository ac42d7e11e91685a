"""Relaxed spaces: a real number for every option of every choice, and what these numbers say of architectures.

Parameters are logits, arrays by name. Weights of operations are softmax(alpha); instances of one operation have logits
of their own, but where a choice is made their weights are summed, for they share one module.

Reference: DARTS (Liu et al., 2019), section 2.2, here on ENAS's own spaces.
"""

import abc
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from enas_tf.search_space.macro import MacroSpace
from enas_tf.search_space.micro import CELL_NAMES, NUM_CELL_INPUTS, MicroSpace
from enas_tf.search_space.space import Arc, SearchSpace

Parameters = Mapping[str, np.ndarray]

SIDES = 2  # operations of a block


@dataclasses.dataclass(frozen=True)
class Relaxation(abc.ABC):
    """A relaxed space.

    Attributes:
      space: The space.
      num_operations: How many of its operations are mixed, the first ones.
    """

    space: SearchSpace
    num_operations: int

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of the operations that are mixed, every instance."""
        return self.space.operations[: self.num_operations]

    @property
    def names(self) -> tuple[str, ...]:
        """The same, each name once."""
        return tuple(dict.fromkeys(self.operations))

    @property
    def instances(self) -> np.ndarray:
        """Which operation has which name, 0 or 1, float [num_operations, names]: weights times this are sums."""
        return np.array([[float(name == operation) for name in self.names] for operation in self.operations])

    @property
    @abc.abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array of parameters."""

    @abc.abstractmethod
    def policy(self, parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
        """Returns the probability of each operation and of each connection, in the form of the space's controller.

        Returns:
          float [1, num_draws, num_options], and [1, …] with the dimensions of the controller's connections.
        """

    @abc.abstractmethod
    def draw(self, parameters: Parameters, generator: np.random.Generator, num_arcs: int) -> np.ndarray:
        """Draws architectures, each option with its weight; int32 [num_arcs, arc_length]."""

    @abc.abstractmethod
    def most_likely(self, parameters: Parameters, left_out: Sequence[str] = ()) -> Arc:
        """Returns the architecture of the options with the largest weights.

        Args:
          parameters: Logits.
          left_out: Names of operations that are not chosen, however large their weights.
        """

    def _by_name(self, weights: np.ndarray, left_out: Sequence[str]) -> np.ndarray:
        """Weights of operations [..., num_operations] as those of names [..., names], −1 where left out."""
        allowed = np.array([name not in left_out for name in self.names])
        return np.where(allowed, weights @ self.instances, -1.0)

    def _operation(self, name: int) -> int:
        """The first operation of a name, both by index."""
        return self.operations.index(self.names[name])

    def _padded(self, weights: np.ndarray) -> np.ndarray:
        """Weights [..., num_operations] with zeros for those operations that are not mixed."""
        missing = len(self.space.operations) - self.num_operations
        return np.pad(weights, [*[(0, 0)] * (weights.ndim - 1), (0, missing)])


@dataclasses.dataclass(frozen=True)
class MacroRelaxation(Relaxation):
    """Parameters `alpha` [num_layers, num_operations] and, weighing skips by sigmoid, `gamma` [num_skips]."""

    space: MacroSpace

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array of parameters."""
        return {"alpha": (self.space.num_layers, self.num_operations), "gamma": (self.space.num_skips,)}

    def skips_of(self, layer: int) -> slice:
        """Where the skips of a layer stand in `gamma`: one for each entry before its input."""
        start = layer * (layer - 1) // 2
        return slice(start, start + layer)

    def policy(self, parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
        """Returns the distributions of operations and skips, as `Relaxation` describes."""
        return self._padded(softmax(parameters["alpha"]))[np.newaxis], sigmoid(parameters["gamma"])[np.newaxis]

    def draw(self, parameters: Parameters, generator: np.random.Generator, num_arcs: int) -> np.ndarray:
        """Draws architectures, as `Relaxation` describes."""
        (operations,), (skips,) = self.policy(parameters)
        drawn = _categorical(generator, operations, num_arcs)  # [num_arcs, num_layers]
        bits = generator.random((num_arcs, len(skips))) < skips
        return np.array([self._arc(*each) for each in zip(drawn, bits, strict=True)], np.int32)

    def most_likely(self, parameters: Parameters, left_out: Sequence[str] = ()) -> Arc:
        """Returns the operations of the largest weights, and the skips whose `gamma` is above 0."""
        names = np.argmax(self._by_name(softmax(parameters["alpha"]), left_out), axis=-1)
        return self._arc([self._operation(name) for name in names], parameters["gamma"] > 0)

    def _arc(self, operations: Sequence[int], skips: np.ndarray) -> Arc:
        layers = [[operations[i], *skips[self.skips_of(i)]] for i in range(self.space.num_layers)]
        return tuple(int(value) for layer in layers for value in layer)


@dataclasses.dataclass(frozen=True)
class MicroRelaxation(Relaxation):
    """Parameters by kind of cell, block, side and input: `alpha` [2, rows, num_operations] and `beta` [2, rows].

    A side of a block, that is one of its two operations, has a row for each entry that may be its input; the weights
    of the inputs are the softmax of `beta` over these rows. Layers of one kind of cell share both.
    """

    space: MicroSpace

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array of parameters."""
        kinds, rows = len(CELL_NAMES), self.rows_of(self.space.num_blocks, 0).start
        return {"alpha": (kinds, rows, self.num_operations), "beta": (kinds, rows)}

    def rows_of(self, block: int, side: int) -> slice:
        """The rows of a block's first or second operation (side 0 or 1): one for each entry before the block."""
        # Before it stand the rows of all blocks b < block, twice NUM_CELL_INPUTS + b.
        start = SIDES * NUM_CELL_INPUTS * block + block * (block - 1) + side * (NUM_CELL_INPUTS + block)
        return slice(start, start + NUM_CELL_INPUTS + block)

    def policy(self, parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
        """Returns the marginal distributions of operations and inputs, as `Relaxation` describes."""
        weights = self._weights(parameters)
        width = NUM_CELL_INPUTS + self.space.num_blocks - 1
        inputs = [np.pad(of_inputs, (0, width - len(of_inputs))) for of_inputs, _ in weights]
        operations = [of_inputs @ of_operations for of_inputs, of_operations in weights]
        return self._padded(np.stack(operations))[np.newaxis], np.stack(inputs)[np.newaxis]

    def draw(self, parameters: Parameters, generator: np.random.Generator, num_arcs: int) -> np.ndarray:
        """Draws architectures, as `Relaxation` describes: first an input, then an operation on it."""
        columns = []
        for of_inputs, of_operations in self._weights(parameters):
            inputs = _categorical(generator, of_inputs[np.newaxis], num_arcs)[:, 0]
            draws = generator.random((num_arcs, 1))
            columns += [inputs, _pick(of_operations[inputs], draws)]
        return np.stack(columns, axis=1).astype(np.int32)  # an arc names an input and an operation a side

    def most_likely(self, parameters: Parameters, left_out: Sequence[str] = ()) -> Arc:
        """Returns, side by side, the pair of input and operation of the largest weight."""
        arc = []
        for of_inputs, of_operations in self._weights(parameters):
            joint = of_inputs[:, np.newaxis] * self._by_name(of_operations, left_out)
            index, name = np.unravel_index(np.argmax(joint), joint.shape)
            arc += [int(index), self._operation(int(name))]
        return tuple(arc)

    def _weights(self, parameters: Parameters) -> list[tuple[np.ndarray, np.ndarray]]:
        """Of each side in the order of an arc: weights of inputs [inputs], and of operations [inputs, operations]."""
        return [
            (softmax(beta[rows]), softmax(alpha[rows]))
            for alpha, beta in zip(parameters["alpha"], parameters["beta"], strict=True)
            for rows in (self.rows_of(block, side) for block in range(self.space.num_blocks) for side in range(SIDES))
        ]


RELAXATIONS: dict[type[SearchSpace], type[Relaxation]] = {MacroSpace: MacroRelaxation, MicroSpace: MicroRelaxation}


def relax(space: SearchSpace, only_connections: bool = False) -> Relaxation:
    """Relaxes a space.

    Args:
      space: Which, of a kind in `RELAXATIONS`.
      only_connections: Whether all operations are index 0.
    """
    return RELAXATIONS[type(space)](space, 1 if only_connections else len(space.operations))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Returns the softmax over the last axis, in float64."""
    powers = np.exp(np.float64(logits) - np.max(logits, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Returns the sigmoid, in float64."""
    return 0.5 * (1.0 + np.tanh(0.5 * np.float64(logits)))


def _categorical(generator: np.random.Generator, weights: np.ndarray, num_draws: int) -> np.ndarray:
    """Draws from each row of weights [rows, options]; int [num_draws, rows]."""
    draws = generator.random((num_draws, len(weights), 1))
    return _pick(weights, draws)


def _pick(weights: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """The option that a number in 0..1 falls to, of weights [..., options] and numbers [..., 1]."""
    picked = np.sum(draws >= np.cumsum(weights, axis=-1), axis=-1)
    # Rounding may leave a sum just below 1.
    return np.minimum(picked, weights.shape[-1] - 1)
