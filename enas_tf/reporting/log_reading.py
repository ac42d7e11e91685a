"""Reads the log of a run: ours, the original's, or that of a PyTorch port."""

import pathlib
from collections.abc import Iterable, Sequence

from enas_tf.errors import InputError
from enas_tf.reporting.console_parsing import (
    parse_child_step,
    parse_controller_step,
    parse_evaluation,
    parse_evaluation_phase,
)
from enas_tf.reporting.log_history import ChildPoint, ControllerPoint, LogHistory
from enas_tf.reporting.port_logs import parse_macro_port, parse_micro_port

_EXPECTED = (
    "lines of a run, as `epoch=… ch_step=… loss=…`, `ctrl_step=… loss=…` or `test_accuracy: …`, or those of a PyTorch "
    "port (`train 000 …`)"
)


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


def parse_log(lines: Sequence[str], name: str) -> LogHistory:
    """Reads the lines of a log, whoever wrote it; those of other forms are passed over."""
    histories = (parse(lines, name) for parse in (parse_macro_port, parse_micro_port, _parse_own))
    return next((history for history in histories if not history.is_empty), LogHistory(name))


def _parse_own(lines: Iterable[str], name: str) -> LogHistory:
    """Reads what the original and this library print alike."""
    history, epoch, minutes = LogHistory(name), 0, []
    for line in lines:
        if (child := parse_child_step(line)) is not None:
            history.child_steps.append(ChildPoint(child.step, child.loss, child.num_correct / child.batch_size))
            minutes.append(child.minutes)
        elif (controller := parse_controller_step(line)) is not None:
            history.controller_steps.append(ControllerPoint(controller.step, controller.baseline, controller.entropy))
            minutes.append(controller.minutes)
        elif (evaluated := parse_evaluation_phase(line)) is not None:
            epoch = evaluated
        elif (evaluation := parse_evaluation(line)) is not None:
            history.accuracies[evaluation.subset][epoch] = evaluation.accuracy
    history.minutes = max(minutes, default=None)
    return history
