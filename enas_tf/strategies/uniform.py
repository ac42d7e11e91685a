"""Uniform draws by name, for strategies that make all of their proposals so, or some."""

from collections.abc import Sequence

import numpy as np

from enas_tf.config import SearchConfig
from enas_tf.search_space import Choices, SearchSpace
from enas_tf.seeds import named_generator
from enas_tf.strategies.strategy import Policy, Purpose, Strategy


class UniformArcs:
    """Draws every architecture with the same probability.

    Args:
      space: What to draw from.
      seed: The run's root seed.
      only_connections: Whether only connections are drawn, all operations being index 0.
    """

    def __init__(self, space: SearchSpace, seed: int, only_connections: bool = False) -> None:
        self._space = space
        self._seed = seed
        self._only_connections = only_connections

    @classmethod
    def of(cls, config: SearchConfig, space: SearchSpace) -> "UniformArcs":
        """The uniform draws of a search."""
        return cls(space, config.run.seed, config.run.search_for == "connection")

    @property
    def choices(self) -> Choices:
        """What is drawn from, choice by choice."""
        return Choices.of(self._space, self._only_connections)

    def draw(self, num_arcs: int, stream: str, *counters: int) -> np.ndarray:
        """Draws architectures.

        Args:
          num_arcs: How many.
          stream: What for; streams of different names are independent.
          *counters: Place in the stream, for example the epoch.

        Returns:
          int32 [num_arcs, arc_length].
        """
        arcs = self._space.uniform(named_generator(self._seed, stream, *counters), num_arcs)
        if self._only_connections:
            arcs[:, self._space.operation_positions] = 0
        return arcs

    def policy(self, arcs: Sequence[Sequence[int]]) -> Policy:
        """Returns the distributions drawn from, as `Strategy.policy` describes."""
        probabilities = self._space.uniform_policy(np.asarray(arcs))
        if self._only_connections:
            probabilities = np.zeros_like(probabilities)
            probabilities[..., 0] = 1.0
        return Policy(probabilities)


class UniformSearch(Strategy):
    """Proposes uniform draws for every purpose, and learns nothing.

    Args:
      arcs: The draws.
    """

    phase = "controller training"  # every search books it, without a controller 0 seconds

    def __init__(self, arcs: UniformArcs) -> None:
        self._arcs = arcs

    def propose(self, purpose: Purpose, num_arcs: int, *counters: int) -> np.ndarray:
        """Proposes uniform draws, as `Strategy` describes."""
        return self._arcs.draw(num_arcs, purpose, *counters)

    def policy(self, arcs: Sequence[Sequence[int]]) -> Policy:
        """Returns the distributions drawn from, as `Strategy` describes."""
        return self._arcs.policy(arcs)
