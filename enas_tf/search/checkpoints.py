"""Checkpoints of a run: every variable, and every piece of plain data, it would need to go on to the same numbers.

Plain data lies in the checkpoint itself, as JSON in a variable that holds text: so it is never of another moment than
the weights, whenever the run is killed. Nothing is pickled.
"""

import json
import pathlib
import re
import shutil
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from enas_tf.errors import InputError
from enas_tf.reporting.results import write_text, writing

CHECKPOINTS_KEPT = 2
# TensorFlow's list of the checkpoints there are.
_LIST = "checkpoint"

# What TensorFlow raises for files that are missing or torn, for shapes that differ and for variables that do.
_RESTORE_ERRORS = (tf.errors.OpError, IndexError, ValueError, AssertionError)


def has_checkpoint(directory: pathlib.Path) -> bool:
    """Whether a run has left a checkpoint in a directory."""
    return bool(_found(directory))


def _found(directory: pathlib.Path) -> list[str]:
    """Lists the checkpoints in a directory, the oldest first.

    They are those that have an index, which TensorFlow writes last, and those that its own list names: that may be lost
    or older than they are.
    """
    names = {path.stem for path in directory.glob("ckpt-*.index")} | set(_listed(directory))
    numbers = sorted(int(number) for name in names if (number := name.removeprefix("ckpt-")).isdigit())
    return [str(directory / f"ckpt-{number}") for number in numbers]


def _listed(directory: pathlib.Path) -> list[str]:
    """The names of checkpoints in the list that TensorFlow keeps of them."""
    path = directory / _LIST
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return [
        pathlib.PurePath(each).name for each in re.findall(r'^all_model_checkpoint_paths: "(.*)"', text, re.MULTILINE)
    ]


def _list(directory: pathlib.Path, checkpoints: list[str]) -> None:
    """Makes some checkpoints, the oldest first, those that TensorFlow's list names."""
    names = [pathlib.PurePath(each).name for each in checkpoints]
    if not names:
        (directory / _LIST).unlink(missing_ok=True)  # TensorFlow stops at a torn one
        return
    if names == _listed(directory):
        return
    lines = [f'model_checkpoint_path: "{names[-1]}"']
    for number, name in enumerate(names, start=1):  # TensorFlow leaves out what has no time above 0
        lines += [f'all_model_checkpoint_paths: "{name}"', f"all_model_checkpoint_timestamps: {number}.0"]
    write_text(directory / _LIST, "".join(f"{line}\n" for line in lines))


def _remove(checkpoint: str) -> None:
    for path in pathlib.Path(checkpoint).parent.glob(f"{pathlib.Path(checkpoint).name}.*"):
        path.unlink(missing_ok=True)


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
      damaged: Why newer checkpoints than the restored one could not be taken, by their paths.
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
        self._directory = directory
        self.missing: list[str] = []
        self.damaged: dict[str, str] = {}
        self._there = _found(directory)
        self._manager: tf.train.CheckpointManager | None = None  # not before something is written

    @property
    def latest(self) -> str | None:
        """Path of the newest checkpoint, None if there is none."""
        return self._there[-1] if self._there else None

    def save(self, number: int | None = None) -> None:
        """Writes a checkpoint and drops the oldest beyond those kept.

        Args:
          number: What it is named by, where that is not the step; no two may have the same name, for a checkpoint that
            is overwritten is torn when the run is killed.

        Raises:
          OutputError: If it cannot be written; those before it are as they were.
        """
        for state in self._plain.values():
            state.write()
        number = int(self._step) if number is None else number
        with writing(self._directory, tf.errors.OpError):
            self._remove_unfinished()
            try:
                self._write(number)
            except (OSError, tf.errors.OpError):
                if self._manager is not None and self._manager.latest_checkpoint != self._path(number):
                    _remove(self._path(number))
                self._remove_unfinished()  # it would take the room that the next try needs
                raise
        for path in self.damaged.keys() - {self.latest}:
            _remove(path)
        self.damaged.clear()

    def restore(self) -> bool:
        """Restores the newest checkpoint that is whole, if there is any.

        Returns:
          Whether there was one.

        Raises:
          InputError: If all are damaged or of other variables, or an owner of plain data refuses its state.
        """
        for path in reversed(self._there):
            try:
                self._restore(path)
            except InputError:  # a whole one, that its owner refuses: of other images, for one
                raise
            except _RESTORE_ERRORS as error:
                self.damaged[path] = str(error).partition("\n")[0]
                continue
            self._there = [each for each in self._there if each not in self.damaged]
            return True
        if self.damaged:
            newest, reason = next(iter(self.damaged.items()))
            raise InputError(newest, "a whole checkpoint of this run", reason)
        return False

    def _restore(self, path: str) -> None:
        held = tf.train.load_checkpoint(path).get_variable_to_shape_map()
        self.missing = [name for name in self._plain if not any(key.startswith(f"{name}/") for key in held)]
        known = {name: state for name, state in self._plain.items() if name not in self.missing}
        tf.train.Checkpoint(**self._tracked, **known).restore(path).assert_consumed()
        for state in known.values():
            state.read()

    def _write(self, number: int) -> None:
        if self._manager is None:
            _list(self._directory, self._there)
            self._manager = tf.train.CheckpointManager(self._checkpoint, str(self._directory), CHECKPOINTS_KEPT)
        self._manager.save(checkpoint_number=number)
        self._there = self._manager.checkpoints

    def _path(self, number: int) -> str:
        return str(self._directory / f"ckpt-{number}")

    def _remove_unfinished(self) -> None:
        """Removes what TensorFlow leaves behind of files that it could not write to their ends."""
        for path in self._directory.glob("ckpt-*_temp"):
            shutil.rmtree(path, ignore_errors=True)
        for path in self._directory.glob(f"{_LIST}.tmp*"):
            path.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    """Turns what JSON has no form for into what it has: numpy's arrays and scalars, keeping every bit."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"expected a state of plain data, received a {type(value).__name__} in it")
