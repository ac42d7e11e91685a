"""The course of one strategy with one seed on a synthetic reward: what each of its candidates was worth, in order."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from enas_tf.config import SearchConfig
from enas_tf.poisoning import space_of
from enas_tf.search.synthetic_search import SyntheticSearch

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
      rounds: A row a round of the strategy, as `SyntheticRound` describes it.
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
      reward_name: A key of `enas_tf.rewards.registry.REWARDS`.
      num_candidates: How many are rewarded. Those that the last round has beyond them do not count.
      observer: Is told of each.
    """
    search = SyntheticSearch(config, space_of(config), reward_name, num_candidates)
    rounds: list[Mapping[str, Any]] = []
    rewards: list[float] = []
    for taken in search.rounds():
        rounds.append(taken.row)
        rewards += taken.rewards
        for reward in taken.rewards:
            observer(reward)
    return Course(np.array(rewards[:num_candidates]), search.uniform_mean, rounds, search.remarks)
