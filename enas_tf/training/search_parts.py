"""The moving parts of a search."""

import dataclasses

from enas_tf.config import SearchConfig
from enas_tf.training.arc_source import SearchArcs
from enas_tf.training.controller_trainer import ControllerTrainer
from enas_tf.training.loop import RunParts
from enas_tf.training.run_state import SearchState


@dataclasses.dataclass(frozen=True)
class SearchParts(RunParts):
    """The moving parts of a search.

    Attributes:
      arcs: Where the architectures of shared weights and of candidates come from.
      state: Where the search stands.
      controller_trainer: Trains the controller; None where architectures are drawn uniformly.
    """

    arcs: SearchArcs
    state: SearchState
    controller_trainer: ControllerTrainer | None

    def tracked(self) -> dict[str, object]:
        """All that a checkpoint keeps beside the step."""
        trainer = self.controller_trainer
        if trainer is None:
            return super().tracked()
        return super().tracked() | {
            "controller": [variable.value for variable in trainer.controller.variables],
            "controller_optimizer": [variable.value for variable in trainer.optimizer.variables],
            "baseline": trainer.baseline,
        }


def trains_controller(config: SearchConfig, epoch: int) -> bool:
    """Whether the round after an epoch trains the controller."""
    controller = config.controller
    return config.run.search_mode == "controller" and controller.training and epoch % controller.train_every == 0
