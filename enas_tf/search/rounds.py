"""A round of candidates: a strategy proposes them, a reward says what they are worth, the strategy observes it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from enas_tf.rewards.reward import Reward
from enas_tf.search_space import Arc
from enas_tf.strategies.strategy import Purpose, Strategy, Trial


class Round(NamedTuple):
    """A round that was taken.

    Attributes:
      trials: Its candidates in the order in which they were proposed.
      told: What the strategy tells of them.
    """

    trials: Sequence[Trial]
    told: Mapping[str, Any]

    @property
    def mean_reward(self) -> float:
        """Of its candidates."""
        return float(np.mean([trial.reward for trial in self.trials]))


def propose(strategy: Strategy, purpose: Purpose, num_arcs: int, *counters: int) -> list[Arc]:
    """Has architectures proposed, as `Strategy.propose` describes; all that leaves a strategy passes here."""
    return [tuple(arc) for arc in strategy.propose(purpose, num_arcs, *counters).tolist()]


def take_round(strategy: Strategy, reward: Reward, purpose: Purpose, *counters: int) -> Round:
    """Takes a round of candidates.

    Args:
      strategy: Proposes and observes them.
      reward: What they are worth.
      purpose: A kind of candidates.
      *counters: Place in the purpose's stream.
    """
    arcs = propose(strategy, purpose, strategy.round_size, *counters)
    trials = [
        Trial(arc, measured.reward, purpose, measured.num_images, measured.multiply_adds)
        for arc, measured in zip(arcs, reward.measure(arcs), strict=True)
    ]
    return Round(trials, strategy.observe(trials))
