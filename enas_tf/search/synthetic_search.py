"""A search on rewards that need no child: rounds of candidates alone, and what they show of the policy."""

from collections.abc import Iterator

import numpy as np

from enas_tf.config import SearchConfig
from enas_tf.rewards.registry import reward_of
from enas_tf.search.arc_statistics import policy_statistics
from enas_tf.search.rounds import take_round
from enas_tf.search_space import SearchSpace
from enas_tf.strategies.registry import make_strategy
from enas_tf.strategies.strategy import Policy, Purpose, Strategy


class _Watched(Strategy):
    """A strategy whose policy is looked at before it observes a round."""

    def __init__(self, strategy: Strategy):
        self._strategy = strategy
        self.round_size = strategy.round_size
        self.policy_before: Policy | None = None

    def propose(self, purpose: Purpose, num_arcs: int, *counters: int) -> np.ndarray:
        arcs = self._strategy.propose(purpose, num_arcs, *counters)
        self.policy_before = self._strategy.policy(arcs)
        return arcs

    def observe(self, trials):
        return self._strategy.observe(trials)

    def fault(self):
        return self._strategy.fault()

    def plan(self, num_candidates: int):
        return self._strategy.plan(num_candidates)


def run_synthetic_search(
    config: SearchConfig, space: SearchSpace, reward_name: str, num_rounds: int
) -> Iterator[dict[str, object]]:
    """Lets a fresh strategy search on a synthetic reward.

    Args:
      config: Of a search; its strategy and seed count.
      space: To choose from.
      reward_name: A key of `enas_tf.rewards.registry.REWARDS`.
      num_rounds: Rounds of the strategy; for the controller updates of `num_aggregate` samples each.

    Yields:
      For every round: `update` (from 0), `reward` (mean of its candidates), `expected_reward_uniform` (what uniform
      draws would get); of a strategy that has a policy, before the round, also `entropy` and `relative_entropy` (as
      `policy_statistics`) and `operation_share` (mean probability of each operation, a list).

    Raises:
      InputError: If there is no such reward.
    """
    kind = reward_of(reward_name)
    reward, expected = kind.make(space, config.run.seed), kind.uniform_mean(space)
    strategy = _Watched(make_strategy(config, space))
    strategy.plan(num_rounds * strategy.round_size)
    for number in range(num_rounds):
        taken = take_round(strategy, space, reward, Purpose.SYNTHETIC, number)
        yield {
            "update": number,
            "reward": taken.mean_reward,
            "expected_reward_uniform": expected,
            **_described(space, strategy.policy_before),
        }


def _described(space: SearchSpace, policy: Policy | None) -> dict[str, object]:
    if policy is None:
        return {}
    statistics = policy_statistics(space, policy.operations)
    return {
        "entropy": statistics["entropy"],
        "relative_entropy": statistics["relative_entropy"],
        "operation_share": np.mean(policy.operations, axis=(0, 1), dtype=np.float64).tolist(),
    }
