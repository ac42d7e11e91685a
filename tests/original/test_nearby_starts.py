"""A miss that is only an edge is told from a fault by starts a rounding away."""

import dataclasses
import re
from unittest import mock

import numpy as np
import pytest

from enas_tf.original.comparison import EDGE, MISS, OK, ROUNDING, Pair, compare, largest
from enas_tf.original.golden_comparison import GoldenComparison, compare_golden
from enas_tf.original.golden_tables import golden_tables, summary_table
from enas_tf.original.nearby_starts import NearbyStarts, nearby_values
from enas_tf.training import child_optimizer
from tests.original.golden_files import load, write

NUM_NEARBY = 8
MISSED = compare([Pair("step/4/loss", np.ones(1), np.full(1, 1.1))], group=str)
PASSED = compare([Pair("step/4/loss", np.ones(1), np.ones(1))], group=str)


def test_variables_move_as_a_whole_by_one_unit_in_the_last_place():
    values = {f"w{i}": np.full(3, 1.5, np.float32) for i in range(60)}
    moved = nearby_values(values, seed=0, k=0)
    units = np.array([(moved[name] - value) / np.spacing(value) for name, value in values.items()])
    assert np.all(units == units[:, :1])
    assert set(units[:, 0]) == {-1.0, 0.0, 1.0}
    assert all(value.dtype == np.float32 for value in moved.values())


def test_starts_are_drawn_by_seed_and_number():
    values = {f"w{i}": np.ones(1, np.float32) for i in range(20)}

    def start(seed, k):
        return tuple(float(value[0]) for value in nearby_values(values, seed, k).values())

    assert start(0, 0) == start(0, 0)
    assert len({start(0, 0), start(0, 1), start(1, 0)}) == 3


def _comparison(rows, num_passed):
    nearby = NearbyStarts()
    for k in range(NUM_NEARBY):
        nearby.add(PASSED if k < num_passed else MISSED, MISSED)
    return GoldenComparison("a.npz", rows, MISSED, nearby)


@pytest.mark.parametrize(
    ("rows", "num_passed", "verdict"), [(PASSED, 0, OK), (MISSED, 2, EDGE), (MISSED, 1, MISS), (MISSED, 0, MISS)]
)
def test_a_quarter_that_passes_makes_a_miss_an_edge(rows, num_passed, verdict):
    comparison = _comparison(rows, num_passed)
    assert comparison.verdict == verdict
    assert comparison.passes == (verdict != MISS)
    assert comparison.nearby.spread == {"step/4/loss": pytest.approx(0.1)}


def test_without_nearby_starts_a_miss_is_a_miss():
    assert GoldenComparison("a.npz", MISSED, MISSED).verdict == MISS


def test_tables_tell_the_spread_the_verdict_and_how_many_follow():
    comparison = _comparison(MISSED, 3)
    arrays, drift = golden_tables(comparison)
    assert (arrays.columns[-1], arrays.rows[0][-1]) == ("own spread", "1.0e-01")
    assert arrays.rows[0][5] == EDGE
    follow = "3 of 8 nearby starts follow, the nearest within 0.0e+00"
    assert arrays.notes == [
        "edge: largest relative difference 1.0e-01 (rounding); 1 numbers compared, 0 not",
        f"{follow}: rounding decides the miss",
    ]
    assert drift.rows == [("4", "1.0e-01", EDGE, "1.0e-01")]
    (line,) = summary_table([comparison], ["a"]).rows
    assert line == ("a", "", "1.0e-01", "", "1", f"edge ({follow})")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write(tmp_path_factory.mktemp("small"), "macro_fixed", num_steps=5)


def test_every_start_near_one_without_an_edge_follows(small):
    lines = []
    comparison = compare_golden(small, num_nearby=NUM_NEARBY, tell=lines.append)
    assert (comparison.verdict, comparison.nearby.num_passed) == (OK, NUM_NEARBY)
    assert all(re.fullmatch(r"nearby start \d of 8: follows the file, largest relative .*", line) for line in lines)
    assert 0 < comparison.nearby.spread["var_after/*"] < ROUNDING.relative


def test_a_schedule_has_no_start():
    assert compare_golden(load("lr_schedule"), num_nearby=NUM_NEARBY).nearby is None


def _assert_a_changed_formula_is_a_miss(golden):
    with mock.patch.object(child_optimizer, "MOMENTUM", 1.001 * child_optimizer.MOMENTUM):
        comparison = compare_golden(golden, num_nearby=NUM_NEARBY)
    assert comparison.verdict == MISS
    assert (comparison.nearby.num_starts, comparison.nearby.num_passed) == (NUM_NEARBY, 0)


def test_a_formula_changed_by_one_part_in_a_thousand_is_a_miss_from_every_nearby_start(small):
    _assert_a_changed_formula_is_a_miss(small)


@pytest.mark.long
@pytest.mark.parametrize("name", ["macro_trajectory", "micro_trajectory"])
def test_on_trajectories_of_the_original_too(name):
    _assert_a_changed_formula_is_a_miss(load(name))


@pytest.mark.long
def test_a_trajectory_on_an_edge_is_followed_from_nearby():
    comparison = compare_golden(load("micro_trajectory"), num_nearby=NUM_NEARBY)
    assert comparison.verdict in (OK, EDGE)
    assert comparison.nearby.nearest < ROUNDING.relative / 10  # nothing lies between following and parting


@pytest.mark.long
def test_a_changed_number_shifts_every_start():
    golden = load("macro_controller")
    name = "train/2/loss"
    changed = dataclasses.replace(golden, arrays=golden.arrays | {name: golden.arrays[name] * np.float32(1.001)})
    comparison = compare_golden(changed, num_nearby=NUM_NEARBY)
    assert (comparison.verdict, comparison.nearby.num_passed) == (MISS, 0)
    assert [row.name for row in comparison.steps if row.verdict == MISS] == [name]
    assert largest(comparison.rows) == pytest.approx(1e-3, rel=1e-2)
