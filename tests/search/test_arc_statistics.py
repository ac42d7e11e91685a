import math

import numpy as np
import pytest

from enas_tf.search.arc_statistics import operation_counts, policy_statistics
from enas_tf.search_space import MacroSpace, MicroSpace

SPACE = MacroSpace(2, ("conv_3x3", "max_pooling", "identity", "identity"), num_poisoned=2)


def test_operations_are_counted_on_average_and_in_the_best():
    arcs = [(0, 1, 0), (2, 3, 1), (2, 1, 0)]
    assert operation_counts(SPACE, arcs, [0.1, 0.2, 0.3]) == {
        "bad_operations_mean": 1.0,
        "bad_operations_best": 1,
        "good_operations_mean": 1.0,
        "good_operations_best": 1,
    }
    assert operation_counts(SPACE, arcs, [0.1, 0.4, 0.3])["bad_operations_best"] == 2


def test_a_micro_architecture_has_as_many_operations_as_its_cells_draw():
    space = MicroSpace(1, ("max_pooling", "identity"), num_poisoned=1)
    counts = operation_counts(space, [(0, 1, 1, 0, 1, 1, 0, 1)], [0.5])
    assert (counts["bad_operations_mean"], counts["good_operations_mean"]) == (3.0, 1.0)


def test_a_uniform_policy_has_all_the_entropy_and_the_uniform_share():
    assert policy_statistics(SPACE, np.full((3, 2, 4), 0.25)) == pytest.approx(
        {"bad_probability": 0.5, "bad_uniform_share": 0.5, "entropy": 2 * math.log(4), "relative_entropy": 1.0}
    )


def test_a_policy_that_differs_between_architectures_is_averaged():
    certain, even = [[1.0, 0.0, 0.0, 0.0]] * 2, [[0.0, 0.0, 0.5, 0.5]] * 2
    statistics = policy_statistics(SPACE, np.array([certain, even]))
    assert statistics["bad_probability"] == pytest.approx(0.5)
    assert statistics["entropy"] == pytest.approx(math.log(2))  # (0 + 2·log 2) / 2
    assert statistics["relative_entropy"] == pytest.approx(0.25)


def test_a_clean_space_has_no_poison_and_one_operation_no_choice():
    statistics = policy_statistics(MacroSpace(2, ("conv_3x3",)), np.ones((1, 2, 1)))
    assert (statistics["bad_probability"], statistics["bad_uniform_share"]) == (0.0, 0.0)
    assert statistics["relative_entropy"] == 1.0
