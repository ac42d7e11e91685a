"""A search on rewards that need no child: rounds of candidates alone, and what they show of the policy."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.rewards.registry import reward_of
from enas_tf.search.arc_statistics import policy_statistics
from enas_tf.search.rounds import take_round
from enas_tf.search_space import SearchSpace
from enas_tf.strategies.registry import make_strategy
from enas_tf.strategies.strategy import Policy, Purpose, Strategy, Trial


class SyntheticRound(NamedTuple):
    """A round of such a search.

    Attributes:
      rewards: Of its candidates, in the order in which they were proposed.
      row: `update` (number of the round, from 0), `reward` (mean of its candidates), `expected_reward_uniform` (what
        uniform draws would get); of a strategy that has a policy, before the round, also `entropy` and
        `relative_entropy` (as `policy_statistics`) and `operation_share` (mean probability of each operation, a list).
    """

    rewards: Sequence[float]
    row: Mapping[str, Any]


class _Watched(Strategy):
    """A strategy whose policy is looked at before it observes a round."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self.round_size = strategy.round_size
        self.policy_before: Policy | None = None

    def propose(self, purpose: Purpose, num_arcs: int, *counters: int) -> np.ndarray:
        arcs = self._strategy.propose(purpose, num_arcs, *counters)
        self.policy_before = self._strategy.policy(arcs.tolist())
        return arcs

    def observe(self, trials: Sequence[Trial]) -> Mapping[str, Any]:
        return self._strategy.observe(trials)

    def fault(self) -> str | None:
        return self._strategy.fault()


class SyntheticSearch:
    """Lets a fresh strategy search on a synthetic reward.

    Args:
      config: Of a search; its strategy and seed count.
      space: To choose from.
      reward_name: A key of `enas_tf.rewards.registry.REWARDS`.
      num_candidates: How many there are to be; the last round may have some beyond them.

    Attributes:
      uniform_mean: The mean reward of uniform draws.
      remarks: What the strategy says to the number of candidates.

    Raises:
      InputError: If there is no such reward, or the strategy learns from a network and not from rewards.
    """

    def __init__(self, config: SearchConfig, space: SearchSpace, reward_name: str, num_candidates: int) -> None:
        if config.strategy.needs_network:
            raise InputError("synthetic reward", "a strategy that learns from rewards", config.strategy.name)
        kind, strategy = reward_of(reward_name), make_strategy(config, space)
        self.uniform_mean = kind.uniform_mean(space)
        self.remarks = strategy.plan(num_candidates)
        self._reward = kind.make(space, config.run.seed)
        self._space = space
        self._strategy = _Watched(strategy)
        self._num_rounds = math.ceil(num_candidates / strategy.round_size)

    def rounds(self) -> Iterator[SyntheticRound]:
        """Takes one round after the other."""
        for number in range(self._num_rounds):
            taken = take_round(self._strategy, self._space, self._reward, Purpose.SYNTHETIC, number)
            row = {"update": number, "reward": taken.mean_reward, "expected_reward_uniform": self.uniform_mean}
            yield SyntheticRound([trial.reward for trial in taken.trials], row | self._described())

    def _described(self) -> dict[str, Any]:
        policy = self._strategy.policy_before
        if policy is None:
            return {}
        statistics = policy_statistics(self._space, policy.operations)
        return {
            "entropy": statistics["entropy"],
            "relative_entropy": statistics["relative_entropy"],
            "operation_share": np.mean(policy.operations, axis=(0, 1), dtype=np.float64).tolist(),
        }
