"""The course of one strategy with one seed on a synthetic reward: what each of its candidates was worth, in order."""

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from enas_tf.config import SearchConfig
from enas_tf.poisoning import space_of
from enas_tf.rewards.synthetic import SYNTHETIC_REWARDS, uniform_expectation
from enas_tf.search.arc_statistics import policy_statistics
from enas_tf.search_space import SearchSpace
from enas_tf.strategies.registry import make_strategy
from enas_tf.strategies.strategy import Purpose, Strategy, Trial

# Places at which a curve is written down, however many candidates there were.
NUM_PLACES = 200

# Is told the reward of every candidate.
Observer = Callable[[float], None]


@dataclasses.dataclass(frozen=True)
class Course:
    """How a search on a synthetic reward went.

    Attributes:
      rewards: Of each candidate, in the order in which they were proposed, float64 [num_candidates].
      uniform_mean: The mean reward of uniform draws.
      rounds: A row a round of the strategy: `update` (from 0), `reward` (mean of its candidates) and
        `expected_reward_uniform`; of a strategy that has a policy, before the round, also `entropy`, `relative_entropy`
        (as `policy_statistics`) and `operation_share` (mean probability of each operation, a list).
      remarks: What the strategy said to the number of candidates.
    """

    rewards: np.ndarray
    uniform_mean: float
    rounds: Sequence[Mapping[str, Any]]
    remarks: Sequence[str] = ()

    @functools.cached_property
    def best_so_far(self) -> np.ndarray:
        """The highest reward up to each candidate, [num_candidates]."""
        return np.maximum.accumulate(self.rewards)

    @property
    def best(self) -> float:
        """The highest reward of all."""
        return float(self.best_so_far[-1])

    @property
    def area(self) -> float:
        """The area under `best_so_far` as a share of all there could be, in 0..1: its mean over candidates."""
        return float(np.mean(self.best_so_far))

    @property
    def mean(self) -> float:
        """The mean reward of all candidates."""
        return float(np.mean(self.rewards))

    def curve(self, num_places: int = NUM_PLACES) -> Mapping[str, np.ndarray]:
        """Returns the course at some places that are equally far from one another.

        Args:
          num_places: How many, where there are as many candidates.

        Returns:
          `architectures` (rewarded by then), `best_reward` (so far) and `mean_reward` (since the place before: a
          single candidate says little), [num_places] each.
        """
        num = len(self.rewards)
        places = np.unique(np.ceil(np.linspace(0, num, min(num_places, num) + 1)[1:]).astype(int))
        sums = np.add.reduceat(self.rewards, [0, *places[:-1]])
        return {
            "architectures": places,
            "best_reward": self.best_so_far[places - 1],
            "mean_reward": sums / np.diff(places, prepend=0),
        }


def run_course(config: SearchConfig, reward_name: str, num_candidates: int, observer: Observer) -> Course:
    """Lets a fresh strategy search on a synthetic reward.

    Args:
      config: Of the search; its strategy, space and seed count.
      reward_name: A key of `SYNTHETIC_REWARDS`.
      num_candidates: How many are rewarded. Those that the last round has beyond them do not count.
      observer: Is told of each.
    """
    space, seed = space_of(config), config.run.seed
    reward, expected = SYNTHETIC_REWARDS[reward_name](space, seed), uniform_expectation(space, reward_name)
    strategy = make_strategy(config, space)
    remarks = strategy.plan(num_candidates)
    rounds: list[Mapping[str, Any]] = []
    rewards: list[float] = []
    for number in range(math.ceil(num_candidates / strategy.round_size)):
        arcs = strategy.propose(Purpose.SYNTHETIC, strategy.round_size, number)
        of_round = reward(arcs)
        row = {"update": number, "reward": float(np.mean(of_round)), "expected_reward_uniform": expected}
        rounds.append(row | _of_policy(strategy, space, arcs))
        found = list(map(float, of_round))
        strategy.observe(
            [Trial(tuple(arc), one, Purpose.SYNTHETIC) for arc, one in zip(arcs.tolist(), found, strict=True)]
        )
        rewards += found
        for one in found:
            observer(one)
    return Course(np.array(rewards[:num_candidates]), expected, rounds, remarks)


def _of_policy(strategy: Strategy, space: SearchSpace, arcs: np.ndarray) -> Mapping[str, Any]:
    policy = strategy.policy(arcs)
    if policy is None:
        return {}
    statistics = policy_statistics(space, policy.operations)
    return {
        "entropy": statistics["entropy"],
        "relative_entropy": statistics["relative_entropy"],
        "operation_share": np.mean(policy.operations, axis=(0, 1), dtype=np.float64).tolist(),
    }
