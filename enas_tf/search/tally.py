"""What a search has spent on candidates so far, and what it has got for it."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from enas_tf.search_space import Arc
from enas_tf.strategies.strategy import Trial


class Leader(NamedTuple):
    """A candidate that is among the best.

    Attributes:
      arc: The architecture.
      reward: The highest that it got.
    """

    arc: Arc
    reward: float


class CandidateTally:
    """Counts the candidates of a search, and keeps the best of them.

    Args:
      num_leaders: Architectures that are kept; 0 for a search whose outcome is chosen otherwise.

    Attributes:
      num_candidates: Rewarded so far.
      num_images: That they were run on.
      multiply_adds: That this took.
      leaders: The best, each architecture once, the best one first; of equal ones the one that was there first.
      improvements: The best reward so far, wherever it rose: number of the candidate, from 1, images and multiply-adds
        by then, reward.
      is_whole: Whether all candidates were counted, and not only those since a run of a former version went on.
    """

    def __init__(self, num_leaders: int) -> None:
        self._num_leaders = num_leaders
        self.num_candidates = 0
        self.num_images = 0
        self.multiply_adds = 0
        self.leaders: list[Leader] = []
        self.improvements: list[tuple[int, int, int, float]] = []
        self.is_whole = True

    @property
    def best_reward(self) -> float:
        """The highest reward so far; minus infinity before there is one."""
        return self.improvements[-1][-1] if self.improvements else -math.inf

    def observe(self, trials: Sequence[Trial]) -> list[Mapping[str, Any]]:
        """Counts some candidates.

        Returns:
          Of each `number`, from 1, `reward`, `images` and `multiply_adds` (by then) and `best_reward`; where costs have
          a price, also `accuracy` and `cost`.
        """
        return [self._observe_one(trial) for trial in trials]

    def state(self) -> Mapping[str, Any]:
        """Returns everything as plain data."""
        return {
            "num_candidates": self.num_candidates,
            "num_images": self.num_images,
            "multiply_adds": self.multiply_adds,
            "leaders": self.leaders,
            "improvements": self.improvements,
            "is_whole": self.is_whole,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes up what `state` returned."""
        self.num_candidates, self.num_images = state["num_candidates"], state["num_images"]
        self.multiply_adds, self.is_whole = state["multiply_adds"], state["is_whole"]
        self.leaders = [Leader(tuple(arc), reward) for arc, reward in state["leaders"]]
        self.improvements = [tuple(improvement) for improvement in state["improvements"]]

    def summary(self) -> dict[str, Any]:
        """Returns what the results tell of it."""
        return {
            "num_rewarded": self.num_candidates,
            "num_images": self.num_images,
            "multiply_adds": self.multiply_adds,
            "best_so_far": [
                {"candidate": number, "images": images, "multiply_adds": multiply_adds, "reward": reward}
                for number, images, multiply_adds, reward in self.improvements
            ],
        }

    def _observe_one(self, trial: Trial) -> Mapping[str, Any]:
        self.num_candidates += 1
        self.num_images += trial.num_images
        self.multiply_adds += trial.multiply_adds
        spent = (self.num_candidates, self.num_images, self.multiply_adds)
        if trial.reward > self.best_reward:
            self.improvements.append((*spent, trial.reward))
        self._lead(Leader(trial.arc, trial.reward))
        return {
            "number": self.num_candidates,
            "reward": trial.reward,
            "images": self.num_images,
            "multiply_adds": self.multiply_adds,
            "best_reward": self.best_reward,
            **({} if trial.cost is None else {"accuracy": trial.accuracy, "cost": trial.cost}),
        }

    def _lead(self, candidate: Leader) -> None:
        known = {leader.arc: leader.reward for leader in self.leaders}
        if candidate.reward > known.get(candidate.arc, float("-inf")):
            known[candidate.arc] = candidate.reward
        # Stable: of equal ones the first stays in front.
        ranked = sorted(itertools.starmap(Leader, known.items()), key=lambda leader: -leader.reward)
        self.leaders = ranked[: self._num_leaders]
