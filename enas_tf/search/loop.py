"""The loop of every run: steps of a child, after some epochs a round of evaluation, checkpoints.

What a run is about, a `Task` says: a search of architectures, the training of one of them, or whatever else trains a
network epoch by epoch.
"""

import abc
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.errors import StrategyDivergedError, TrainingDivergedError
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.reporting.run_reporter import CHILD_PHASE, EVALUATION_PHASE, RunReporter
from enas_tf.search.checkpoints import Checkpoints, Stateful
from enas_tf.search.state import RunState
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.training.child_trainer import TakesSteps, TrainableChild
from enas_tf.training.evaluation import Batch
from enas_tf.training.interruption import Interruption

# What a killed run may lose after the last epoch, where a step can be as short as a batch, or as long as many.
SECONDS_BETWEEN_CHECKPOINTS = 30.0


class Interrupted(Exception):
    """The user stopped what cannot be saved half done; it begins anew when the run goes on."""


class Task(abc.ABC):
    """What a run is about; it is at its initial values until a checkpoint is restored.

    Args:
      config: The settings.
      data: The images.
      space: What architectures mean.
      child: The network that is trained.
      child_trainer: Takes its steps.

    Attributes:
      space: As given.
      child: As given.
      child_trainer: As given.
      state: Where the run stands.
      command: The console command that resumes it.
      hparam_metrics: Tags of the scalars that TensorBoard compares such runs by, with the names to show for them.
    """

    command: ClassVar[str]
    hparam_metrics: Mapping[str, str]

    def __init__(
        self,
        config: SearchConfig,
        data: SearchData,
        space: SearchSpace,
        child: TrainableChild,
        child_trainer: TakesSteps,
    ) -> None:
        self._config = config
        self._data = data
        self.space = space
        self.child = child
        self.child_trainer = child_trainer
        self.state = RunState()

    @property
    def step(self) -> int:
        """Steps of the child done."""
        return int(self.child_trainer.step_count)

    @property
    def moment(self) -> int:
        """Grows with all that a checkpoint may follow: names them, and is the axis of TensorBoard's curves."""
        return self.step

    @property
    def num_candidates(self) -> int:
        """Candidates whose rows are kept in a file."""
        return 0

    def cost(self) -> Mapping[str, Any]:
        """Returns what the run has taken so far beside time, by name."""
        return {}

    def counters(self) -> dict[str, tf.Variable]:
        """Returns the variables that say where the run stands, by name."""
        return self.state.variables()

    def tracked(self) -> dict[str, object]:
        """Returns all that a checkpoint keeps as variables beside the step."""
        return {
            "child": [variable.value for variable in self.child.variables],
            "momenta": self.child_trainer.momenta,
            "state": self.counters(),
        }

    def plain(self) -> dict[str, Stateful]:
        """Returns what has state that a checkpoint keeps as plain data, by name."""
        return {}

    def make_up_for(self, missing: Sequence[str], directory: RunDirectory) -> None:  # noqa: B027 (most keep nothing)
        """Makes up for plain data, by its names, that a checkpoint of a former version did not keep."""

    def epochs_left(self) -> list[int]:
        """Returns the epochs whose round of evaluation is still to come."""
        evaluated = int(self.state.evaluated_epoch)
        return [epoch for epoch in self._config.run.evaluated_epochs if epoch > evaluated]

    def planned_steps(self) -> dict[str, int]:
        """Returns the steps left until the end of the run, by phase."""
        steps = self._config.run.num_epochs * self._data.batches_per_epoch - self.step
        return {CHILD_PHASE: max(steps, 0), EVALUATION_PHASE: len(self.epochs_left())}

    @abc.abstractmethod
    def description(self) -> list[str]:
        """Returns lines that say what is about to be trained."""

    def begin(self, reporter: RunReporter) -> None:  # noqa: B027 (most know nothing yet)
        """Reports what is known before the first step."""

    @abc.abstractmethod
    def child_arcs(self, num_steps: int, epoch: int) -> list[Arc]:
        """Returns the architecture of each step of an epoch, counted from 0."""

    def train_child(self, images: tf.Tensor, labels: tf.Tensor, arc: Arc) -> dict[str, float]:
        """Takes a step of the child, as `ChildTrainer.step` describes."""
        return self.child_trainer.step(images, labels, arc)

    def before_evaluation(  # noqa: B027 (not every task does anything there)
        self, epoch: int, reporter: RunReporter, interruption: Interruption
    ) -> None:
        """Does what comes between an epoch's steps and its evaluation; ends early when interrupted."""

    @abc.abstractmethod
    def evaluate(self, epoch: int, reporter: RunReporter) -> None:
        """Measures and reports how good the child is after an epoch."""

    def after_epochs(self, reporter: RunReporter) -> Iterator[None]:
        """Does what comes between the last epoch and the end, step by step; the run can be saved after each."""
        return iter(())

    @abc.abstractmethod
    def finish(self, reporter: RunReporter, interruption: Interruption) -> Any:
        """Writes the results and returns them.

        Raises:
          Interrupted: If the user stopped it before.
        """


class EpochLoop:
    """Takes a task from where it stands to its end.

    Args:
      task: At its initial or restored values.
      data: The images.
      checkpoints: Of the task.
      reporter: Receives the events.
      interruption: Ends the run early.
    """

    def __init__(
        self,
        task: Task,
        data: SearchData,
        checkpoints: Checkpoints,
        reporter: RunReporter,
        interruption: Interruption,
    ) -> None:
        self._task = task
        self._data = data
        self._checkpoints = checkpoints
        self._reporter = reporter
        self._interruption = interruption

    def run(self) -> Any:
        """Runs until the last epoch is evaluated, or until interrupted; both end with a checkpoint.

        Returns:
          What the task ends with.

        Raises:
          Interrupted: If the user stopped the run.
          TrainingDivergedError: If a loss is no longer finite.
          StrategyDivergedError: If a strategy's proposals are no architectures.
        """
        try:
            return self._run()
        except StrategyDivergedError as error:
            raise error.at(self._task.step, self._checkpoints.latest) from error

    def _run(self) -> Any:
        task, interruption = self._task, self._interruption
        task.begin(self._reporter)
        batches = iter(self._data.train_batches(task.step))
        for epoch in task.epochs_left():
            self._train_child(epoch, batches)
            if not interruption.requested:
                task.before_evaluation(epoch, self._reporter, interruption)
            if not interruption.requested:
                self._reporter.begin(EVALUATION_PHASE, 1)
                task.evaluate(epoch, self._reporter)
                task.state.evaluated_epoch.assign(epoch)
            self._save()
            if interruption.requested:
                raise Interrupted
        self._go_on_after_epochs()
        return task.finish(self._reporter, interruption)

    def _go_on_after_epochs(self) -> None:
        """Does what comes after the last epoch, with a checkpoint now and then and at its end."""
        saved_at, saved = time.monotonic(), self._task.moment
        for _ in self._task.after_epochs(self._reporter):
            if self._interruption.requested or time.monotonic() - saved_at >= SECONDS_BETWEEN_CHECKPOINTS:
                self._save()
                saved_at, saved = time.monotonic(), self._task.moment
            if self._interruption.requested:
                raise Interrupted
        if self._task.moment != saved:
            self._save()

    def _train_child(self, epoch: int, batches: Iterator[Batch]) -> None:
        """Takes the child's steps up to the end of an epoch, with a checkpoint after each epoch before it."""
        task, per_epoch = self._task, self._data.batches_per_epoch
        while task.step < epoch * per_epoch:
            current, done = divmod(task.step, per_epoch)
            self._reporter.begin(CHILD_PHASE, per_epoch, done)
            for arc in task.child_arcs(per_epoch, current)[done:]:
                self._child_step(arc, *next(batches))
                if self._interruption.requested:
                    return
            if task.step < epoch * per_epoch:
                self._save()

    def _child_step(self, arc: Arc, images: tf.Tensor, labels: tf.Tensor) -> None:
        metrics = self._task.train_child(images, labels, arc)
        step = self._task.step
        # Weights follow the gradient: a checkpoint after this step would not be a good one either.
        if not math.isfinite(metrics["loss"]) or not math.isfinite(metrics["grad_norm"]):
            raise TrainingDivergedError(step, self._task.space.format(arc), self._checkpoints.latest)
        self._reporter.child_step(step // self._data.batches_per_epoch, step, metrics)

    def _save(self) -> None:
        self._task.state.stop_clock()
        self._checkpoints.save(self._task.moment)
        self._reporter.saved()
