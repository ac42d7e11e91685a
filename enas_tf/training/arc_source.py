"""Where architectures come from: each draw names its random stream, so that a resumed run draws the same ones."""

from typing import Protocol

import numpy as np

from enas_tf.seeds import derive_seed
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
