"""Reads the console lines that `console` formats, ours and the original's."""

import re
from typing import NamedTuple

from enas_tf.reporting.console import ChildStepRecord, ControllerStepRecord

NUMBER = r"([-+]?(?:\d[\d.]*(?:e[-+]?\d+)?|nan|inf))"
_CHILD_STEP = re.compile(
    rf"epoch=(\d+)\s+ch_step=(\d+)\s+loss={NUMBER}\s+lr={NUMBER}\s+\|g\|={NUMBER}\s+tr_acc=(\d+)\s*/\s*(\d+)\s+"
    rf"mins={NUMBER}\s*"
)
_CONTROLLER_STEP = re.compile(
    rf"ctrl_step=(\d+)\s+loss={NUMBER}\s+ent={NUMBER}\s+lr={NUMBER}\s+\|g\|={NUMBER}\s+acc={NUMBER}\s+"
    rf"bl={NUMBER}\s+mins={NUMBER}(?:\s+reward={NUMBER}\s+cost={NUMBER})?\s*"
)
_EVALUATION_PHASE = re.compile(r"Epoch (\d+): Eval\s*")
_EVALUATION = re.compile(rf"(valid|test)_accuracy: {NUMBER}\s*")


class EvaluationLine(NamedTuple):
    """The accuracy over a whole subset.

    Attributes:
      subset: `valid` or `test`.
      accuracy: Between 0 and 1.
    """

    subset: str
    accuracy: float


def parse_child_step(line: str) -> ChildStepRecord | None:
    """Reads what `format_child_step` writes; None if the line is none of those."""
    match = _CHILD_STEP.fullmatch(line)
    if match is None:
        return None
    epoch, step, loss, lr, grad_norm, num_correct, batch_size, minutes = match.groups()
    return ChildStepRecord(
        int(epoch), int(step), float(loss), float(lr), float(grad_norm), int(num_correct), int(batch_size),
        float(minutes),
    )  # fmt: skip


def parse_controller_step(line: str) -> ControllerStepRecord | None:
    """Reads what `format_controller_step` writes; None if the line is none of those."""
    match = _CONTROLLER_STEP.fullmatch(line)
    if match is None:
        return None
    step, *numbers = match.groups()
    return ControllerStepRecord(int(step), *(float(number) for number in numbers if number is not None))


def parse_evaluation_phase(line: str) -> int | None:
    """Reads the epoch of what `format_evaluation_phase` writes; None if the line is none of those."""
    match = _EVALUATION_PHASE.fullmatch(line)
    return None if match is None else int(match[1])


def parse_evaluation(line: str) -> EvaluationLine | None:
    """Reads the second line of what `format_evaluation` writes; None if the line is none of those."""
    match = _EVALUATION.fullmatch(line)
    return None if match is None else EvaluationLine(match[1], float(match[2]))
