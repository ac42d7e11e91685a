"""Rewards that need no child: whether a strategy learns at all, apart from how noisy a child is.

`operation_share` is the share of an architecture's operations that are operation 0; `hidden_target` the share of its
integers that agree with a hidden architecture; `constant` the same for all, so that there is nothing to learn.
"""

from collections.abc import Callable

import numpy as np

from enas_tf.search_space import SearchSpace
from enas_tf.seeds import named_generator

# Arcs [num_arcs, arc_length] to rewards in 0..1, [num_arcs].
Reward = Callable[[np.ndarray], np.ndarray]

CONSTANT_REWARD = 0.5


def operation_share(space: SearchSpace, seed: int) -> Reward:
    """Makes the reward that is the share of operation 0 among an architecture's operations."""
    return lambda arcs: np.mean(arcs[:, space.operation_positions] == 0, axis=1)


def hidden_target(space: SearchSpace, seed: int) -> Reward:
    """Makes the reward that is the share of integers that agree with an architecture drawn by the seed."""
    target = space.uniform(named_generator(seed, "hidden target"), 1)
    return lambda arcs: np.mean(arcs == target, axis=1)


def constant(space: SearchSpace, seed: int) -> Reward:
    """Makes the reward that is the same for every architecture."""
    return lambda arcs: np.full(len(arcs), CONSTANT_REWARD)


SYNTHETIC_REWARDS = {"operation_share": operation_share, "hidden_target": hidden_target, "constant": constant}


def uniform_expectation(space: SearchSpace, reward_name: str) -> float:
    """The mean of a synthetic reward over all architectures of a space."""
    options = np.array(space.num_options)
    return {
        "operation_share": float(np.mean(1.0 / options[list(space.operation_positions)])),
        "hidden_target": float(np.mean(1.0 / options)),
        "constant": CONSTANT_REWARD,
    }[reward_name]
