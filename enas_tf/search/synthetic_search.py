"""A search on rewards that need no child: rounds of candidates alone, and what they show of the policy."""

from collections.abc import Iterator

import numpy as np

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.rewards.synthetic import SYNTHETIC_REWARDS, uniform_expectation
from enas_tf.search.arc_statistics import policy_statistics
from enas_tf.search_space import SearchSpace
from enas_tf.strategies.registry import make_strategy
from enas_tf.strategies.strategy import Purpose, Strategy, Trial


def run_synthetic_search(
    config: SearchConfig, space: SearchSpace, reward_name: str, num_rounds: int
) -> Iterator[dict[str, object]]:
    """Lets a fresh strategy search on a synthetic reward.

    Args:
      config: Of a search; its strategy and seed count.
      space: To choose from.
      reward_name: A key of `SYNTHETIC_REWARDS`.
      num_rounds: Rounds of the strategy; for the controller updates of `num_aggregate` samples each.

    Yields:
      For every round: `update` (from 0), `reward` (mean of its candidates), `expected_reward_uniform` (what uniform
      draws would get); of a strategy that has a policy, before the round, also `entropy` and `relative_entropy` (as
      `policy_statistics`) and `operation_share` (mean probability of each operation, a list).

    Raises:
      InputError: If there is no such reward.
    """
    if reward_name not in SYNTHETIC_REWARDS:
        raise InputError("synthetic reward", f"one of {', '.join(SYNTHETIC_REWARDS)}", reward_name)
    reward = SYNTHETIC_REWARDS[reward_name](space, config.run.seed)
    expected = uniform_expectation(space, reward_name)
    strategy = make_strategy(config, space)
    strategy.plan(num_rounds * strategy.round_size)
    for number in range(num_rounds):
        arcs = strategy.propose(Purpose.SYNTHETIC, strategy.round_size, number)
        rewards = reward(arcs)
        row = {"update": number, "reward": float(np.mean(rewards)), "expected_reward_uniform": expected}
        row |= _of_policy(strategy, space, arcs)
        strategy.observe(
            [
                Trial(tuple(arc), float(value), Purpose.SYNTHETIC)
                for arc, value in zip(arcs.tolist(), rewards, strict=True)
            ]
        )
        yield row


def _of_policy(strategy: Strategy, space: SearchSpace, arcs: np.ndarray) -> dict[str, object]:
    policy = strategy.policy(arcs)
    if policy is None:
        return {}
    statistics = policy_statistics(space, policy.operations)
    return {
        "entropy": statistics["entropy"],
        "relative_entropy": statistics["relative_entropy"],
        "operation_share": np.mean(policy.operations, axis=(0, 1), dtype=np.float64).tolist(),
    }
