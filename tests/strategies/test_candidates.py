"""What all strategies that look for candidates have in common."""

import math

import numpy as np
import pytest

from enas_tf.strategies.candidates import CandidateSearch
from enas_tf.strategies.registry import STRATEGIES
from enas_tf.strategies.strategy import Purpose, Trial
from tests.strategies.candidate_searches import (
    SPACES,
    candidates,
    make,
    observe,
    search,
    synthetic_reward,
    through_json,
)

# Settings with which a few candidates are enough to learn from.
QUICK = {
    "evolution": {"population_size": 8, "tournament_size": 3},
    "q_learning": {"alpha": 0.1},
    "tpe": {"startup_trials": 4},
}
LEARNING = {"evolution": {"population_size": 20, "tournament_size": 10}, "q_learning": {"alpha": 0.1}, "tpe": {}}
NAMES = [name for name in STRATEGIES if isinstance(make(name, SPACES["macro"]), CandidateSearch)]

each_strategy = pytest.mark.parametrize("name", NAMES)
each_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)


def _quick(name, space, **more):
    return make(name, space, **QUICK.get(name, {}), **more)


def test_these_are_all_of_them():
    assert set(NAMES) == set(STRATEGIES) - {"controller", "random", "random_sampling", "darts"}


@each_strategy
@each_space
def test_candidates_belong_to_the_space_and_repeat_with_the_seed(name, space):
    reward = synthetic_reward("hidden_target", space)
    first, again, other = (search(_quick(name, space, seed=seed), reward, 25)[0] for seed in (0, 0, 1))
    assert [space.validate(arc) for arc in first] == first
    assert first == again != other


@each_strategy
@each_space
@pytest.mark.parametrize("number", [0, 3, 20])
def test_restored_from_json_it_goes_on_to_the_same_candidates(name, space, number):
    reward = synthetic_reward("hidden_target", space)
    strategy, restored = _quick(name, space), _quick(name, space)
    strategy.plan(40)
    restored.plan(40)
    search(strategy, reward, number)
    strategy.propose(Purpose.CANDIDATE, 3, 1, 0)  # changes nothing
    restored.restore(through_json(strategy.state()))
    assert through_json(restored.state()) == through_json(strategy.state())
    for purpose in Purpose:
        np.testing.assert_array_equal(restored.propose(purpose, 4, 1, 2), strategy.propose(purpose, 4, 1, 2))
    assert search(restored, reward, 15) == search(strategy, reward, 15)
    assert through_json(restored.state()) == through_json(strategy.state())
    assert restored.epoch_values() == strategy.epoch_values()


@each_strategy
def test_shared_weights_are_trained_by_the_draws_of_random_search(name):
    space = SPACES["macro"]
    strategy = _quick(name, space)
    search(strategy, synthetic_reward("hidden_target", space), 12)
    expected = make("random", space).propose(Purpose.CHILD, 30, 7)
    np.testing.assert_array_equal(strategy.propose(Purpose.CHILD, 30, 7), expected)


@each_strategy
def test_a_round_of_several_is_observed_in_its_order(name):
    space = SPACES["macro"]
    reward, strategy, again = synthetic_reward("hidden_target", space), _quick(name, space), _quick(name, space)
    for _ in range(5):
        arcs = candidates(strategy, 4)
        assert arcs == candidates(strategy, 4) == candidates(again, 4)
        for one in (strategy, again):
            told = observe(one, arcs, reward(np.array(arcs)).tolist())
        np.testing.assert_allclose(told["reward"], reward(np.array(arcs)))
        assert {len(values) for values in told.values()} == {4}


@each_strategy
def test_trials_that_are_no_candidates_change_nothing(name):
    space = SPACES["macro"]
    strategy = _quick(name, space)
    search(strategy, synthetic_reward("hidden_target", space), 12)
    before = through_json(strategy.state())
    others = [purpose for purpose in Purpose if not purpose.is_candidate]
    assert strategy.observe([Trial((0,) * space.arc_length, 1.0, purpose) for purpose in others]) == {}
    assert through_json(strategy.state()) == before


@each_strategy
def test_a_reward_that_is_no_number_counts_as_the_worst_so_far(name):
    space, rewards = SPACES["macro"], [0.5, 0.25, math.nan, 0.75, math.inf]
    told, pure = _quick(name, space), _quick(name, space)
    for reward, instead in zip(rewards, [0.5, 0.25, 0.25, 0.75, 0.25], strict=True):
        (arc,) = candidates(told)
        assert candidates(pure) == [arc]
        assert observe(told, [arc], [reward])["reward"] == instead
        observe(pure, [arc], [instead])
    assert through_json(told.state()) == through_json(pure.state())
    first = _quick(name, space)
    assert observe(first, candidates(first), [math.nan])["reward"] == 0.0


@each_strategy
def test_where_only_connections_are_searched_no_operation_is_chosen(name):
    space = SPACES["macro"]
    strategy = _quick(name, space, search_for="connection")
    arcs, _ = search(strategy, lambda arcs: np.mean(arcs, axis=1), 20)
    assert not np.array(arcs)[:, space.operation_positions].any()
    assert np.array(arcs).any()


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize("reward_name", ["hidden_target", "operation_share"])
@pytest.mark.parametrize("kind", ["macro", "micro"])
def test_it_finds_better_architectures_than_random_search(name, reward_name, kind):
    space = SPACES[kind]
    reward = synthetic_reward(reward_name, space)
    strategy = make(name, space, **LEARNING[name])
    strategy.plan(120)
    found, drawn = (np.array(search(one, reward, 120)[1]) for one in (strategy, make("random", space)))
    assert found[-40:].mean() > drawn[-40:].mean() + 0.2
    assert found.max() >= drawn.max()
    assert np.maximum.accumulate(found).mean() > np.maximum.accumulate(drawn).mean()
