"""Differences, tolerances and verdicts."""

import numpy as np
import pytest

from enas_tf.original.comparison import ROUNDING, Pair, Tolerance, compare, group_of, passes
from enas_tf.original.comparison_table import comparison_table, outcome

LOOSE = Tolerance("race", 0.1)


def _pair(name, expected, actual, tolerance=ROUNDING):
    return Pair(name, np.array(expected, np.float32), np.array(actual, np.float32), tolerance)


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("arcs", "arcs"),
        ("step/0/loss", "step/0/loss"),
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


def test_what_is_not_finite_in_the_file_is_counted_and_not_compared():
    (row,) = compare([_pair("a/0", [1, np.nan, np.inf], [1, 5, 5])])
    assert (row.num_compared, row.num_incomparable, row.verdict) == (1, 2, "ok")
    (row,) = compare([_pair("a/0", [np.nan], [5])])
    assert (row.verdict, row.num_incomparable) == ("not comparable", 1)


def test_a_number_that_is_not_finite_where_one_is_expected_is_a_miss():
    for value in (np.nan, np.inf):
        (row,) = compare([_pair("a/0", [1, 2], [1, value])])
        assert row.verdict == "MISS"


def test_without_a_tolerance_nothing_is_compared():
    (row,) = compare([_pair("a/0", [1, 2], [3, 4], None)])
    assert (row.num_compared, row.num_incomparable, row.verdict) == (0, 2, "not comparable")
    assert passes([row])


def test_integers_may_be_off_by_an_absolute_number():
    tolerance = Tolerance("race", 0.0, 1.0)
    assert [compare([_pair("a", [0], [n], tolerance)])[0].verdict for n in (0, 1, 2)] == ["ok", "ok", "MISS"]


def test_zeros_have_rounding_of_their_own():
    assert compare([_pair("a", [0, 0], [1e-8, 0])])[0].verdict == "ok"
    assert compare([_pair("a", [0, 0], [1e-5, 0])])[0].verdict == "MISS"


def test_the_table_says_the_outcome():
    rows = compare([_pair("a/0", [1], [1.05], LOOSE), _pair("b", [np.nan], [0])])
    table = comparison_table("a file", rows)
    assert table.rows[0] == ("a/*", "1", "5.0e-02", "5.0e-02", "1e-01 (race)", "ok", "0")
    assert table.rows[1] == ("b", "0 (+ 1 not)", "", "", "", "not comparable", "")
    assert table.notes[0] == (
        "passes: largest relative difference 5.0e-02 (race); 1 numbers compared, 1 not comparable"
    )
    assert outcome(compare([_pair("a", [1], [2])])).startswith("MISSES: ")
