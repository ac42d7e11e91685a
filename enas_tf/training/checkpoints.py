"""Checkpoints of a search: every variable it would need to go on to the same numbers."""

import pathlib
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from enas_tf.errors import InputError
from enas_tf.search_space import Arc
from enas_tf.training.child_optimizer import ChildOptimizer
from enas_tf.training.child_trainer import ChildTrainer
from enas_tf.training.controller_trainer import ControllerTrainer

CHECKPOINTS_KEPT = 2

# What TensorFlow raises for files that are missing or torn, for shapes that differ and for variables that do.
_RESTORE_ERRORS = (tf.errors.OpError, IndexError, ValueError, AssertionError)


class SearchProgress(tf.Module):
    """Where a search stands, beside its weights.

    Steps of child and controller are counted by their trainers; random streams and data are functions of the counters.

    Args:
      arc_length: Of the space.

    Attributes:
      evaluated_epoch: The last epoch whose controller training and evaluation are done.
      phase_updates: Controller updates done since then.
      reward_batches: Validation batches used for rewards so far.
      minutes: Time the run has taken so far.
      best_reward: Highest accuracy of a sampled architecture on one validation batch.
      best_epoch: The epoch it was sampled after.
    """

    def __init__(self, arc_length: int):
        super().__init__(name="progress")
        self.evaluated_epoch, self.phase_updates, self.reward_batches, self.best_epoch = (
            tf.Variable(0, dtype=tf.int64, trainable=False) for _ in range(4)
        )
        self.minutes = tf.Variable(0.0, trainable=False)
        self.best_reward = tf.Variable(-1.0, trainable=False)
        self._best_arc = tf.Variable(tf.zeros([arc_length], tf.int64), trainable=False)

    @property
    def best_arc(self) -> Arc:
        """The architecture of the highest validation reward so far; of equal ones the latest round's first."""
        return tuple(self._best_arc.numpy().tolist())

    def offer(self, arcs: Sequence[Arc], rewards: Sequence[float], epoch: int) -> bool:
        """Keeps the best of these architectures if none before had a higher reward.

        Returns:
          Whether it was kept.
        """
        best = int(np.argmax(rewards))
        if rewards[best] < float(self.best_reward):
            return False
        self.best_reward.assign(rewards[best])
        self.best_epoch.assign(epoch)
        self._best_arc.assign(arcs[best])
        return True


class Checkpoints:
    """Writes, keeps and restores the checkpoints of one run.

    Args:
      directory: Where they lie.
      child: The shared network.
      optimizer: Its optimizer.
      child_trainer: Counts its steps.
      controller_trainer: The controller, its optimizer and baseline.
      progress: The rest.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        child: keras.Model,
        optimizer: ChildOptimizer,
        child_trainer: ChildTrainer,
        controller_trainer: ControllerTrainer,
        progress: SearchProgress,
    ):
        checkpoint = tf.train.Checkpoint(
            child=[variable.value for variable in child.variables],
            momenta=optimizer.momenta,
            step=child_trainer.step_count,
            controller=[variable.value for variable in controller_trainer.controller.variables],
            controller_optimizer=[variable.value for variable in controller_trainer.optimizer.variables],
            baseline=controller_trainer.baseline,
            progress=progress,
        )
        self._checkpoint = checkpoint
        self._step = child_trainer.step_count
        self._manager = tf.train.CheckpointManager(checkpoint, str(directory), max_to_keep=CHECKPOINTS_KEPT)

    @property
    def latest(self) -> str | None:
        """Path of the newest checkpoint, None if there is none."""
        return self._manager.latest_checkpoint

    def save(self) -> None:
        """Writes a checkpoint and drops the oldest beyond those kept."""
        self._manager.save(checkpoint_number=self._step)

    def restore(self) -> bool:
        """Restores the newest checkpoint, if there is one.

        Returns:
          Whether there was one.

        Raises:
          InputError: If it is damaged or of other variables.
        """
        if self.latest is None:
            return False
        try:
            self._checkpoint.restore(self.latest).assert_consumed()
        except _RESTORE_ERRORS as error:
            reason = str(error).partition("\n")[0]
            raise InputError(self.latest, "a whole checkpoint of this search", reason) from error
        return True
