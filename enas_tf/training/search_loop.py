"""The loop of an architecture search: child steps, controller updates, evaluations, in the original's order.

Knows neither how architectures are drawn nor how events are shown.

Reference: ENAS (Pham et al., 2018), section 2.2, and the authors' main loop.
"""

import dataclasses
import functools
import itertools
from collections.abc import Iterator

import numpy as np

from enas_tf.config import SearchConfig
from enas_tf.reporting.console import format_controller_phase
from enas_tf.reporting.search_reporter import CONTROLLER_PHASE, SearchReporter
from enas_tf.search_space import Arc
from enas_tf.training.controller_trainer import ControllerTrainer
from enas_tf.training.evaluation import Batch
from enas_tf.training.interruption import Interruption
from enas_tf.training.loop import RunParts, TrainingLoop
from enas_tf.training.run_state import SearchState

ARCHITECTURES_SHOWN = 10
SUBSETS = ("valid", "test")


@dataclasses.dataclass(frozen=True)
class SearchParts(RunParts):
    """The moving parts of a search.

    Attributes:
      controller_trainer: Trains the controller.
      state: Where the search stands.
    """

    controller_trainer: ControllerTrainer
    state: SearchState

    def tracked(self) -> dict[str, object]:
        """All that a checkpoint keeps beside the step."""
        trainer = self.controller_trainer
        return super().tracked() | {
            "controller": [variable.value for variable in trainer.controller.variables],
            "controller_optimizer": [variable.value for variable in trainer.optimizer.variables],
            "baseline": trainer.baseline,
        }


def trains_controller(config: SearchConfig, epoch: int) -> bool:
    """Whether the round after an epoch trains the controller."""
    return config.controller.training and epoch % config.controller.train_every == 0


class ArchitectureSearch(TrainingLoop):
    """The loop of a search (arguments as `TrainingLoop`)."""

    _parts: SearchParts
    _reporter: SearchReporter

    @functools.cached_property
    def _reward_batches(self) -> Iterator[Batch]:
        """The validation stream for rewards, from where the run stands."""
        return iter(self._data.reward_batches(int(self._parts.state.reward_batches)))

    def _before_evaluation(self, epoch: int, interruption: Interruption) -> None:
        """Makes the controller updates of a round that are still to be made."""
        config, trainer, state = self._config.controller, self._parts.controller_trainer, self._parts.state
        if not trains_controller(self._config, epoch):
            return
        self._reporter.lines([format_controller_phase(epoch)])
        done = int(state.phase_updates)
        before = trainer.train_step - done
        self._reporter.begin(CONTROLLER_PHASE, config.train_steps, done)
        phase_metrics = []
        for update in range(done, config.train_steps):
            arcs = self._draw(config.num_aggregate, "controller arcs", trainer.train_step)
            accuracies = self._rewards(arcs)
            metrics = trainer.update(np.array(arcs, np.int32), accuracies)
            state.phase_updates.assign_add(1)
            self._reporter.controller_update(update, before, accuracies, metrics)
            phase_metrics.append(metrics)
            if interruption.requested:
                break
        if int(state.phase_updates) == config.train_steps:
            self._reporter.controller_phase(self._parts.step, phase_metrics)

    def _evaluate(self, epoch: int) -> None:
        """Shows sampled architectures, keeps the best, and measures accuracy with a new one for every batch."""
        step, state = self._parts.step, self._parts.state
        arcs = self._draw(ARCHITECTURES_SHOWN, "shown arcs", epoch)
        rewards = self._rewards(arcs)
        self._reporter.architectures(epoch, step, arcs, rewards)
        self._reporter.policy(step, *self._mean_policy(arcs))
        if state.offer(arcs, rewards, epoch):
            self._reporter.architecture(state.best_arc, f"best architecture, sampled after epoch {epoch}", step)
        accuracies = {subset: self._sampled_accuracy(subset, epoch) for subset in SUBSETS}
        self._reporter.evaluation(epoch, step, accuracies)
        self._reporter.epoch_done(
            {
                "epoch": epoch,
                "step": step,
                "mean_reward": float(np.mean(rewards)),
                "best_reward": float(np.max(rewards)),
                "baseline": float(self._parts.controller_trainer.baseline),
                **{f"{subset}_accuracy": accuracy for subset, accuracy in accuracies.items()},
            }
        )
        state.phase_updates.assign(0)

    def _finish(self) -> None:
        """Measures the best architecture on all validation and test images and writes the results."""
        space, state, evaluator = self._parts.space, self._parts.state, self._parts.evaluator
        best = state.best_arc
        accuracies = {subset: evaluator.accuracy(itertools.repeat(best), self._subset(subset)) for subset in SUBSETS}
        results = {
            "best_arc": space.format(best),
            "best_arc_layers": space.format_layers(best),
            "best_arc_epoch": int(state.best_epoch),
            "best_arc_reward": float(state.best_reward),
            "best_arc_valid_accuracy": accuracies["valid"],
            "best_arc_test_accuracy": accuracies["test"],
            "seed": self._config.run.seed,
        }
        self._reporter.finish(results, self._parts.step)

    def _rewards(self, arcs: list[Arc]) -> np.ndarray:
        """The accuracy of each architecture on a validation batch of its own, float32 [num_arcs]."""
        batches = self._reward_batches
        self._parts.state.reward_batches.assign_add(len(arcs))
        return np.array([self._parts.evaluator.accuracy([arc], [next(batches)]) for arc in arcs], np.float32)

    def _mean_policy(self, arcs: list[Arc]) -> tuple[np.ndarray, np.ndarray]:
        """The controller's choice probabilities, averaged over sampled architectures."""
        policy = self._parts.controller_trainer.controller.policy(np.array(arcs, np.int32))
        return tuple(np.mean(probabilities, axis=0) for probabilities in policy)

    def _sampled_accuracy(self, subset: str, epoch: int) -> float:
        """The accuracy over a subset, a new architecture for every batch."""
        batches = self._subset(subset)
        return self._parts.evaluator.accuracy(self._draw(len(batches), f"{subset} arcs", epoch), batches)
