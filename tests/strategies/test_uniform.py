import numpy as np
import pytest
from scipy import stats

from enas_tf.config import PoisonConfig
from enas_tf.poisoning import poison_operations
from enas_tf.search_space import MACRO_OPERATIONS, MICRO_OPERATIONS, MacroSpace, MicroSpace
from enas_tf.strategies.uniform import UniformArcs

POISONED = MacroSpace(3, *poison_operations(MACRO_OPERATIONS, PoisonConfig(poison="P6P3_006_100")))
SPACES = [POISONED, MicroSpace(2, MICRO_OPERATIONS)]


@pytest.mark.parametrize("space", SPACES, ids=["macro", "micro"])
def test_every_position_is_uniform(space):
    arcs = UniformArcs(space, seed=5).draw(6000, "child arcs", 0)
    p_values = [
        stats.chisquare(np.bincount(arcs[:, position], minlength=count)).pvalue
        for position, count in enumerate(space.num_options)
    ]
    assert min(p_values) > 0.001
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def test_two_positions_are_independent():
    arcs = UniformArcs(POISONED, seed=5).draw(6000, "child arcs", 0)
    table = np.zeros((12, 12))
    np.add.at(table, (arcs[:, 0], arcs[:, 1]), 1)
    assert stats.chi2_contingency(table).pvalue > 0.001


def test_a_draw_depends_on_seed_stream_and_counters_alone():
    arcs = UniformArcs(POISONED, seed=5).draw(4, "shown arcs", 1)
    np.testing.assert_array_equal(UniformArcs(POISONED, seed=5).draw(4, "shown arcs", 1), arcs)
    for seed, stream, counter in ((6, "shown arcs", 1), (5, "child arcs", 1), (5, "shown arcs", 2)):
        assert np.any(UniformArcs(POISONED, seed).draw(4, stream, counter) != arcs)


def test_the_probabilities_are_those_of_the_draws():
    probabilities = UniformArcs(POISONED, seed=5).policy(np.zeros((2, 6), int)).operations
    assert probabilities.shape[1:] == (3, 12)
    np.testing.assert_allclose(probabilities, 1 / 12)


def test_where_only_connections_are_drawn_every_operation_is_the_first():
    arcs = UniformArcs(POISONED, seed=5, only_connections=True)
    drawn = arcs.draw(50, "child arcs", 0)
    assert not drawn[:, [0, 1, 3]].any()
    assert set(drawn[:, 2]) == {0, 1}
    np.testing.assert_array_equal(arcs.policy(drawn).operations[0, :, 0], 1)
