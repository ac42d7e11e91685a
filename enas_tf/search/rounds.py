"""A round of candidates: a strategy proposes them, a reward says what they are worth, the strategy observes it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from enas_tf.errors import InputError, StrategyDivergedError
from enas_tf.rewards.reward import Reward
from enas_tf.search_space import Arc, SearchSpace
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


def propose(strategy: Strategy, space: SearchSpace, purpose: Purpose, num_arcs: int, *counters: int) -> list[Arc]:
    """Has architectures proposed, as `Strategy.propose` describes; all that leaves a strategy passes here.

    Args:
      strategy: Proposes them.
      space: That they must be of.
      purpose: As `Strategy.propose`, and so are the others.
      num_arcs: How many.
      *counters: Place in the purpose's stream.

    Raises:
      StrategyDivergedError: If the strategy's numbers are no longer finite, or its proposals no architectures.
    """
    try:
        fault = strategy.fault()
        proposed = None if fault else strategy.propose(purpose, num_arcs, *counters)
    except tf.errors.InvalidArgumentError as error:  # what distributions are that hold no numbers
        raise StrategyDivergedError(_name(strategy), f"it cannot draw ({_first_line(error)})") from error
    if fault is None:
        fault = _misshapen(np.asarray(proposed), (num_arcs, space.arc_length))
    if fault is not None:
        raise StrategyDivergedError(_name(strategy), fault)
    try:
        return [space.validate(arc, "a proposal") for arc in np.asarray(proposed).tolist()]
    except InputError as error:
        raise StrategyDivergedError(_name(strategy), str(error)) from error


def take_round(
    strategy: Strategy,
    space: SearchSpace,
    reward: Reward,
    purpose: Purpose,
    *counters: int,
    num_arcs: int | None = None,
) -> Round:
    """Takes a round of candidates.

    Args:
      strategy: Proposes and observes them.
      space: That they must be of.
      reward: What they are worth.
      purpose: A kind of candidates.
      *counters: Place in the purpose's stream.
      num_arcs: How many there are, if not the strategy's `round_size`.

    Raises:
      StrategyDivergedError: As `propose`.
    """
    arcs = propose(strategy, space, purpose, num_arcs or strategy.round_size, *counters)
    trials = [
        Trial(arc, purpose=purpose, **vars(measured)) for arc, measured in zip(arcs, reward.measure(arcs), strict=True)
    ]
    return Round(trials, strategy.observe(trials))


def _misshapen(proposed: np.ndarray, shape: tuple[int, int]) -> str | None:
    """Says what is wrong with proposals that are not whole numbers of a shape; None if they are."""
    if proposed.shape != shape or not np.issubdtype(proposed.dtype, np.integer):
        return f"expected integers of shape {shape} as proposals, received {proposed.dtype} of shape {proposed.shape}"
    return None


def _name(strategy: Strategy) -> str:
    return type(strategy).__name__


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
