"""Lines are read as the records they were written from."""

import dataclasses
import math

import pytest

from enas_tf.reporting import console
from enas_tf.reporting.console_parsing import (
    parse_child_step,
    parse_controller_step,
    parse_evaluation,
    parse_evaluation_phase,
)
from tests.reporting.test_console import CHILD_LINES, CONTROLLER_LINES

PARSERS = (parse_child_step, parse_controller_step, parse_evaluation_phase, parse_evaluation)


@pytest.mark.parametrize("line", CHILD_LINES)
def test_a_child_line_of_the_original_survives_reading_and_writing(line):
    assert console.format_child_step(parse_child_step(line)) == line


@pytest.mark.parametrize("line", CONTROLLER_LINES)
def test_a_controller_line_of_the_original_survives_reading_and_writing(line):
    assert console.format_controller_step(parse_controller_step(line)) == line


@pytest.mark.parametrize(
    "record",
    [
        console.ChildStepRecord(12, 123456, 0.25, 0.05, 12345.5, 160, 160, 1234.5),
        console.ChildStepRecord(0, 1, 12.5, 0.0005, 0.0, 0, 8, 0.0),
    ],
)
def test_a_child_record_survives_writing_and_reading(record):
    assert parse_child_step(console.format_child_step(record)) == record


def test_a_controller_record_survives_writing_and_reading():
    record = console.ControllerStepRecord(1234567, -12.5, 57.94, 0.0035, 0.5, 1.0, -0.25, 99.5)
    assert parse_controller_step(console.format_controller_step(record)) == record
    priced = dataclasses.replace(record, reward=0.25, cost=12345.0)
    assert parse_controller_step(console.format_controller_step(priced)) == priced


def test_a_loss_that_is_no_number_is_read():
    record = console.ChildStepRecord(0, 20, math.nan, 0.05, math.inf, 7, 64, 0.2)
    parsed = parse_child_step(console.format_child_step(record))
    assert math.isnan(parsed.loss)
    assert parsed.grad_norm == math.inf


def test_evaluations_are_read():
    assert parse_evaluation_phase(console.format_evaluation_phase(31)) == 31
    _, line = console.format_evaluation("valid", 110, 0.1561).splitlines()
    assert parse_evaluation(line) == ("valid", 0.1561)


@pytest.mark.parametrize(
    "line", ["", console.RULER, "[2 1]", "val_acc=0.1562", "Eval at 110", "Epoch 1: Training controller", "loss=1.0"]
)
def test_other_lines_are_none_of_these(line):
    assert [parse(line) for parse in PARSERS] == [None] * len(PARSERS)
