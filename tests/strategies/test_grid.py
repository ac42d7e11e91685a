import math

import numpy as np
import pytest
from scipy import stats

from enas_tf.search_space import Choices, MacroChannelSpace, MacroSpace, MicroSpace
from enas_tf.strategies.grid import Permutation
from enas_tf.strategies.strategy import Purpose
from tests.strategies.candidate_searches import candidates, make, observe, through_json

SMALL = {
    "macro": MacroSpace(3, ("a", "b", "c")),
    "micro": MicroSpace(1, ("a", "b")),
    "channels": MacroChannelSpace(1, 4, ("a", "b")),
    "one architecture": MacroSpace(1, ("a",)),
}
WHOLE = MacroSpace(12)


def _all(strategy, number):
    return [tuple(arc) for arc in strategy.propose(Purpose.CANDIDATE, number, 1, 0).tolist()]


@pytest.mark.parametrize("space", SMALL.values(), ids=SMALL)
def test_it_visits_every_architecture_once_and_then_begins_again(space):
    size = Choices.of(space).size
    arcs = _all(make("grid", space), size + 3)
    assert len({space.validate(arc) for arc in arcs[:size]}) == size
    assert arcs[size:] == (arcs[:size] * 3)[:3]


def test_of_connections_alone_too():
    arcs = _all(make("grid", SMALL["macro"], search_for="connection"), 8)
    assert len(set(arcs)) == 8
    assert not np.array(arcs)[:, SMALL["macro"].operation_positions].any()


def test_the_order_is_drawn_from_the_seed():
    orders = [_all(make("grid", SMALL["macro"], seed=seed), 216) for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])
    assert sum(a == b for a, b in zip(orders[0], orders[2], strict=True)) < 10


@pytest.mark.parametrize("size", [1, 2, 3, 5, 16, 17, 255, 1000, 4097])
def test_an_order_has_everything_once(size):
    permutation = Permutation(size, "key")
    assert sorted(permutation.at(index) for index in range(size)) == list(range(size))


def test_each_choice_looks_drawn_uniformly_from_the_beginning():
    arcs = np.array(_all(make("grid", WHOLE), 3000))
    assert len(np.unique(arcs, axis=0)) == 3000
    p_values = [
        stats.chisquare(np.bincount(arcs[:, position], minlength=count)).pvalue
        for position, count in enumerate(WHOLE.num_options)
    ]
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    table = np.zeros((6, 6))
    np.add.at(table, (arcs[:-1, 0], arcs[1:, 0]), 1)  # nor does a choice say the same choice of what comes next
    assert stats.chi2_contingency(table).pvalue > 0.001


def test_where_the_places_of_an_order_go_is_drawn_uniformly():
    firsts = np.bincount([Permutation(6, str(key)).at(0) for key in range(3000)], minlength=6)
    assert stats.chisquare(firsts).pvalue > 0.001


def test_a_space_of_thousands_of_bits_takes_no_longer():
    space = MacroChannelSpace(24, 300, ("a",) * 6)
    assert math.log10(Choices.of(space).size) > 308  # beyond a float
    strategy = make("grid", space)
    arcs = _all(strategy, 3)
    assert len({space.validate(arc) for arc in arcs}) == 3
    assert strategy.plan(100)[0].startswith("Grid: 100 candidates cover ")


def test_it_goes_on_where_it_was():
    strategy, restored = make("grid", SMALL["macro"]), make("grid", SMALL["macro"])
    arcs = candidates(strategy, 5)
    observe(strategy, arcs, [0.5] * 5)
    restored.restore(through_json(strategy.state()))
    assert candidates(restored, 7) == candidates(strategy, 7) == _all(make("grid", SMALL["macro"]), 12)[5:]


def test_what_is_shown_is_drawn_uniformly():
    drawn = make("grid", SMALL["macro"]).propose(Purpose.SHOWN, 2000, 1)
    assert 0 < len(np.unique(drawn, axis=0)) <= 216
    assert stats.chisquare(np.bincount(drawn[:, 0], minlength=3)).pvalue > 0.001


@pytest.mark.parametrize(
    ("space", "num_candidates", "line"),
    [
        (SMALL["macro"], 54, "Grid: 54 candidates cover 25.0 % of 216 architectures"),
        (SMALL["macro"], 216, "Grid: 216 candidates cover 100 % of 216 architectures"),
        (SMALL["macro"], 300, "Grid: 300 candidates cover 100 % of 216 architectures; then it begins again"),
        (WHOLE, 2000, "Grid: 2000 candidates cover 1.25e-24 % of 1.6e+29 architectures"),
    ],
)
def test_it_says_what_share_of_the_space_it_covers(space, num_candidates, line):
    assert make("grid", space).plan(num_candidates) == [line]
