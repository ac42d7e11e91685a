"""Checkpoints of a run: every variable, and every piece of plain data, it would need to go on to the same numbers.

Plain data lies in the checkpoint itself, as JSON in a variable that holds text: so it is never of another moment than
the weights, whenever the run is killed. Nothing is pickled.
"""

import json
import pathlib
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from enas_tf.errors import InputError

CHECKPOINTS_KEPT = 2

# What TensorFlow raises for files that are missing or torn, for shapes that differ and for variables that do.
_RESTORE_ERRORS = (tf.errors.OpError, IndexError, ValueError, AssertionError)


def has_checkpoint(directory: pathlib.Path) -> bool:
    """Whether a run has left a checkpoint in a directory."""
    return tf.train.latest_checkpoint(str(directory)) is not None


class Stateful(Protocol):
    """What has a state that is plain data, a strategy for one."""

    def state(self) -> Any:
        """Returns what JSON holds, with numpy's arrays and scalars; None if there is nothing."""

    def restore(self, state: Any) -> None:
        """Takes up a state as it comes back from JSON."""


class PlainState(tf.Module):
    """Plain data as a variable.

    Args:
      owner: Whose state it is.
    """

    def __init__(self, owner: Stateful) -> None:
        super().__init__(name="plain_state")
        self._owner = owner
        with tf.device("CPU:0"):  # text is nowhere else
            self._text = tf.Variable("", dtype=tf.string, trainable=False)

    def write(self) -> None:
        """Writes the owner's state down."""
        self._text.assign(json.dumps(self._owner.state(), default=_plain))

    def read(self) -> None:
        """Gives the owner the state that is written down."""
        self._owner.restore(json.loads(self._text.numpy().decode()))


class Checkpoints:
    """Writes, keeps and restores the checkpoints of one run.

    Args:
      directory: Where they lie.
      step: Counts the steps; a checkpoint is named by it.
      tracked: All else that is kept, by name: variables, lists of variables, modules.
      plain: What has state that is no variable, by name; left out where its state is None.

    Attributes:
      missing: Names of plain data that a restored checkpoint, of a former version, does not hold.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        step: tf.Variable,
        tracked: Mapping[str, object],
        plain: Mapping[str, Stateful] | None = None,
    ) -> None:
        self._step = step
        self._plain = {name: PlainState(owner) for name, owner in (plain or {}).items() if owner.state() is not None}
        self._tracked = {"step": step, **tracked}
        self._checkpoint = tf.train.Checkpoint(**self._tracked, **self._plain)
        self.missing: list[str] = []
        self._manager = tf.train.CheckpointManager(self._checkpoint, str(directory), max_to_keep=CHECKPOINTS_KEPT)

    @property
    def latest(self) -> str | None:
        """Path of the newest checkpoint, None if there is none."""
        return self._manager.latest_checkpoint

    def save(self, number: int | None = None) -> None:
        """Writes a checkpoint and drops the oldest beyond those kept.

        Args:
          number: What it is named by, where that is not the step; no two may have the same name, for a checkpoint that
            is overwritten is torn when the run is killed.
        """
        for state in self._plain.values():
            state.write()
        self._manager.save(checkpoint_number=self._step if number is None else number)

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
            held = tf.train.load_checkpoint(self.latest).get_variable_to_shape_map()
            self.missing = [name for name in self._plain if not any(key.startswith(f"{name}/") for key in held)]
            known = {name: state for name, state in self._plain.items() if name not in self.missing}
            tf.train.Checkpoint(**self._tracked, **known).restore(self.latest).assert_consumed()
        except _RESTORE_ERRORS as error:
            reason = str(error).partition("\n")[0]
            raise InputError(self.latest, "a whole checkpoint of this run", reason) from error
        for state in known.values():
            state.read()
        return True


def _plain(value: Any) -> Any:
    """Turns what JSON has no form for into what it has: numpy's arrays and scalars, keeping every bit."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"expected a state of plain data, received a {type(value).__name__} in it")
