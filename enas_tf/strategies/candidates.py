"""What strategies share that look for candidates by what earlier ones were worth, while uniform draws train weights."""

import abc
import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from enas_tf.config import AFTER, JOINT, SearchConfig, StrategyConfig
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.strategies.strategy import Purpose, Strategy, Trial
from enas_tf.strategies.uniform import UniformArcs

# Where in its random stream a proposal stands.
Counters = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class CandidateSearchConfig(StrategyConfig):
    """What strategies are set to that look for candidates by what earlier ones were worth."""

    # Rewards drift while weights are trained, and what is compared here was measured at different times.
    schedules: ClassVar[tuple[str, ...]] = (AFTER, JOINT)
    needs_candidates: ClassVar[bool] = True


class CandidateSearch(Strategy):
    """Keeps count of what it has observed, and draws its candidates by that count.

    A reward that is no number, which no later proposal could be compared with, counts as the worst before it.

    Args:
      config: Of the search.
      space: To choose from.
    """

    def __init__(self, config: SearchConfig, space: SearchSpace) -> None:
        self._seed = config.run.seed
        self._space = space
        self._uniform = UniformArcs.of(config, space)
        self._choices = self._uniform.choices
        self._trains_weights = config.schedule.child_arcs == "strategy"
        self._num_observed = 0
        self._worst: float | None = None

    def propose(self, purpose: Purpose, num_arcs: int, *counters: int) -> np.ndarray:
        """Proposes what the strategy would try now; for shared weights uniform draws, unless it is to train them."""
        if purpose is Purpose.CHILD and not self._trains_weights:
            return self._uniform.draw(num_arcs, purpose, *counters)
        start: Counters = (self._num_observed,) if purpose.is_candidate else (*counters, 0)
        streams = [(*start[:-1], start[-1] + number) for number in range(num_arcs)]
        return np.array(self._search(purpose, streams), np.int32)

    def observe(self, trials: Sequence[Trial]) -> Mapping[str, Any]:
        """Learns from candidates; returns the reward of each, as it was learnt, and what else there is to tell."""
        told = [self._observe_one(trial) for trial in trials if trial.purpose.is_candidate]
        return {name: np.array([each[name] for each in told]) for name in (told[0] if told else ())}

    def phase_scalars(self, rounds: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
        """Returns the mean reward of a phase; what the strategy has come to by it is said of its state."""
        rewards = [reward for told in rounds for reward in told.get("reward", ())]
        return {"reward": float(np.mean(rewards))} if rewards else {}

    def state(self) -> Mapping[str, Any]:
        """Returns what was counted and what the strategy remembers."""
        return {"num_observed": self._num_observed, "worst_reward": self._worst, **self._memory()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes up a state, as `Strategy` describes."""
        self._num_observed, self._worst = state["num_observed"], state["worst_reward"]
        self._remember(state)

    @abc.abstractmethod
    def _search(self, purpose: Purpose, streams: Sequence[Counters]) -> Sequence[Arc]:
        """Proposes an architecture for each place in the purpose's random stream; changes nothing.

        For a candidate the place is the number of those observed before it.
        """

    def _learn(self, arc: Arc, reward: float) -> Mapping[str, float]:
        """Takes what an architecture was worth; returns numbers to tell of it, by the same names every time."""
        return {}

    def _memory(self) -> Mapping[str, Any]:
        """Returns what `_learn` has changed, as `Strategy.state` describes."""
        return {}

    def _remember(self, memory: Mapping[str, Any]) -> None:
        """Takes up what `_memory` returned, which may hold more."""
        return

    def _observe_one(self, trial: Trial) -> Mapping[str, float]:
        reward = trial.reward
        if not math.isfinite(reward):
            reward = 0.0 if self._worst is None else self._worst
        self._worst = reward if self._worst is None else min(self._worst, reward)
        told = self._learn(tuple(map(int, trial.arc)), reward)
        self._num_observed += 1
        return {"reward": reward, **told}
