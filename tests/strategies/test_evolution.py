import collections

import numpy as np
import pytest
from scipy import stats

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.search_space import MacroSpace
from enas_tf.strategies.evolution import EvolutionConfig
from enas_tf.strategies.strategy import Purpose
from tests.strategies.candidate_searches import candidates, make, observe, search, synthetic_reward

SPACE = MacroSpace(4, ("a", "b", "c", "d"))


def _evolution(space=SPACE, **settings):
    return make("evolution", space, **{"population_size": 6, "tournament_size": 3, **settings})


def _distance(arc, other):
    return sum(a != b for a, b in zip(arc, other, strict=True))


def test_the_defaults_are_the_published_ones():
    assert EvolutionConfig() == EvolutionConfig(population_size=100, tournament_size=25, identity_probability=0.05)


def test_the_first_population_is_drawn_uniformly_as_random_search_draws():
    evolution, random = _evolution(), make("random", SPACE)
    for number in range(6):
        (arc,) = evolution.propose(Purpose.SYNTHETIC, 1, number).tolist()
        assert [arc] == random.propose(Purpose.SYNTHETIC, 1, number).tolist()
        observe(evolution, [tuple(arc)], [0.5])
    (arc,) = evolution.propose(Purpose.SYNTHETIC, 1, 6).tolist()
    assert [arc] != random.propose(Purpose.SYNTHETIC, 1, 6).tolist()


def test_a_candidate_is_one_mutation_away_from_the_population():
    evolution = _evolution(identity_probability=0.0)
    arcs, _ = search(evolution, synthetic_reward("hidden_target", SPACE), 6)
    for _ in range(20):
        (arc,) = candidates(evolution)
        assert min(_distance(arc, old) for old in arcs[-6:]) <= 1
        observe(evolution, [arc], [0.1])
        arcs.append(arc)


def test_the_oldest_dies_however_good_it_is():
    evolution = _evolution()
    arcs = candidates(evolution, 8)
    observe(evolution, arcs, [0.9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.0, 0.6])
    expected = [(arc, reward) for arc, reward in zip(arcs[2:], [0.2, 0.3, 0.4, 0.5, 0.0, 0.6], strict=True)]
    assert evolution.state()["population"] == expected
    assert evolution.epoch_values() == {
        "population_size": 6,
        "population_mean_reward": pytest.approx(2.0 / 6),
        "population_best_reward": 0.6,
    }


def test_the_winner_is_the_best_of_draws_with_replacement():
    evolution = _evolution(identity_probability=1.0)  # so that a candidate is the winner itself
    arcs = [SPACE.validate(arc) for arc in ([k % 4, 1, 0, 2, 1, 0, 3, 0, k // 4, 1] for k in range(6))]
    observe(evolution, arcs, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    drawn = evolution.propose(Purpose.SHOWN, 6000, 1).tolist()
    won = collections.Counter(map(tuple, drawn))
    # The k-th best of P wins a tournament of S with the probability that no better one is drawn, but it is.
    rank = np.arange(1, 7) / 6
    expected = (rank**3 - (rank - 1 / 6) ** 3) * 6000
    assert stats.chisquare([won[arc] for arc in arcs], expected).pvalue > 0.001


def test_it_reaches_a_hidden_architecture():
    evolution = make("evolution", SPACE, population_size=20, tournament_size=10)
    _, rewards = search(evolution, synthetic_reward("hidden_target", SPACE), 300)
    assert max(rewards) == 1.0


def test_a_tournament_larger_than_the_population_is_refused():
    with pytest.raises(InputError, match="--evolution_tournament_size: expected at most --evolution_population_size=8"):
        SearchConfig(strategy=EvolutionConfig(population_size=8, tournament_size=9))
    SearchConfig(strategy=EvolutionConfig(population_size=8, tournament_size=8))


@pytest.mark.parametrize(("num_candidates", "num_lines"), [(0, 1), (5, 1), (6, 1), (7, 0)])
def test_a_budget_below_the_population_is_announced(num_candidates, num_lines):
    lines = _evolution().plan(num_candidates)
    assert len(lines) == num_lines
    assert all(str(num_candidates) in line and "6" in line for line in lines)
