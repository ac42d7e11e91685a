"""Helpers of the tests of strategies that look for candidates: made by name, fed with a synthetic reward."""

import json

import numpy as np

from enas_tf.config import RunConfig, SearchConfig
from enas_tf.rewards.registry import reward_of
from enas_tf.search.checkpoints import _plain
from enas_tf.search_space import MacroChannelSpace, MacroSpace, MicroSpace
from enas_tf.strategies.registry import kind_of, make_strategy
from enas_tf.strategies.strategy import Purpose, Trial

SPACES = {
    "macro": MacroSpace(4, ("a", "b", "c", "d")),
    "micro": MicroSpace(2, ("a", "b", "c")),
    "channels": MacroChannelSpace(2, 4, ("a", "b")),
}


def make(name, space, seed=0, search_for="macro", **settings):
    """Makes a strategy of the registry."""
    run = RunConfig(search_for=search_for, search_whole_channels=True, seed=seed)
    return make_strategy(SearchConfig(run, strategy=kind_of(name).config(**settings)), space)


def candidates(strategy, number=1):
    """The next candidates, as tuples."""
    return [tuple(arc) for arc in strategy.propose(Purpose.CANDIDATE, number, 1, 0).tolist()]


def observe(strategy, arcs, rewards):
    """Has candidates observed."""
    return strategy.observe([Trial(arc, reward) for arc, reward in zip(arcs, rewards, strict=True)])


def search(strategy, reward, number):
    """Takes candidates one by one; returns them, and their rewards."""
    arcs, rewards = [], []
    for round_number in range(number):
        arc = strategy.propose(Purpose.CANDIDATE, 1, 1, round_number)
        rewards.append(float(reward(arc)[0]))
        arcs.append(tuple(arc[0].tolist()))
        observe(strategy, arcs[-1:], rewards[-1:])
    return arcs, rewards


def synthetic_reward(name, space, seed=0):
    """A reward by its name, as a function from arcs [num_arcs, arc_length] to rewards [num_arcs]."""
    reward = reward_of(name).make(space, seed)
    return lambda arcs: np.array([measured.reward for measured in reward.measure(arcs)])


def through_json(state):
    """A state as it comes back from a checkpoint."""
    return json.loads(json.dumps(state, default=_plain))
