"""The loop of an architecture search: child steps, controller updates, evaluations, in the original's order.

Knows neither how architectures are drawn nor how events are shown.

Reference: ENAS (Pham et al., 2018), section 2.2, and the authors' main loop.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.errors import TrainingDivergedError
from enas_tf.models.macro_child import MacroChild
from enas_tf.reporting.console import format_controller_phase
from enas_tf.reporting.search_reporter import CHILD_PHASE, CONTROLLER_PHASE, EVALUATION_PHASE, SearchReporter
from enas_tf.search_space import Arc, MacroSpace
from enas_tf.training.arc_source import ArcSource
from enas_tf.training.checkpoints import Checkpoints, SearchProgress
from enas_tf.training.child_optimizer import ChildOptimizer
from enas_tf.training.child_trainer import ChildTrainer
from enas_tf.training.controller_trainer import ControllerTrainer
from enas_tf.training.evaluation import Batch, Evaluator
from enas_tf.training.interruption import Interruption

ARCHITECTURES_SHOWN = 10
SUBSETS = ("valid", "test")


@dataclasses.dataclass(frozen=True)
class SearchParts:
    """The moving parts of a search.

    Attributes:
      space: The search space.
      child: The shared network.
      child_optimizer: Its optimizer.
      child_trainer: Takes its steps.
      controller_trainer: Trains the controller.
      arcs: Where architectures come from.
      evaluator: Runs them.
      progress: Where the search stands.
    """

    space: MacroSpace
    child: MacroChild
    child_optimizer: ChildOptimizer
    child_trainer: ChildTrainer
    controller_trainer: ControllerTrainer
    arcs: ArcSource
    evaluator: Evaluator
    progress: SearchProgress


def evaluated_epochs(config: SearchConfig) -> list[int]:
    """The epochs, counted from 1, after which there is a round of evaluation: every n-th and the last."""
    last, every = config.run.num_epochs, config.run.eval_every_epochs
    return sorted({*range(every, last + 1, every), last})


def trains_controller(config: SearchConfig, epoch: int) -> bool:
    """Whether the round after an epoch trains the controller."""
    return config.controller.training and epoch % config.controller.train_every == 0


class ArchitectureSearch:
    """The loop over epochs.

    Args:
      config: The settings.
      data: The images.
      parts: At their initial or restored values.
      checkpoints: Of these parts.
      reporter: Receives the events.
    """

    def __init__(
        self,
        config: SearchConfig,
        data: SearchData,
        parts: SearchParts,
        checkpoints: Checkpoints,
        reporter: SearchReporter,
    ):
        self._config = config
        self._data = data
        self._parts = parts
        self._checkpoints = checkpoints
        self._reporter = reporter

    def run(self, interruption: Interruption) -> bool:
        """Runs until the last epoch is evaluated, or until interrupted; both end with a checkpoint.

        Returns:
          Whether the search is finished.
        """
        parts, progress = self._parts, self._parts.progress
        train_batches = iter(self._data.train_batches(int(parts.child_trainer.step_count)))
        reward_batches = iter(self._data.reward_batches(int(progress.reward_batches)))
        for epoch in evaluated_epochs(self._config):
            if epoch <= int(progress.evaluated_epoch):
                continue
            self._train_child(epoch, train_batches, interruption)
            self._train_controller(epoch, reward_batches, interruption)
            if not interruption.requested:
                self._evaluate(epoch, reward_batches)
            self._save()
            if interruption.requested:
                return False
        self._finish()
        return True

    def _save(self) -> None:
        self._parts.progress.minutes.assign(self._reporter.minutes)
        self._checkpoints.save()

    def _step(self) -> int:
        return int(self._parts.child_trainer.step_count)

    def _train_child(self, epoch: int, batches: Iterator[Batch], interruption: Interruption) -> None:
        """Takes the child's steps up to the end of an epoch, with a checkpoint after each epoch before it."""
        per_epoch = self._data.batches_per_epoch
        while self._step() < epoch * per_epoch:
            current, done = divmod(self._step(), per_epoch)
            self._reporter.begin(CHILD_PHASE, per_epoch, done)
            for arc in self._draw(per_epoch, "child arcs", current)[done:]:
                self._child_step(arc, *next(batches))
                if interruption.requested:
                    return
            if self._step() < epoch * per_epoch:
                self._save()

    def _child_step(self, arc: Arc, images, labels) -> None:
        metrics = self._parts.child_trainer.step(images, labels, arc)
        # Weights follow the gradient: a checkpoint after this step would not be a good one either.
        if not math.isfinite(metrics["loss"]) or not math.isfinite(metrics["grad_norm"]):
            raise TrainingDivergedError(self._step(), self._parts.space.format(arc), self._checkpoints.latest)
        self._reporter.child_step(self._step() // self._data.batches_per_epoch, self._step(), metrics)

    def _train_controller(self, epoch: int, batches: Iterator[Batch], interruption: Interruption) -> None:
        """Makes the controller updates of a round that are still to be made."""
        config, trainer, progress = self._config.controller, self._parts.controller_trainer, self._parts.progress
        if interruption.requested or not trains_controller(self._config, epoch):
            return
        self._reporter.lines([format_controller_phase(epoch)])
        done = int(progress.phase_updates)
        before = trainer.train_step - done
        self._reporter.begin(CONTROLLER_PHASE, config.train_steps, done)
        phase_metrics = []
        for update in range(done, config.train_steps):
            arcs = self._draw(config.num_aggregate, "controller arcs", trainer.train_step)
            accuracies = self._rewards(arcs, batches)
            metrics = trainer.update(np.array(arcs, np.int32), accuracies)
            progress.phase_updates.assign_add(1)
            self._reporter.controller_update(update, before, accuracies, metrics)
            phase_metrics.append(metrics)
            if interruption.requested:
                break
        if int(progress.phase_updates) == config.train_steps:
            self._reporter.controller_phase(self._step(), phase_metrics)

    def _evaluate(self, epoch: int, batches: Iterator[Batch]) -> None:
        """Shows sampled architectures, keeps the best, and measures accuracy with a new one for every batch."""
        self._reporter.begin(EVALUATION_PHASE, 1)
        step, progress = self._step(), self._parts.progress
        arcs = self._draw(ARCHITECTURES_SHOWN, "shown arcs", epoch)
        rewards = self._rewards(arcs, batches)
        self._reporter.architectures(epoch, step, arcs, rewards)
        self._reporter.policy(step, *self._mean_policy(arcs))
        if progress.offer(arcs, rewards, epoch):
            self._reporter.best_arc(progress.best_arc, epoch, step)
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
        progress.phase_updates.assign(0)
        progress.evaluated_epoch.assign(epoch)

    def _finish(self) -> None:
        """Measures the best architecture on all validation and test images and writes the results."""
        space, progress, evaluator = self._parts.space, self._parts.progress, self._parts.evaluator
        best = progress.best_arc
        accuracies = {subset: evaluator.accuracy(itertools.repeat(best), self._subset(subset)) for subset in SUBSETS}
        results = {
            "best_arc": space.format(best),
            "best_arc_layers": space.format_layers(best),
            "best_arc_epoch": int(progress.best_epoch),
            "best_arc_reward": float(progress.best_reward),
            "best_arc_valid_accuracy": accuracies["valid"],
            "best_arc_test_accuracy": accuracies["test"],
            "seed": self._config.run.seed,
        }
        self._reporter.finish(results, self._step())

    def _draw(self, num_arcs: int, stream: str, counter: int) -> list[Arc]:
        return [tuple(arc) for arc in self._parts.arcs.draw(num_arcs, stream, counter).tolist()]

    def _rewards(self, arcs: list[Arc], batches: Iterator[Batch]) -> np.ndarray:
        """The accuracy of each architecture on a validation batch of its own, float32 [num_arcs]."""
        self._parts.progress.reward_batches.assign_add(len(arcs))
        return np.array([self._parts.evaluator.accuracy([arc], [next(batches)]) for arc in arcs], np.float32)

    def _mean_policy(self, arcs: list[Arc]) -> tuple[np.ndarray, np.ndarray]:
        """The controller's choice probabilities, averaged over sampled architectures."""
        policy = self._parts.controller_trainer.controller.policy(np.array(arcs, np.int32))
        return tuple(np.mean(probabilities, axis=0) for probabilities in policy)

    def _sampled_accuracy(self, subset: str, epoch: int) -> float:
        """The accuracy over a subset, a new architecture for every batch."""
        batches = self._subset(subset)
        return self._parts.evaluator.accuracy(self._draw(len(batches), f"{subset} arcs", epoch), batches)

    def _subset(self, subset: str) -> tf.data.Dataset:
        return {"valid": self._data.valid_batches, "test": self._data.test_batches}[subset]()
