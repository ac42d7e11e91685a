"""Where architectures come from: each draw names its random stream, so that a resumed run draws the same ones."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from enas_tf.search_space import SearchSpace
from enas_tf.seeds import derive_seed, named_generator
from enas_tf.training.controller_trainer import ControllerTrainer


class ArcSource(Protocol):
    """Draws architectures."""

    def draw(self, num_arcs: int, stream: str, *counters: int) -> np.ndarray:
        """Draws architectures.

        Args:
          num_arcs: How many.
          stream: What for; streams of different names are independent.
          *counters: Place in the stream, for example the epoch.

        Returns:
          int32 [num_arcs, arc_length].
        """


class SearchArcs(ArcSource, Protocol):
    """Draws the architectures of a search, and says how likely it draws what."""

    def operation_probabilities(self, arcs: Sequence[Sequence[int]]) -> np.ndarray:
        """Returns the distributions that the operations of given architectures are drawn from.

        Args:
          arcs: [num_arcs, arc_length].

        Returns:
          [num_arcs, num_draws, num_operations]; num_arcs is 1 where the distributions depend on no architecture.
        """


class ControllerArcs:
    """Draws from the current policy of a controller.

    Args:
      trainer: Holds the controller.
      seed: The run's root seed.
    """

    def __init__(self, trainer: ControllerTrainer, seed: int):
        self._trainer = trainer
        self._seed = seed

    def draw(self, num_arcs: int, stream: str, *counters: int) -> np.ndarray:
        """Draws architectures, as `ArcSource` describes."""
        return self._trainer.sample(num_arcs, derive_seed(self._seed, stream, *counters))

    def operation_probabilities(self, arcs: Sequence[Sequence[int]]) -> np.ndarray:
        """Returns the policy's distributions, as `SearchArcs` describes."""
        return self._trainer.policy(arcs)[0]


class UniformArcs:
    """Draws every architecture with the same probability.

    Args:
      space: What to draw from.
      seed: The run's root seed.
      fixed_operation: Whether only connections are drawn, all operations being index 0.
    """

    def __init__(self, space: SearchSpace, seed: int, fixed_operation: bool = False):
        self._space = space
        self._seed = seed
        self._fixed_operation = fixed_operation

    def draw(self, num_arcs: int, stream: str, *counters: int) -> np.ndarray:
        """Draws architectures, as `ArcSource` describes."""
        arcs = self._space.uniform(named_generator(self._seed, stream, *counters), num_arcs)
        if self._fixed_operation:
            arcs[:, self._space.operation_positions] = 0
        return arcs

    def operation_probabilities(self, arcs: Sequence[Sequence[int]]) -> np.ndarray:
        """Returns the distributions drawn from, as `SearchArcs` describes."""
        probabilities = self._space.uniform_policy(np.asarray(arcs))
        if self._fixed_operation:
            probabilities = np.zeros_like(probabilities)
            probabilities[..., 0] = 1.0
        return probabilities
