"""Rewards that need no child: whether a strategy learns at all, apart from how noisy a child is.

`operation_share` is the share of an architecture's operations that are operation 0; `hidden_target` the share of its
integers that agree with a hidden architecture; `constant` the same for all, so that there is nothing to learn.
"""

from collections.abc import Callable, Sequence

import numpy as np

from enas_tf.rewards.reward import Measurement, RewardKind
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.seeds import named_generator

CONSTANT_REWARD = 0.5


class FunctionReward:
    """A reward that is a function of the integers of an architecture.

    Args:
      function: From arcs, int [num_arcs, arc_length], to rewards, [num_arcs].
    """

    def __init__(self, function: Callable[[np.ndarray], np.ndarray]) -> None:
        self._function = function

    def measure(self, arcs: Sequence[Arc]) -> list[Measurement]:
        """Says what each of some architectures is worth; no images are run."""
        return [Measurement(float(reward)) for reward in self._function(np.array(arcs))]


def operation_share(space: SearchSpace, seed: int) -> FunctionReward:
    """Makes the reward that is the share of operation 0 among an architecture's operations."""
    return FunctionReward(lambda arcs: np.mean(arcs[:, space.operation_positions] == 0, axis=1))


def hidden_target(space: SearchSpace, seed: int) -> FunctionReward:
    """Makes the reward that is the share of integers that agree with an architecture drawn by the seed."""
    target = space.uniform(named_generator(seed, "hidden target"), 1)
    return FunctionReward(lambda arcs: np.mean(arcs == target, axis=1))


def constant(space: SearchSpace, seed: int) -> FunctionReward:
    """Makes the reward that is the same for every architecture."""
    return FunctionReward(lambda arcs: np.full(len(arcs), CONSTANT_REWARD))


KINDS = (
    RewardKind(
        "operation_share",
        operation_share,
        lambda space: float(np.mean(1.0 / np.array(space.num_options)[list(space.operation_positions)])),
    ),
    RewardKind("hidden_target", hidden_target, lambda space: float(np.mean(1.0 / np.array(space.num_options)))),
    RewardKind("constant", constant, lambda space: CONSTANT_REWARD),
)
