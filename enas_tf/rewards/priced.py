"""A reward with a price on what architectures cost.

Reference: MnasNet (Tan et al., 2019, arXiv 1807.11626), equations 2 and 3.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

from enas_tf.config import RewardConfig
from enas_tf.models.arc_cost import ArcCost, CallCost, multiply_adds_of, parameters_of
from enas_tf.models.shared_child import SharedChild
from enas_tf.rewards.milliseconds import OperationMilliseconds
from enas_tf.rewards.reward import Measurement, Reward
from enas_tf.search_space import Arc


class Price:
    """Turns accuracies into rewards: R = accuracy · (cost / target)^w, w = α up to the target and β beyond it.

    Args:
      config: What has a price.
      cost_of: The cost of an architecture.

    Attributes:
      cost_of: As given.
    """

    def __init__(self, config: RewardConfig, cost_of: Callable[[Arc], float]) -> None:
        if config.cost is None or config.target is None:
            raise ValueError("expected settings with a cost and a target, received none")
        self.cost_of = cost_of
        self._cost, self._target, self._exponents = config.cost, config.target, config.exponents

    def factor(self, cost: float) -> float:
        """Returns what an accuracy is multiplied with; a cost of nothing counts as the least there can be, 1e-9."""
        share = max(cost, 1e-9) / self._target
        return float(share ** self._exponents[share > 1.0])

    def reward(self, arc: Arc, accuracy: float) -> float:
        """Returns what an architecture of an accuracy is worth."""
        return accuracy * self.factor(self.cost_of(arc))

    def facts(self) -> dict[str, Any]:
        """Returns what has a price, as results tell it."""
        return {"cost": self._cost, "target": self._target, "weights": self._exponents}


def make_price(config: RewardConfig, child: SharedChild, times: pathlib.Path) -> Price | None:
    """Makes the price that settings put on architectures.

    Args:
      config: The settings.
      child: The network whose weights they share.
      times: The file of the run that keeps how long operations take.

    Returns:
      The price; None where there is none.

    Raises:
      InputError: If times of another run are asked for that cannot be read.
    """
    if config.cost is None:
        return None
    if config.cost == "milliseconds":
        call_cost: CallCost = OperationMilliseconds(times, config.operation_milliseconds).of
    else:
        call_cost = parameters_of if config.cost == "parameters" else multiply_adds_of
    return Price(config, ArcCost(child, call_cost).of)


class PricedReward:
    """Puts a price on the architectures of another reward.

    Args:
      reward: The other one, mostly an accuracy.
      price: Of an architecture.
    """

    def __init__(self, reward: Reward, price: Price) -> None:
        self._reward = reward
        self._price = price

    def measure(self, arcs: Sequence[Arc]) -> list[Measurement]:
        """Says what each of some architectures is worth with its price."""
        return [self._priced(arc, found) for arc, found in zip(arcs, self._reward.measure(arcs), strict=True)]

    def _priced(self, arc: Arc, found: Measurement) -> Measurement:
        cost = self._price.cost_of(arc)
        reward = found.reward * self._price.factor(cost)
        return dataclasses.replace(found, reward=reward, cost=cost, unpriced=found.reward)
