"""Distributions by position of an arc, sorted into those of operations and of connections."""

import numpy as np
import pytest

from enas_tf.search_space import MacroChannelSpace, MacroSpace, MicroSpace
from enas_tf.search_space.distributions import shares, sorted_by_kind


def test_shares_of_macro_architectures():
    space = MacroSpace(3, ("a", "b", "c"))
    operations, skips = shares(space, [(0, 1, 1, 2, 0, 1), (0, 2, 0, 2, 0, 1), (1, 1, 0, 2, 1, 1), (0, 1, 0, 2, 0, 1)])
    np.testing.assert_allclose(operations, [[0.75, 0.25, 0], [0, 0.75, 0.25], [0, 0, 1]])
    np.testing.assert_allclose(skips, [0.25, 0.25, 1])


def test_shares_of_cells_have_a_row_a_side_and_zeros_where_no_entry_is_yet():
    space = MicroSpace(2)
    operations, inputs = shares(space, [(0, 1, 1, 4, 2, 0, 2, 0) * 2, (1, 1, 1, 4, 0, 0, 2, 3) * 2])
    assert operations.shape == (8, 5)
    np.testing.assert_allclose(operations[:4], [[0, 1, 0, 0, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0], [0.5, 0, 0, 0.5, 0]])
    np.testing.assert_allclose(inputs[:4], [[0.5, 0.5, 0], [0, 1, 0], [0.5, 0, 0.5], [0, 0, 1]])
    np.testing.assert_array_equal(inputs[4:], inputs[:4])


def test_shares_of_ranges_are_by_turns_those_of_starts_and_counts():
    space = MacroChannelSpace(1, 3, ("a", "b"))
    operations, skips = shares(space, [(0, 1, 2, 1), (1, 2, 2, 1)])
    # Counts begin with 1; none is that of all channels, which a controller has a column for.
    np.testing.assert_allclose(operations, [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1], [1, 0, 0]])
    assert skips.shape == (0,)


@pytest.mark.parametrize(
    "space", [MacroSpace(3), MicroSpace(2), MacroChannelSpace(2, 4)], ids=lambda s: type(s).__name__
)
def test_many_uniform_draws_have_the_shares_of_the_policy(space):
    arcs = space.uniform(np.random.default_rng(0), 20_000)
    operations, _ = shares(space, arcs)
    expected = space.uniform_policy(arcs).mean(axis=0)
    np.testing.assert_allclose(operations, expected, atol=0.02)


def test_operations_that_have_no_probability_may_be_left_out():
    rows = [np.array([1.0]), np.array([1.0]), np.array([0.25, 0.75])]
    operations, skips = sorted_by_kind(MacroSpace(2, ("a", "b", "c")), rows)
    np.testing.assert_allclose(operations, [[1, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(skips, [0.75])
