"""What the training of shared weights has computed, epoch by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

from enas_tf.search_space import Arc
from enas_tf.training.child_trainer import TakesSteps


class TrainingCost:
    """Counts the multiply-adds of the steps of shared weights.

    Those of an epoch are counted when it begins, since architectures do not depend on how its steps went: steps
    themselves take no longer.

    Args:
      trainer: Knows what its steps take.
      batch_size: Images in a batch.

    Attributes:
      multiply_adds: Of all epochs begun; None after a run of a former version was gone on with, which did not count.
    """

    def __init__(self, trainer: TakesSteps, batch_size: int) -> None:
        self._trainer = trainer
        self._batch_size = batch_size
        self._epochs_begun = 0
        self.multiply_adds: int | None = 0

    def begin(self, epoch: int, arcs: Sequence[Arc]) -> None:
        """Counts an epoch, once.

        Args:
          epoch: Counted from 0.
          arcs: Of its steps.
        """
        if epoch < self._epochs_begun:
            return
        self._epochs_begun = epoch + 1
        if self.multiply_adds is not None:
            self.multiply_adds += self._trainer.multiply_adds(arcs, self._batch_size)

    def state(self) -> Mapping[str, Any]:
        """Returns everything as plain data."""
        return {"epochs_begun": self._epochs_begun, "multiply_adds": self.multiply_adds}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes up what `state` returned."""
        self._epochs_begun, self.multiply_adds = state["epochs_begun"], state["multiply_adds"]
