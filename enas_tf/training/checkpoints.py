"""Checkpoints of a run: every variable it would need to go on to the same numbers."""

import pathlib
from collections.abc import Mapping

import tensorflow as tf

from enas_tf.errors import InputError

CHECKPOINTS_KEPT = 2

# What TensorFlow raises for files that are missing or torn, for shapes that differ and for variables that do.
_RESTORE_ERRORS = (tf.errors.OpError, IndexError, ValueError, AssertionError)


def has_checkpoint(directory: pathlib.Path) -> bool:
    """Whether a run has left a checkpoint in a directory."""
    return tf.train.latest_checkpoint(str(directory)) is not None


class Checkpoints:
    """Writes, keeps and restores the checkpoints of one run.

    Args:
      directory: Where they lie.
      step: Counts the steps; a checkpoint is named by it.
      tracked: All else that is kept, by name: variables, lists of variables, modules.
    """

    def __init__(self, directory: pathlib.Path, step: tf.Variable, tracked: Mapping[str, object]):
        self._step = step
        self._checkpoint = tf.train.Checkpoint(step=step, **tracked)
        self._manager = tf.train.CheckpointManager(self._checkpoint, str(directory), max_to_keep=CHECKPOINTS_KEPT)

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
            raise InputError(self.latest, "a whole checkpoint of this run", reason) from error
        return True
