"""Reads the logs of the two PyTorch ports of ENAS that people put beside it.

Both print steps within an epoch and count epochs from 0. Where an epoch ends stands nowhere, so it counts as ending at
its last printed step: steps over all epochs are too few by less than the interval of printing, an epoch.

References: TDeVries/enas_pytorch, `train.py` (macro search); MengTianjian/enas-pytorch, `train_search.py` (micro).
"""

import datetime
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from enas_tf.reporting.console_parsing import NUMBER, parse_evaluation, parse_evaluation_phase
from enas_tf.reporting.log_history import ChildPoint, ControllerPoint, LogHistory

_MACRO_CHILD = re.compile(
    rf"epoch=(\d+)\s+ch_step=(\d+)\s+loss={NUMBER}\s+lr={NUMBER}\s+\|g\|={NUMBER}\s+acc={NUMBER}\s+time={NUMBER}it/s\s*"
)
_MACRO_CONTROLLER_PHASE = re.compile(r"Epoch (\d+): Training controller\s*")
_MACRO_CONTROLLER = re.compile(
    rf"ctrl_step=(\d+)\s+loss={NUMBER}\s+ent={NUMBER}\s+lr={NUMBER}\s+\|g\|={NUMBER}\s+acc={NUMBER}\s+bl={NUMBER}\s+"
    rf"time={NUMBER}it/s\s*"
)

_MICRO_LINE = re.compile(r"(\d\d/\d\d \d\d:\d\d:\d\d [AP]M) (.*)")
_STAMP = "%m/%d %I:%M:%S %p"
_LEAP_YEAR = 2000  # the log names none
_MICRO_EPOCH = re.compile(rf"epoch (\d+) lr {NUMBER}\s*")
_MICRO_CHILD = re.compile(rf"train (\d+) {NUMBER} {NUMBER}\s*")
_MICRO_CONTROLLER = re.compile(rf"controller (\d+) {NUMBER} {NUMBER} {NUMBER}\s*")
_MICRO_ACCURACY = re.compile(rf"valid_acc {NUMBER}\s*")
_PERCENT = 0.01


class _Place(NamedTuple):
    """Where a line stands: its epoch, and its step within it, both from 0."""

    epoch: int
    step: int


def parse_macro_port(lines: Iterable[str], name: str) -> LogHistory:
    """Reads a log of TDeVries's macro search; empty where no step is one of its steps.

    Losses and accuracies are those of one batch each.
    """
    child: list[tuple] = []
    controller: list[tuple] = []
    accuracies: dict[str, dict[int, float]] = {"valid": {}, "test": {}}
    epoch = 0
    for line in lines:
        if match := _MACRO_CHILD.fullmatch(line):
            place, step, loss, _, _, accuracy, _ = map(float, match.groups())
            epoch = int(place)
            child.append((_Place(epoch, int(step)), loss, accuracy))
        elif match := _MACRO_CONTROLLER_PHASE.fullmatch(line):
            epoch = int(match[1])
        elif match := _MACRO_CONTROLLER.fullmatch(line):
            step, _, entropy, _, _, _, baseline, _ = map(float, match.groups())
            controller.append((_Place(epoch, int(step)), baseline, entropy))
        elif (evaluated := parse_evaluation_phase(line)) is not None:
            epoch = evaluated
        elif (evaluation := parse_evaluation(line)) is not None:
            accuracies[evaluation.subset][epoch + 1] = evaluation.accuracy
    if not child and not controller:
        return LogHistory(name)  # accuracies alone are printed by the original, too
    return LogHistory(name, _child_points(child), _controller_points(controller), accuracies)


def parse_micro_port(lines: Iterable[str], name: str) -> LogHistory:
    """Reads a log of MengTianjian's micro search; empty where no line is one of its lines.

    Losses and accuracies of training are means since the epoch began; validation accuracy is that of ten batches; all
    accuracies stand in percent there, and so does the baseline.
    """
    child, controller, valid, epoch, stamps = [], [], {}, 0, []
    for line in lines:
        if not (stamped := _MICRO_LINE.fullmatch(line.strip())):
            continue
        stamp, message = stamped.groups()
        stamps.append(stamp)
        if match := _MICRO_EPOCH.fullmatch(message):
            epoch = int(match[1])
        elif match := _MICRO_CHILD.fullmatch(message):
            child.append((_Place(epoch, int(match[1])), float(match[2]), _PERCENT * float(match[3])))
        elif match := _MICRO_CONTROLLER.fullmatch(message):
            controller.append((_Place(epoch, int(match[1])), _PERCENT * float(match[4])))
        elif match := _MICRO_ACCURACY.fullmatch(message):
            valid[epoch + 1] = _PERCENT * float(match[1])
    if not (child or controller or valid):
        return LogHistory(name)
    accuracies = {"valid": valid, "test": {}}
    return LogHistory(name, _child_points(child), _controller_points(controller), accuracies, _minutes(stamps))


def _child_points(rows: Sequence[tuple]) -> list[ChildPoint]:
    """A port prints a step after it is done, by a number counted from 0."""
    length = _epoch_length(rows)
    return [ChildPoint(place.epoch * length + place.step + 1, *numbers) for place, *numbers in rows]


def _controller_points(rows: Sequence[tuple]) -> list[ControllerPoint]:
    length = _epoch_length(rows)
    return [ControllerPoint(place.epoch * length + place.step, *numbers) for place, *numbers in rows]


def _epoch_length(rows: Sequence[tuple]) -> int:
    return 1 + max((place.step for place, *_ in rows), default=0)


def _minutes(stamps: Sequence[str]) -> float:
    """Time between the first and the last line; a year passes where the date goes back."""
    total = datetime.timedelta()
    times = [datetime.datetime.strptime(f"{_LEAP_YEAR}/{stamp}", f"%Y/{_STAMP}") for stamp in stamps]
    for earlier, later in zip(times, times[1:], strict=False):
        total += later - earlier if later >= earlier else later.replace(year=_LEAP_YEAR + 1) - earlier
    return total.total_seconds() / 60.0
