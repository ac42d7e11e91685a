"""The course of a run, read from its `stdout` file, be it ours or the original's."""

import dataclasses
import pathlib
from collections.abc import Iterable

from enas_tf.errors import InputError
from enas_tf.reporting.console import ChildStepRecord, ControllerStepRecord
from enas_tf.reporting.console_parsing import (
    parse_child_step,
    parse_controller_step,
    parse_evaluation,
    parse_evaluation_phase,
)

_EXPECTED = "lines of a run, as `epoch=… ch_step=… loss=…`, `ctrl_step=… loss=…` or `test_accuracy: …`"


@dataclasses.dataclass(frozen=True)
class LogHistory:
    """What a log tells.

    Attributes:
      name: Of the run.
      child_steps: Its lines of child steps.
      controller_steps: Its lines of controller steps.
      accuracies: Over whole sets, by `valid` and `test` and by epoch, counted from 1.
    """

    name: str
    child_steps: list[ChildStepRecord] = dataclasses.field(default_factory=list)
    controller_steps: list[ControllerStepRecord] = dataclasses.field(default_factory=list)
    accuracies: dict[str, dict[int, float]] = dataclasses.field(default_factory=lambda: {"valid": {}, "test": {}})

    @property
    def is_empty(self) -> bool:
        """Whether no line told anything."""
        return not (self.child_steps or self.controller_steps or any(self.accuracies.values()))


def read_log(path: pathlib.Path, name: str) -> LogHistory:
    """Reads a log.

    Args:
      path: The file.
      name: Of the run.

    Raises:
      InputError: If it cannot be read, or none of its lines is one of a run.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"--log={path}", "a run's stdout file", error.strerror) from None
    except UnicodeDecodeError:
        raise InputError(f"--log={path}", "a run's stdout file", "bytes that are not text") from None
    history = parse_log(lines, name)
    if history.is_empty:
        raise InputError(f"--log={path}", _EXPECTED, f"{len(lines)} lines of which none matches")
    return history


def parse_log(lines: Iterable[str], name: str) -> LogHistory:
    """Reads the lines of a log; those of other forms are passed over."""
    history, epoch = LogHistory(name), 0
    for line in lines:
        if (child_step := parse_child_step(line)) is not None:
            history.child_steps.append(child_step)
        elif (controller_step := parse_controller_step(line)) is not None:
            history.controller_steps.append(controller_step)
        elif (evaluated := parse_evaluation_phase(line)) is not None:
            epoch = evaluated
        elif (evaluation := parse_evaluation(line)) is not None:
            history.accuracies[evaluation.subset][epoch] = evaluation.accuracy
    return history
