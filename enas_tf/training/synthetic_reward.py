"""Trains a controller on rewards that need no child: whether REINFORCE works at all, apart from how noisy a child is.

`operation_share` is the share of an architecture's operations that are operation 0; `hidden_target` the share of its
integers that agree with a hidden architecture; `constant` the same for all, so that a controller has nothing to learn.
"""

from collections.abc import Callable, Iterator

import numpy as np

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.models.factory import make_controller
from enas_tf.search_space import SearchSpace
from enas_tf.seeds import named_generator
from enas_tf.training.arc_source import ControllerArcs
from enas_tf.training.arc_statistics import policy_statistics
from enas_tf.training.controller_trainer import ControllerTrainer

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


def run_synthetic_search(
    config: SearchConfig, space: SearchSpace, reward_name: str, num_updates: int
) -> Iterator[dict[str, object]]:
    """Trains a fresh controller on a synthetic reward.

    Args:
      config: Of a search; its controller settings and seed count.
      space: To choose from.
      reward_name: A key of `SYNTHETIC_REWARDS`.
      num_updates: Updates of `config.controller.num_aggregate` samples each.

    Yields:
      For every update, of the policy before it: `update` (from 0), `reward` (mean of the samples),
      `expected_reward_uniform` (what uniform draws would get), `entropy` and `relative_entropy` (as
      `policy_statistics`), `operation_share` (mean probability of each operation, a list).

    Raises:
      InputError: If there is no such reward.
    """
    if reward_name not in SYNTHETIC_REWARDS:
        raise InputError("synthetic reward", f"one of {', '.join(SYNTHETIC_REWARDS)}", reward_name)
    reward = SYNTHETIC_REWARDS[reward_name](space, config.run.seed)
    expected = uniform_expectation(space, reward_name)
    trainer = ControllerTrainer(make_controller(config, space), config.controller)
    source = ControllerArcs(trainer, config.run.seed)
    for update in range(num_updates):
        arcs = source.draw(config.controller.num_aggregate, "synthetic search", update)
        rewards = reward(arcs)
        probabilities = source.operation_probabilities(arcs)
        statistics = policy_statistics(space, probabilities)
        trainer.update(arcs, rewards)
        yield {
            "update": update,
            "reward": float(np.mean(rewards)),
            "expected_reward_uniform": expected,
            "entropy": statistics["entropy"],
            "relative_entropy": statistics["relative_entropy"],
            "operation_share": np.mean(probabilities, axis=(0, 1), dtype=np.float64).tolist(),
        }
