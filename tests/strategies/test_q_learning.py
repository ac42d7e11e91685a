import numpy as np
import pytest
from scipy import stats

from enas_tf.search_space import Choices, MacroChannelSpace, MacroSpace
from enas_tf.seeds import named_generator
from enas_tf.strategies.q_learning import QLearningConfig, QTable
from enas_tf.strategies.strategy import Purpose
from tests.strategies.candidate_searches import SPACES, make, observe, search, synthetic_reward

TINY = MacroSpace(2, ("a", "b"))  # three choices of two options: two operations and a skip
PAIR = MacroChannelSpace(1, 3, ("a",))  # a start and a count
LARGER = MacroSpace(6, ("a", "b", "c", "d"))


def _learning(space=TINY, **settings):
    return make("q_learning", space, **{"alpha": 0.5, "replay": 0, **settings})


def _values(strategy):
    return strategy.state()["values"]


def test_the_defaults_are_the_published_ones_but_for_the_target():
    published = {"alpha": 0.01, "gamma": 1.0, "replay": 100, "epsilon": "levels", "order": "reversed", "memory": None}
    assert QLearningConfig() == QLearningConfig(target="return", **published)


def test_every_value_begins_at_a_half():
    assert _values(_learning()) == [[0.5, 0.5]] * 3
    assert _values(_learning(PAIR)) == [[0.5] * 3, [0.5] * 2, [0.5] * 2, [0.5]]


def test_the_return_moves_every_choice_towards_the_reward():
    strategy = _learning()
    observe(strategy, [(0, 1, 0)], [1.0])
    assert _values(strategy) == [[0.75, 0.5], [0.5, 0.75], [0.75, 0.5]]
    observe(strategy, [(0, 0, 0)], [0.0])
    assert _values(strategy) == [[0.375, 0.5], [0.25, 0.75], [0.375, 0.5]]


def test_one_step_learnt_last_choice_first():
    strategy = _learning(target="one_step", gamma=0.9)
    observe(strategy, [(0, 1, 0)], [1.0])
    # .5 + (1 - .5)/2; .5 + (.9·.75 - .5)/2; .5 + (.9·.5875 - .5)/2
    np.testing.assert_allclose(_values(strategy), [[0.514375, 0.5], [0.5, 0.5875], [0.75, 0.5]])
    observe(strategy, [(1, 0, 0)], [0.0])
    # .75 + (0 - .75)/2; the best of what follows is now the other action; likewise
    np.testing.assert_allclose(_values(strategy), [[0.514375, 0.514375], [0.475, 0.5875], [0.375, 0.5]])


def test_one_step_learnt_in_the_order_of_play():
    strategy = _learning(target="one_step", order="forward", gamma=0.9)
    observe(strategy, [(0, 1, 0)], [1.0])
    # .5 + (.9·.5 - .5)/2 twice; .5 + (1 - .5)/2
    np.testing.assert_allclose(_values(strategy), [[0.475, 0.5], [0.5, 0.475], [0.75, 0.5]])
    observe(strategy, [(1, 1, 1)], [0.0])
    # .5 + (.9·.5 - .5)/2; .475 + (.9·.75 - .475)/2; .5 + (0 - .5)/2
    np.testing.assert_allclose(_values(strategy), [[0.475, 0.475], [0.5, 0.575], [0.75, 0.25]])


@pytest.mark.parametrize(("order", "start"), [("reversed", 0.625), ("forward", 0.5)])
def test_the_best_count_is_looked_for_among_those_its_start_allows(order, start):
    strategy = _learning(PAIR, target="one_step", order=order)
    observe(strategy, [(0, 2)], [1.0])
    reverse = order == "reversed"
    assert _values(strategy) == [[0.625 if reverse else 0.5, 0.5, 0.5], [0.5, 0.75], [0.5, 0.5], [0.5]]
    observe(strategy, [(2, 1)], [0.0])
    # Start 2 leaves count 1 alone, worth .25 afterwards and .5 before; the .75 of another start is out of reach.
    assert _values(strategy)[0] == [start, 0.5, 0.375 if reverse else 0.5]
    assert _values(strategy)[3] == [0.25]


def test_remembered_episodes_are_learnt_again():
    strategy = _learning(replay=3)
    observe(strategy, [(0, 1, 0)], [1.0])
    once = 1 - 0.5 * 0.5**4  # learnt four times
    np.testing.assert_allclose(_values(strategy), [[once, 0.5], [0.5, once], [once, 0.5]])
    observe(strategy, [(1, 1, 1)], [0.0])
    expected = [[once, 0.25], [0.5, once / 2], [once, 0.25]]
    for drawn in named_generator(0, "q_learning replay", 1).integers(2, size=3):
        for place, action in enumerate([(0, 1, 0), (1, 1, 1)][drawn]):
            expected[place][action] += 0.5 * ((1.0, 0.0)[drawn] - expected[place][action])
    np.testing.assert_allclose(_values(strategy), expected)


def test_one_step_is_replayed_episode_by_episode():
    strategy = _learning(target="one_step", replay=1)
    observe(strategy, [(0, 1, 0)], [1.0])
    # Last choice .75, then .875; the one before .625 towards it, then .625 + (.875 - .625)/2; the first likewise.
    np.testing.assert_allclose(_values(strategy), [[0.65625, 0.5], [0.5, 0.75], [0.875, 0.5]])


def test_only_the_latest_episodes_are_remembered():
    strategy = _learning(memory=2, replay=5)
    arcs = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1)]
    observe(strategy, arcs, [0.1, 0.2, 0.3, 0.4])
    assert strategy.state()["episodes"] == [((0, 1, 0), 0.3), ((0, 1, 1), 0.4)]


@pytest.mark.parametrize(
    ("number", "epsilon"),
    [
        (0, 1.0),
        (1499, 1.0),
        (1500, 0.9),
        (1600, 0.8),
        (1799, 0.7),
        (1800, 0.6),
        (1949, 0.6),
        (1950, 0.5),
        (2549, 0.2),
        (2550, 0.1),
        (2699, 0.1),
        (5000, 0.1),
    ],
)
def test_exploration_falls_by_the_published_levels(number, epsilon):
    strategy = _learning()
    strategy.plan(2700)
    assert strategy._epsilon(number) == epsilon
    strategy.plan(270)  # the same shares of fewer
    assert strategy._epsilon(number // 10) == epsilon


def test_multiplicative_exploration_reaches_its_floor_after_three_quarters():
    strategy = _learning(epsilon="multiplicative", epsilon_floor=0.1)
    strategy.plan(400)
    levels = [strategy._epsilon(number) for number in (0, 1, 2, 150, 300, 399)]
    np.testing.assert_allclose(levels, [1, 0.1 ** (1 / 300), 0.1 ** (2 / 300), 0.1**0.5, 0.1, 0.1])
    assert strategy.epoch_values() == {"epsilon": 1.0, "q_table_size": 6}


@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.0])
def test_choices_are_epsilon_greedy_and_equal_values_equally_likely(epsilon):
    table = QTable(Choices.of(MacroSpace(2, ("a", "b", "c", "d"))))
    table.take([[0.5, 0.9, 0.1, 0.2], [0.6, 0.6, 0.1, 0.6], [0.5, 0.5]])
    generator = np.random.default_rng(0)
    arcs = np.array([table.play(generator, epsilon) for _ in range(4000)])
    greedy = [[0, 1, 0, 0], [1 / 3, 1 / 3, 0, 1 / 3], [1 / 2, 1 / 2]]
    for position, best in enumerate(greedy):
        expected = epsilon / len(best) + (1 - epsilon) * np.array(best)
        counts = np.bincount(arcs[:, position], minlength=len(best))
        assert not counts[expected == 0].any()
        some = expected > 0
        if some.sum() > 1:
            assert stats.chisquare(counts[some], expected[some] * len(arcs)).pvalue > 0.001
    np.testing.assert_allclose(
        np.concatenate(table.probabilities((0, 0, 0), epsilon)),
        np.concatenate([epsilon / len(best) + (1 - epsilon) * np.array(best) for best in greedy]),
    )


def test_the_policy_of_channels_follows_the_start():
    strategy = _learning(PAIR, epsilon="multiplicative", epsilon_floor=0.5)
    strategy.plan(0)
    observe(strategy, [(0, 2)], [1.0])
    policy, connections = strategy.policy([(0, 1), (2, 1)])
    assert connections.shape == (2, 0)
    np.testing.assert_allclose(policy[0], [[4 / 6, 1 / 6, 1 / 6], [0.25, 0.75, 0]])
    np.testing.assert_allclose(policy[1], [[4 / 6, 1 / 6, 1 / 6], [1, 0, 0]])


@pytest.mark.parametrize("kind", ["macro", "micro"])
def test_before_anything_is_known_the_policy_is_uniform(kind):
    space = SPACES[kind]
    arcs = space.uniform(np.random.default_rng(0), 3)
    np.testing.assert_allclose(
        make("q_learning", space).policy(arcs).operations, np.repeat(space.uniform_policy(arcs), 3, axis=0)
    )


def _greedy_share_right(seed, **settings):
    """The share of a greedy architecture's choices that are those of the hidden one, after 200 candidates."""
    strategy, reward = (
        make("q_learning", LARGER, seed=seed, alpha=0.1, **settings),
        synthetic_reward("hidden_target", LARGER, seed),
    )
    strategy.plan(200)
    search(strategy, reward, 200)
    generator = np.random.default_rng(seed)
    return np.mean([reward(np.array([strategy._table.play(generator, 0.0)])) for _ in range(10)])


def test_the_return_learns_and_one_step_stays_at_chance():
    # Of an architecture of fixed length, the state after a choice does not hold it: its value is that of all others.
    chance = np.mean(1 / np.array(LARGER.num_options))
    seeds = range(4)
    assert np.mean([_greedy_share_right(seed) for seed in seeds]) > 0.85
    for order in ("reversed", "forward"):
        one_step = [_greedy_share_right(seed, target="one_step", order=order) for seed in seeds]
        assert np.mean(one_step) < chance + 0.15


def test_what_is_shown_is_played_as_the_next_candidate_would_be():
    strategy = _learning(SPACES["macro"], epsilon="multiplicative", epsilon_floor=0.0)
    strategy.plan(4)
    observe(strategy, [(0,) * 10] * 3, [1.0] * 3)  # nothing is explored any more
    assert not strategy.propose(Purpose.SHOWN, 5, 1).any()
