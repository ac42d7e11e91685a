"""DARTS as a strategy: what it refuses, proposes and keeps. Its steps are tested in `test_darts_trainer.py`."""

import dataclasses

import numpy as np
import pytest

from enas_tf.config import ChildConfig, RunConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.search.synthetic_search import SyntheticSearch
from enas_tf.search_space import MacroSpace
from enas_tf.strategies.darts import ZERO_OPERATION, DartsConfig, make_darts
from enas_tf.strategies.strategy import Purpose

SPACE = MacroSpace(3, ("conv_3x3", "max_pooling", ZERO_OPERATION, ZERO_OPERATION), num_poisoned=2)
RUN = RunConfig(search_whole_channels=True)


def make(**settings):
    return make_darts(SearchConfig(RUN, strategy=DartsConfig(**settings)), SPACE)


def set_logits(strategy, **values):
    for name, value in strategy.variables()["architecture"].items():
        value.assign(np.broadcast_to(values[name], value.shape))


@pytest.mark.parametrize(
    ("run", "child", "what"),
    [
        ({}, {"fixed_arc": "0 1 1"}, "--search_mode=darts: expected no architecture beside it: .* received 0 1 1"),
        ({"original_quirks": frozenset({"last_branch"})}, {}, "--original_quirks=last_branch: expected no such quirk"),
        ({"search_whole_channels": False}, {}, "--controller_search_whole_channels: expected whole channels"),
    ],
    ids=["a fixed arc", "last_branch", "channels"],
)
def test_what_has_no_relaxation_is_refused(run, child, what):
    with pytest.raises(InputError, match=what):
        SearchConfig(dataclasses.replace(RUN, **run), child=ChildConfig(**child), strategy=DartsConfig())


def test_rewards_that_are_no_network_are_refused():
    config = SearchConfig(RUN, strategy=DartsConfig())
    with pytest.raises(InputError, match="synthetic reward: expected a strategy that learns from rewards, .* darts"):
        SyntheticSearch(config, SPACE, "constant", 1)


def test_a_rate_that_would_rise_is_refused():
    with pytest.raises(InputError, match="--darts_lr_min: expected at most --darts_lr_max=0.01, received 0.1"):
        DartsConfig(lr_max=0.01, lr_min=0.1)


def test_half_of_the_training_images_is_kept_for_the_logits_unless_they_learn_on_the_held_out_ones():
    assert DartsConfig().kept_share == 0.5
    assert DartsConfig(split="validation").kept_share == 0.0


def test_logits_begin_small_and_are_drawn_from_the_seed():
    values = np.concatenate([np.ravel(each) for each in make().architecture.values().values()])
    assert 1e-4 < np.std(values) < 3e-3
    again = np.concatenate([np.ravel(each) for each in make().architecture.values().values()])
    np.testing.assert_array_equal(values, again)


def test_candidates_and_the_outcome_are_most_likely_and_others_are_drawn():
    strategy = make()
    alpha = np.log([[1.0, 3, 2, 2]] * 3)
    set_logits(strategy, alpha=alpha, gamma=[1.0, -1.0, 1.0])
    for purpose in (Purpose.CANDIDATE, Purpose.SYNTHETIC, Purpose.SAMPLED):
        np.testing.assert_array_equal(strategy.propose(purpose, 2, 1, 0), [[2, 2, 1, 2, 0, 1]] * 2)
    drawn = strategy.propose(Purpose.SHOWN, 4000, 1)
    assert len({tuple(arc) for arc in drawn.tolist()}) > 50
    np.testing.assert_allclose(np.bincount(drawn[:, 0], minlength=4) / 4000, np.array([1, 3, 2, 2]) / 8, atol=0.04)
    policy = strategy.policy(drawn)
    np.testing.assert_allclose(policy.operations, [[np.array([1, 3, 2, 2]) / 8] * 3], atol=1e-6)
    np.testing.assert_allclose(policy.connections, 1 / (1 + np.exp([[-1.0, 1.0, -1.0]])), atol=1e-6)
    left_out = make(zero_in_argmax=False)
    set_logits(left_out, alpha=alpha, gamma=[1.0, -1.0, 1.0])
    np.testing.assert_array_equal(left_out.propose(Purpose.SAMPLED, 1, 0), [[1, 1, 1, 1, 0, 1]])


def test_a_checkpoint_keeps_logits_and_both_moments():
    variables = make().variables()
    assert {name: tuple(value.shape) for name, value in variables["architecture"].items()} == {
        "alpha": (3, 4),
        "gamma": (3,),
    }
    shapes = [tuple(value.shape) for value in variables["architecture_optimizer"]]
    assert shapes.count((3, 4)) == shapes.count((3,)) == 2
