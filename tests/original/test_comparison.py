"""Differences, tolerances and verdicts."""

import numpy as np
import pytest

from enas_tf.original.comparison import ROUNDING, Pair, Tolerance, compare, group_of, left_out, passes
from enas_tf.original.comparison_table import comparison_table, outcome

LOOSE = Tolerance("loose", 0.1)


def _pair(name, expected, actual, tolerance=ROUNDING):
    return Pair(name, np.array(expected, np.float32), np.array(actual, np.float32), tolerance)


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("arcs", "arcs"),
        ("step/0/loss", "step/*/loss"),
        ("train/3/loss", "train/*/loss"),
        ("logits_eval/2", "logits_eval/*"),
        ("var_after/child/stem_conv/w", "var_after/*"),
    ],
)
def test_groups(name, group):
    assert group_of(name) == group


def test_a_difference_is_relative_to_the_largest_expected_number_of_its_array():
    (row,) = compare([_pair("a/0", [100, 1], [100, 1.001])])
    assert row.difference == pytest.approx(1e-3, rel=1e-3)
    assert row.relative == pytest.approx(1e-5, rel=1e-3)
    assert row.verdict == "ok"


def test_a_miss_names_the_array_that_takes_up_most_of_its_tolerance():
    rows = compare([_pair("a/0", [1000], [1000.05]), _pair("a/1", [1], [1.01]), _pair("b/0", [1], [1.05], LOOSE)])
    assert [(row.name, row.worst, row.verdict) for row in rows] == [("a/*", "a/1", "MISS"), ("b/*", "b/0", "ok")]
    assert not passes(rows)


def test_one_group_has_a_row_for_each_tolerance():
    rows = compare([_pair("a/0", [1], [1]), _pair("a/1", [1], [1.05], LOOSE)])
    assert [(row.name, row.tolerance, row.verdict) for row in rows] == [("a/*", ROUNDING, "ok"), ("a/*", LOOSE, "ok")]


def test_what_is_not_finite_is_equal_to_itself_alone():
    (row,) = compare([_pair("a/0", [1, np.nan, np.inf, -np.inf], [1, np.nan, np.inf, -np.inf])])
    assert (row.num_compared, row.difference, row.verdict) == (4, 0.0, "ok")
    for expected, actual in ((np.nan, 5), (np.inf, 5), (np.inf, -np.inf), (np.nan, np.inf)):
        (row,) = compare([_pair("a/0", [1, expected], [1, actual])])
        assert row.verdict == "MISS"


def test_a_number_that_is_not_finite_where_one_is_expected_is_a_miss():
    for value in (np.nan, np.inf):
        (row,) = compare([_pair("a/0", [1, 2], [1, value])])
        assert row.verdict == "MISS"


def test_without_a_tolerance_nothing_is_compared():
    (row,) = compare([_pair("a/0", [1, 2], [3, 4], None)])
    assert (row.num_compared, row.num_left_out, row.verdict) == (0, 2, "not compared")
    assert passes([row])


def test_what_cancelled_to_zero_has_rounding_of_its_own():
    assert compare([_pair("a", [0, 0], [1e-10, 0])])[0].verdict == "ok"
    assert compare([_pair("a", [0, 0], [1e-8, 0])])[0].verdict == "MISS"


def test_rows_may_be_gathered_otherwise():
    rows = compare([_pair("step/0/loss", [1], [1]), _pair("step/1/loss", [1], [1.1])], group=str)
    assert [(row.name, row.verdict) for row in rows] == [("step/0/loss", "ok"), ("step/1/loss", "MISS")]


def test_the_table_says_the_outcome():
    rows = compare([_pair("a/0", [1], [1.05], LOOSE)]) + left_out("noise", {"b": np.zeros(3), "c": np.zeros(1)})
    table = comparison_table("a file", rows)
    assert table.rows[0] == ("a/*", "1", "5.0e-02", "5.0e-02", "1e-01 (loose)", "ok", "0")
    assert table.rows[1] == ("noise", "4", "", "", "", "not compared", "")
    assert table.notes[0] == "passes: largest relative difference 5.0e-02 (loose); 1 numbers compared, 4 not (noise)"
    assert outcome(compare([_pair("a", [1], [2])])).startswith("MISS: ")
    assert outcome(compare([_pair("a", [1], [2])]), miss="edge").startswith("edge: ")


def test_nothing_left_out_is_no_row():
    assert left_out("noise", {}) == []
