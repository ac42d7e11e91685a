"""Whether REINFORCE moves the controllers at all, with the published settings and in small spaces.

Published searches make 15,500 updates (macro) and 4,500 (micro); what is asked for here takes a few hundred.
"""

import itertools

import numpy as np
import pytest

from enas_tf.config import RunConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.rewards.registry import reward_of
from enas_tf.search.synthetic_search import SyntheticSearch
from enas_tf.search_space import MACRO_OPERATIONS, MacroSpace, MicroSpace
from enas_tf.strategies.controller import ControllerConfig

# `flags/cifar10_macro_search.flags` and `flags/cifar10_micro_search.flags`.
PUBLISHED = {
    "macro": ControllerConfig(
        lr=1e-3,
        tanh_constant=1.5,
        entropy_weight=1e-4,
        skip_target=0.4,
        skip_weight=0.8,
        num_aggregate=20,
    ),
    "micro": ControllerConfig(lr=3.5e-3, tanh_constant=1.1, op_tanh_reduce=2.5, entropy_weight=1e-4, num_aggregate=10),
}
SPACES = {"macro": MacroSpace(3), "micro": MicroSpace(2)}


def curve(space_name, reward, num_updates) -> list[dict]:
    config = SearchConfig(RunConfig(search_for=space_name, search_whole_channels=True), strategy=PUBLISHED[space_name])
    num_candidates = num_updates * PUBLISHED[space_name].num_aggregate
    search = SyntheticSearch(config, SPACES[space_name], reward, num_candidates)
    return [taken.row for taken in search.rounds()]


def last_rewards(rows) -> float:
    return float(np.mean([row["reward"] for row in rows[-40:]]))


def test_the_macro_controller_learns_to_draw_operation_0():
    rows = curve("macro", "operation_share", 700)
    assert rows[0]["expected_reward_uniform"] == pytest.approx(1 / 6)
    assert rows[0]["operation_share"][0] == pytest.approx(1 / 6, abs=0.01)
    assert last_rewards(rows) > 0.6  # the tanh constant leaves room up to 0.80
    assert rows[-1]["operation_share"][0] == pytest.approx(last_rewards(rows), abs=0.1)
    assert rows[-1]["relative_entropy"] < 0.8 < rows[0]["relative_entropy"]


def test_the_micro_controller_learns_to_draw_operation_0():
    rows = curve("micro", "operation_share", 500)
    assert rows[0]["expected_reward_uniform"] == 0.2
    # Separable convolutions start with a bias of 10, where the tanh is flat: the two stay equal, at 0.34 at most.
    first, second, *others = rows[-1]["operation_share"]
    assert last_rewards(rows) > 0.3 > rows[0]["operation_share"][0]
    assert first == pytest.approx(second, abs=0.01)
    assert max(others) < 0.13


@pytest.mark.parametrize(("space_name", "rise"), [("macro", 0.2), ("micro", 0.06)])
def test_the_controller_comes_closer_to_a_hidden_architecture(space_name, rise):
    rows = curve(space_name, "hidden_target", 700)
    assert last_rewards(rows) > rows[0]["expected_reward_uniform"] + rise


@pytest.mark.parametrize("space_name", SPACES)
def test_a_constant_reward_does_not_make_it_collapse(space_name):
    rows = curve(space_name, "constant", 300)
    assert {row["reward"] for row in rows} == {0.5}
    assert rows[-1]["relative_entropy"] > 0.95
    before, after = (np.array(row["operation_share"]) for row in (rows[0], rows[-1]))
    assert np.abs(after - before).max() < 0.05


@pytest.mark.parametrize("reward", ["operation_share", "hidden_target", "constant"])
def test_the_expectation_of_uniform_draws_is_the_mean_over_the_space(reward):
    space = MacroSpace(2, MACRO_OPERATIONS[:3])
    arcs = list(itertools.product(*map(range, space.num_options)))
    kind = reward_of(reward)
    rewards = [measured.reward for measured in kind.make(space, 0).measure(arcs)]
    assert kind.uniform_mean(space) == pytest.approx(np.mean(rewards))


def test_the_same_seed_gives_the_same_curve():
    assert curve("macro", "hidden_target", 5) == curve("macro", "hidden_target", 5)


def test_an_unknown_reward_is_refused():
    with pytest.raises(InputError, match="expected one of operation_share, hidden_target, constant, received loss"):
        curve("macro", "loss", 1)
