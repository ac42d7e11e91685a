"""The loop every run shares: steps of the child, after some epochs a round of evaluation, checkpoints."""

import abc
import dataclasses
import math
from collections.abc import Iterator

import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.errors import TrainingDivergedError
from enas_tf.reporting.run_reporter import CHILD_PHASE, EVALUATION_PHASE, RunReporter
from enas_tf.search.checkpoints import Checkpoints, Stateful
from enas_tf.search.run_state import RunState
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.training.child_trainer import ChildTrainer, TrainableChild
from enas_tf.training.evaluation import Batch, Evaluator
from enas_tf.training.interruption import Interruption


@dataclasses.dataclass(frozen=True)
class RunParts:
    """The moving parts of a run.

    Attributes:
      space: What architectures mean.
      child: The network that is trained.
      child_trainer: Takes its steps.
      evaluator: Measures accuracies.
      state: Where the run stands.
    """

    space: SearchSpace
    child: TrainableChild
    child_trainer: ChildTrainer
    evaluator: Evaluator
    state: RunState

    @property
    def step(self) -> int:
        """Steps of the child done."""
        return int(self.child_trainer.step_count)

    def tracked(self) -> dict[str, object]:
        """All that a checkpoint keeps beside the step."""
        return {
            "child": [variable.value for variable in self.child.variables],
            "momenta": self.child_trainer.optimizer.momenta,
            "state": self.state,
        }

    def plain(self) -> dict[str, Stateful]:
        """All that a checkpoint keeps as plain data."""
        return {}


def evaluated_epochs(config: SearchConfig) -> list[int]:
    """The epochs, counted from 1, after which there is a round of evaluation: every n-th and the last."""
    last, every = config.run.num_epochs, config.run.eval_every_epochs
    return sorted({*range(every, last + 1, every), last})


class TrainingLoop(abc.ABC):
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
        parts: RunParts,
        checkpoints: Checkpoints,
        reporter: RunReporter,
    ):
        self._config = config
        self._data = data
        self._parts = parts
        self._checkpoints = checkpoints
        self._reporter = reporter

    def run(self, interruption: Interruption) -> bool:
        """Runs until the last epoch is evaluated, or until interrupted; both end with a checkpoint.

        Returns:
          Whether the run is finished.
        """
        state = self._parts.state
        batches = iter(self._data.train_batches(self._parts.step))
        for epoch in evaluated_epochs(self._config):
            if epoch <= int(state.evaluated_epoch):
                continue
            self._train_child(epoch, batches, interruption)
            if not interruption.requested:
                self._before_evaluation(epoch, interruption)
            if not interruption.requested:
                self._reporter.begin(EVALUATION_PHASE, 1)
                self._evaluate(epoch)
                state.evaluated_epoch.assign(epoch)
            self._save()
            if interruption.requested:
                return False
        return self._finish(interruption)

    @abc.abstractmethod
    def _child_arcs(self, num_steps: int, epoch: int) -> list[Arc]:
        """Returns the architecture of each step of an epoch, counted from 0."""

    @abc.abstractmethod
    def _before_evaluation(self, epoch: int, interruption: Interruption) -> None:
        """Does what comes between an epoch's steps and its evaluation; ends early when interrupted."""

    @abc.abstractmethod
    def _evaluate(self, epoch: int) -> None:
        """Measures and reports how good the child is after an epoch."""

    @abc.abstractmethod
    def _finish(self, interruption: Interruption) -> bool:
        """Writes the results; returns whether it was not interrupted before."""

    def _train_child(self, epoch: int, batches: Iterator[Batch], interruption: Interruption) -> None:
        """Takes the child's steps up to the end of an epoch, with a checkpoint after each epoch before it."""
        per_epoch = self._data.batches_per_epoch
        while self._parts.step < epoch * per_epoch:
            current, done = divmod(self._parts.step, per_epoch)
            self._reporter.begin(CHILD_PHASE, per_epoch, done)
            for arc in self._child_arcs(per_epoch, current)[done:]:
                self._child_step(arc, *next(batches))
                if interruption.requested:
                    return
            if self._parts.step < epoch * per_epoch:
                self._save()

    def _child_step(self, arc: Arc, images: tf.Tensor, labels: tf.Tensor) -> None:
        metrics = self._parts.child_trainer.step(images, labels, arc)
        step = self._parts.step
        # Weights follow the gradient: a checkpoint after this step would not be a good one either.
        if not math.isfinite(metrics["loss"]) or not math.isfinite(metrics["grad_norm"]):
            raise TrainingDivergedError(step, self._parts.space.format(arc), self._checkpoints.latest)
        self._reporter.child_step(step // self._data.batches_per_epoch, step, metrics)

    def _save(self) -> None:
        self._parts.state.minutes.assign(self._reporter.minutes)
        self._checkpoints.save()
