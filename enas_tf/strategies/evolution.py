"""Regularized evolution: the best of a few of the population is mutated, and the oldest of it dies.

Reference: Real et al. (2019), arXiv 1802.01548, algorithm 1.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from enas_tf.config import SearchConfig, setting
from enas_tf.errors import InputError
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.seeds import named_generator
from enas_tf.strategies.candidates import CandidateSearch, CandidateSearchConfig, Counters
from enas_tf.strategies.strategy import Purpose, StrategyKind


@dataclasses.dataclass(frozen=True)
class EvolutionConfig(CandidateSearchConfig):
    """Settings of the evolution; the defaults are the published ones.

    Attributes:
      population_size: Architectures alive; so many are drawn uniformly at first.
      tournament_size: Draws from the population, with replacement, of which the best is mutated.
      identity_probability: Probability that a mutation changes nothing.
    """

    name: ClassVar[str] = "evolution"

    population_size: int = setting(
        100, "Architectures in the population; the first so many candidates are uniform draws.", "positive integer"
    )
    tournament_size: int = setting(
        25, "Draws from the population, with replacement, of which the best is mutated.", "positive integer"
    )
    identity_probability: float = setting(
        0.05,
        "Probability that a mutation changes nothing: the architecture is then rewarded once more.",
        "probability",
    )

    def check(self, config: SearchConfig) -> None:
        """Refuses a tournament that is larger than the population.

        Raises:
          InputError: If it is.
        """
        if self.tournament_size > self.population_size:
            expected = f"at most --evolution_population_size={self.population_size}"
            raise InputError("--evolution_tournament_size", expected, self.tournament_size)


class Evolution(CandidateSearch):
    """Proposes a mutation of a tournament's winner (arguments as `CandidateSearch`).

    What is proposed for another purpose than to be rewarded is such a mutation too, and is not remembered.
    """

    def __init__(self, config: SearchConfig, space: SearchSpace) -> None:
        super().__init__(config, space)
        self._config = config.strategy_as(EvolutionConfig)
        self._population: list[tuple[Arc, float]] = []  # with their rewards, in order of age, the oldest first

    def plan(self, num_candidates: int) -> Sequence[str]:
        """Says so where nothing will be mutated."""
        size = self._config.population_size
        if num_candidates > size:
            return ()
        return [
            f"Evolution: {num_candidates} candidates are uniform draws, none beyond the population of {size} "
            "(--evolution_population_size)"
        ]

    def population(self) -> Sequence[Arc]:
        """Returns the architectures alive, the oldest first."""
        return [arc for arc, _ in self._population]

    def epoch_values(self) -> Mapping[str, float]:
        """Returns size, mean and best reward of the population."""
        rewards = [reward for _, reward in self._population]
        if not rewards:
            return {"population_size": 0}
        return {
            "population_size": len(rewards),
            "population_mean_reward": float(np.mean(rewards)),
            "population_best_reward": max(rewards),
        }

    def _search(self, purpose: Purpose, streams: Sequence[Counters]) -> Sequence[Arc]:
        return [self._offspring(purpose, *counters) for counters in streams]

    def _offspring(self, purpose: Purpose, *counters: int) -> Arc:
        num_born = counters[0] if purpose.is_candidate else self._num_observed
        if num_born < self._config.population_size or not self._population:
            return tuple(self._uniform.draw(1, purpose, *counters)[0].tolist())
        generator = named_generator(self._seed, purpose, *counters)
        drawn = generator.integers(len(self._population), size=self._config.tournament_size)
        winner, _ = max((self._population[number] for number in drawn), key=lambda individual: individual[1])
        return self._choices.mutate(winner, generator, self._config.identity_probability)

    def _learn(self, arc: Arc, reward: float) -> Mapping[str, float]:
        self._population.append((arc, reward))
        if len(self._population) > self._config.population_size:
            del self._population[0]  # the oldest, however good it is
        return {"population_best_reward": max(reward for _, reward in self._population)}

    def _memory(self) -> Mapping[str, Any]:
        return {"population": self._population}

    def _remember(self, memory: Mapping[str, Any]) -> None:
        self._population = [(tuple(arc), reward) for arc, reward in memory["population"]]


KIND = StrategyKind(
    config=EvolutionConfig,
    make=Evolution,
    help="regularized evolution, by tournaments and mutations",
    label="evolution",
    colour="#CC79A7",
    marker="D",
    learner="evolution",
    account="trains the weights by uniform draws",
)
