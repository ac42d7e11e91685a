"""Files of the original as it is, whose update races with its own backward pass, are compared where no gradient was."""

import dataclasses

import numpy as np
import pytest

from enas_tf.original.comparison import MISS, NOT_COMPARED, OK
from enas_tf.original.golden import Golden
from enas_tf.original.golden_comparison import RACING, compare_golden
from enas_tf.original.golden_tables import golden_tables
from tests.original.golden_files import load, write


def _racing(golden: Golden, **changed: float) -> Golden:
    """A file that does not say that its gradients are exact, some of its arrays multiplied."""
    settings = {name: value for name, value in golden.settings.items() if name != "exact_gradients"}
    arrays = golden.arrays | {name: golden.arrays[name] * np.float32(factor) for name, factor in changed.items()}
    return dataclasses.replace(golden, settings=settings, arrays=arrays)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write(tmp_path_factory.mktemp("small"), "macro_fixed")


@pytest.fixture(scope="module")
def fixed(small):
    return compare_golden(_racing(small, **{"step/0/grad_norm": np.nan, "step/1/loss": 1.1}))


def test_steps_are_counted_in_one_line(small, fixed):
    assert fixed.verdict == OK
    left_out = [row for row in fixed.rows if row.verdict == NOT_COMPARED]
    num_after = sum(value.size for name, value in small.arrays.items() if name.startswith("var_after/"))
    # Behind the first step: loss, norm and count of two steps; of the first its norm.
    assert [(row.name, row.num_left_out) for row in left_out] == [(RACING, num_after + 7)]
    table, _ = golden_tables(fixed)
    assert table.rows[-1] == (RACING, f"{num_after + 7:,}", "", "", "", "not compared", "")
    assert table.notes[0].endswith(f"numbers compared, {num_after + 7:,} not (steps of a racing program)")


def test_what_no_gradient_has_touched_is_compared(fixed):
    groups = {row.name for row in fixed.rows if row.num_compared}
    forward = {"logits_eval/*", "logits_train/*", "moving_after_forward/*"}
    assert groups == {*forward, "step/*/loss", "step/*/lr", "step/*/train_correct"}
    compared = {row.name for row in fixed.steps}
    assert compared == {"step/0/loss", "step/0/train_correct", *(f"step/{t}/lr" for t in range(3))}


@pytest.mark.parametrize(
    "name", ["step/0/loss", *(pytest.param(name, marks=pytest.mark.long) for name in ("logits_train/0", "step/2/lr"))]
)
def test_a_changed_number_there_is_a_miss(small, name):
    comparison = compare_golden(_racing(small, **{name: 1.01}))
    assert comparison.verdict == MISS
    assert [row.worst for row in comparison.rows if row.verdict == MISS] == [name]


def test_a_controller():
    comparison = compare_golden(_racing(load("macro_controller"), **{"train/0/grad_norm": 1.01}))
    assert comparison.verdict == OK
    assert {row.name for row in comparison.steps} == {"train/0/loss", "train/0/baseline"}
    assert {"arc/*/loss", "grad/*"} <= {row.name for row in comparison.rows}


def test_a_schedule_has_no_gradients():
    comparison = compare_golden(load("lr_schedule"))
    assert sum(row.num_compared for row in comparison.rows) == 940
    assert not any(row.num_left_out for row in comparison.rows)
