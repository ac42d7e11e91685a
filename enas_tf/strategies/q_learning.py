"""Temporal difference with epsilon-greedy episodes: each choice is an action, the accuracy at the end the reward.

References: MetaQNN, Baker et al. (2017), arXiv 1611.02167; Watkins (1989); for the default target, which is the whole
return of an episode, Sutton and Barto (2018), chapter 5.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from enas_tf.config import SearchConfig, setting
from enas_tf.search_space import Arc, Choices, SearchSpace
from enas_tf.search_space.distributions import sorted_by_kind
from enas_tf.seeds import named_generator
from enas_tf.strategies.candidates import CandidateSearch, CandidateSearchConfig, Counters
from enas_tf.strategies.strategy import Policy, Purpose, StrategyKind

# About what an average architecture is worth, and rather less (MetaQNN).
INITIAL_VALUE = 0.5

# MetaQNN's levels of exploration, each with its number of architectures out of 2,700.
LEVELS = (
    (1.0, 1500),
    *((level, 100) for level in (0.9, 0.8, 0.7)),
    *((tenths / 10, 150) for tenths in range(6, 0, -1)),
)
# Architectures remembered under a joint search, whose earlier ones were rewarded with other weights.
JOINT_MEMORY = 200
NUM_PUBLISHED = sum(number for _, number in LEVELS)
# The share of all candidates after which multiplicative exploration has come down to its floor.
DECAYED_AFTER = 0.75


@dataclasses.dataclass(frozen=True)
class QLearningConfig(CandidateSearchConfig):
    """Settings of the learning; the defaults are MetaQNN's, but for the target, whose published form cannot learn here.

    Attributes:
      target: What a value moves towards: `return`, the reward of its episode, or `one_step`, the best value of the
        state after it.
      order: In which an episode is learnt by one step: `reversed`, its last choice first, or `forward`.
      epsilon: How exploration falls: by MetaQNN's `levels`, or `multiplicative`.
      epsilon_floor: Where multiplicative exploration ends.
      alpha: Share of the way a value moves towards its target.
      gamma: Discount of the value of the state after.
      replay: Remembered episodes that are learnt again after each new one.
      memory: Episodes that are remembered, the latest; None for all, or `JOINT_MEMORY` under a joint search.
    """

    name: ClassVar[str] = "q_learning"
    paced_by_epochs: ClassVar[bool] = True

    target: str = setting(
        "return",
        "What the value of a choice is moved towards: `return`, the reward of its architecture, or `one_step`, the "
        "best value of the next choice, as published, which cannot learn architectures of fixed length.",
        ("return", "one_step"),
    )
    order: str = setting(
        "reversed",
        "With --q_learning_target=one_step: learn an architecture's last choice first (`reversed`, MetaQNN) or its "
        "first one (`forward`).",
        ("reversed", "forward"),
        only_with=("target", "one_step"),
    )
    epsilon: str = setting(
        "levels",
        "How the probability of a random choice falls: by MetaQNN's `levels`, at the same shares of all candidates, or "
        "`multiplicative`, to --q_learning_epsilon_floor after three quarters of them.",
        ("levels", "multiplicative"),
    )
    epsilon_floor: float = setting(
        0.1,
        "Where the probability of a random choice ends with --q_learning_epsilon=multiplicative.",
        "probability",
        only_with=("epsilon", "multiplicative"),
    )
    alpha: float = setting(0.01, "Share of the way to its target that a value moves at once.", "keep probability")
    gamma: float = setting(
        1.0,
        "With --q_learning_target=one_step: factor of the best value of the next choice.",
        "probability",
        only_with=("target", "one_step"),
    )
    replay: int = setting(
        100,
        "Remembered architectures that are learnt again after each new one, drawn with replacement; 0 for none.",
        "non-negative integer",
    )
    memory: int | None = setting(
        None,
        f"Architectures that are remembered, the latest; if not given all of them, with --search_schedule=joint "
        f"{JOINT_MEMORY}.",
        "positive integer",
    )


class Step(NamedTuple):
    """A choice of an episode.

    Attributes:
      values: Of all actions allowed in its state, as they stand in the table.
      action: The index of the one that was taken.
    """

    values: list[float]
    action: int


class QTable:
    """The value of every action in every state.

    A state is a position of the arc, and where the options there depend on it the choice just before. An action is the
    integer there.

    Args:
      choices: What there is to choose.
    """

    def __init__(self, choices: Choices) -> None:
        self._places = choices.places
        # By position and the earlier integers of its place.
        self._options = dict(self._states())
        self._values = {state: [INITIAL_VALUE] * len(options) for state, options in self._options.items()}

    @property
    def size(self) -> int:
        """Values in the table."""
        return sum(map(len, self._values.values()))

    def play(self, generator: np.random.Generator, epsilon: float) -> Arc:
        """Makes the choices of an architecture: a random one with a probability, else the best, of equal ones any."""
        arc: list[int] = []
        for place in self._places:
            for position in place.positions:
                state = (position, *arc[place.positions[0] :])
                options, values = self._options[state], self._values[state]
                actions = range(len(options)) if generator.random() < epsilon else _best(values)
                arc.append(options[actions[generator.integers(len(actions))]])
        return tuple(arc)

    def steps(self, arc: Sequence[int]) -> list[Step]:
        """Returns the choices that lead to an architecture, in their order."""
        steps = []
        for place in self._places:
            for position in place.positions:
                state = (position, *arc[place.positions[0] : position])
                steps.append(Step(self._values[state], self._options[state].index(arc[position])))
        return steps

    def probabilities(self, arc: Sequence[int], epsilon: float) -> list[np.ndarray]:
        """Returns the distribution of the choice at each position along an architecture, over its options in order."""
        rows = []
        for step in self.steps(arc):
            row = np.full(len(step.values), epsilon / len(step.values))
            best = _best(step.values)
            row[best] += (1 - epsilon) / len(best)
            rows.append(row)
        return rows

    def data(self) -> list[list[float]]:
        """Returns the values, state by state, as plain data."""
        return list(self._values.values())

    def take(self, data: Sequence[Sequence[float]]) -> None:
        """Takes up what `data` returned."""
        self._values = {state: list(values) for state, values in zip(self._values, data, strict=True)}

    def _states(self) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Yields every state with the options there."""
        for place in self._places:
            for number, position in enumerate(place.positions):
                for earlier in sorted({option[:number] for option in place.options}):
                    yield (position, *earlier), place.allowed(earlier)


def _best(values: Sequence[float]) -> list[int]:
    """The indices of the highest value."""
    highest = max(values)
    return [index for index, value in enumerate(values) if value == highest]


class Episode(NamedTuple):
    """An architecture that was rewarded.

    Attributes:
      arc: The architecture.
      reward: Of it.
      steps: Its choices in the table.
    """

    arc: Arc
    reward: float
    steps: Sequence[Step]


class QLearning(CandidateSearch):
    """Plays episodes by a table of values, and moves the values by their rewards (arguments as `CandidateSearch`).

    What is proposed for another purpose than to be rewarded is played as the next candidate would be.
    """

    def __init__(self, config: SearchConfig, space: SearchSpace) -> None:
        super().__init__(config, space)
        self._config = config.strategy_as(QLearningConfig)
        self._table = QTable(self._choices)
        self._episodes: list[Episode] = []
        self._num_planned = NUM_PUBLISHED
        by_default = None if config.searches_after else JOINT_MEMORY
        self._num_remembered = by_default if self._config.memory is None else self._config.memory

    def plan(self, num_candidates: int) -> Sequence[str]:
        """Spreads the levels of exploration over all candidates."""
        self._num_planned = num_candidates
        return ()

    def policy(self, arcs: Sequence[Sequence[int]]) -> Policy:
        """Returns the distributions of the next candidate's choices along architectures, as `Strategy` describes."""
        epsilon = self._epsilon(self._num_observed)
        rows = (self._table.probabilities(tuple(map(int, arc)), epsilon) for arc in arcs)
        operations, connections = zip(*(sorted_by_kind(self._space, each) for each in rows), strict=True)
        return Policy(np.stack(operations), np.stack(connections))

    def epoch_values(self) -> Mapping[str, float]:
        """Returns the probability of a random choice, and the size of the table."""
        return {"epsilon": self._epsilon(self._num_observed), "q_table_size": self._table.size}

    def _epsilon(self, number: int) -> float:
        """The probability of a random choice in a candidate, counted from 0."""
        if self._config.epsilon == "multiplicative":
            share = number / max(1.0, DECAYED_AFTER * self._num_planned)
            return self._config.epsilon_floor ** min(share, 1.0)
        passed = 0
        for level, published in LEVELS:
            passed += published
            # Integers, so that a level ends at the same candidate whatever the rounding.
            if number * NUM_PUBLISHED < passed * self._num_planned:
                return level
        return LEVELS[-1][0]

    def _search(self, purpose: Purpose, streams: Sequence[Counters]) -> Sequence[Arc]:
        return [self._episode(purpose, *counters) for counters in streams]

    def _episode(self, purpose: Purpose, *counters: int) -> Arc:
        epsilon = self._epsilon(counters[0] if purpose.is_candidate else self._num_observed)
        return self._table.play(named_generator(self._seed, purpose, *counters), epsilon)

    def _learn(self, arc: Arc, reward: float) -> Mapping[str, float]:
        episodes = self._episodes
        episodes.append(Episode(arc, reward, self._table.steps(arc)))
        if self._num_remembered is not None:
            del episodes[: -self._num_remembered]
        self._update(episodes[-1])
        generator = named_generator(self._seed, "q_learning replay", self._num_observed)
        for number in generator.integers(len(episodes), size=self._config.replay).tolist():
            self._update(episodes[number])
        return {"epsilon": self._epsilon(self._num_observed)}

    def _update(self, episode: Episode) -> None:
        """Moves the value of each choice of an episode towards its target."""
        alpha, gamma, steps = self._config.alpha, self._config.gamma, episode.steps
        if self._config.target == "return":
            for values, action in steps:
                values[action] += alpha * (episode.reward - values[action])
            return
        last = len(steps) - 1
        for number in range(last, -1, -1) if self._config.order == "reversed" else range(last + 1):
            values, action = steps[number]
            target = episode.reward if number == last else gamma * max(steps[number + 1].values)
            values[action] += alpha * (target - values[action])

    def _memory(self) -> Mapping[str, Any]:
        return {
            "values": self._table.data(),
            "episodes": [(episode.arc, episode.reward) for episode in self._episodes],
        }

    def _remember(self, memory: Mapping[str, Any]) -> None:
        self._table.take(memory["values"])
        self._episodes = [Episode(tuple(arc), reward, self._table.steps(arc)) for arc, reward in memory["episodes"]]


KIND = StrategyKind(
    config=QLearningConfig,
    make=QLearning,
    help="epsilon-greedy choices by a table of their values",
    label="Q-learning",
    colour="#E69F00",
    marker="v",
    learner="Q-learning",
    account="trains the weights by uniform draws",
)
