"""The console lines, against lines of a log of the original."""

import dataclasses
import math
import re

import numpy as np
import pytest

from enas_tf.reporting import console

CHILD_LINES = [
    "epoch=0     ch_step=20     loss=2.384640 lr=0.0500   |g|=0.6293   tr_acc=7  / 64 mins=0.21      ",
    "epoch=0     ch_step=100    loss=2.146205 lr=0.0500   |g|=0.3263   tr_acc=11 / 64 mins=0.56      ",
    "epoch=1     ch_step=160    loss=2.171876 lr=0.0488   |g|=0.9293   tr_acc=11 / 64 mins=1.08      ",
    "epoch=2     ch_step=220    loss=1.996168 lr=0.0488   |g|=0.3235   tr_acc=17 / 64 mins=1.39      ",
    "epoch=2     ch_step=320    loss=1.990407 lr=0.0453   |g|=0.3300   tr_acc=16 / 64 mins=1.93      ",
]
CONTROLLER_LINES = [
    "ctrl_step=0      loss=5.295   ent=6.99  lr=0.0010 |g|=0.1336   acc=0.2500 bl=0.00  mins=0.69",
    "ctrl_step=12     loss=4.306   ent=6.99  lr=0.0010 |g|=0.1000   acc=0.2812 bl=0.08  mins=1.41",
    "ctrl_step=20     loss=4.025   ent=6.99  lr=0.0010 |g|=0.1083   acc=0.2969 bl=0.11  mins=2.08",
]
ARCHITECTURE = """\
[5]
[2 1]
[5 1 0]
[0 1 0 1]
[2 1 1 0 1]
[5 0 0 0 0 1]
val_acc=0.1562
--------------------------------------------------------------------------------"""
EVALUATION_LINES = ["Eval at 110", "valid_accuracy: 0.1560", "Eval at 110", "test_accuracy: 0.1710"]


def numbers(line: str) -> list[float]:
    return [float(word) if "." in word else int(word) for word in re.findall(r"-?\d+\.?\d*", line)]


@pytest.mark.parametrize("line", CHILD_LINES)
def test_child_line_is_the_originals(line):
    assert console.format_child_step(console.ChildStepRecord(*numbers(line))) == line


@pytest.mark.parametrize("line", CONTROLLER_LINES)
def test_controller_line_is_the_originals(line):
    assert console.format_controller_step(console.ControllerStepRecord(*numbers(line))) == line


def test_architecture_is_the_originals():
    layer_lines = ARCHITECTURE.splitlines()[:6]
    assert console.format_architecture(layer_lines, 10 / 64) == ARCHITECTURE


def test_phase_lines_are_the_originals():
    assert console.format_controller_phase(1) == "Epoch 1: Training controller"
    assert console.format_architectures_header(10) == "Here are 10 architectures"
    assert console.format_evaluation_phase(3) == "Epoch 3: Eval"
    lines = [console.format_evaluation("valid", 110, 0.156), console.format_evaluation("test", 110, 0.171)]
    assert "\n".join(lines).splitlines() == EVALUATION_LINES


def test_numpy_numbers_and_nan_are_formatted():
    record = console.ChildStepRecord(
        np.int64(0), np.int64(20), math.nan, np.float32(0.05), np.float32(0.5), np.int32(7), 64, 0.2
    )
    assert "loss=nan      lr=0.0500 " in console.format_child_step(record)


def test_where_costs_have_a_price_reward_and_cost_stand_behind_the_line():
    record = console.ControllerStepRecord(0, 0.5, 2.0, 0.001, 0.1, 0.25, 0.1, 1.5)
    plain = console.format_controller_step(record)
    priced = console.format_controller_step(dataclasses.replace(record, reward=0.125, cost=12345.0))
    assert priced == f"{plain} reward=0.1250 cost=12345"
    assert "acc=0.2500" in priced
    told = console.format_architecture(["[0]"], 0.25, console.format_price(0.125, 0.5))
    assert told.splitlines()[1] == "val_acc=0.2500 reward=0.1250 cost=0.5"
