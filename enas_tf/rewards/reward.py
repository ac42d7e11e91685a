"""What a reward is: it says what architectures are worth, and what it took to find out."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Protocol

from enas_tf.search_space import Arc, SearchSpace


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What one architecture is worth.

    Attributes:
      reward: Usually an accuracy in 0..1.
      num_images: Images it was run on.
      multiply_adds: What that took.
      cost: What has a price in the reward, of `RewardConfig`; None where nothing has.
      unpriced: The reward without the price; None where there is no price.
    """

    reward: float
    num_images: int = 0
    multiply_adds: int = 0
    cost: float | None = None
    unpriced: float | None = None

    @property
    def accuracy(self) -> float:
        """The reward without a price."""
        return self.reward if self.unpriced is None else self.unpriced


class Reward(Protocol):
    """Where the rewards of architectures come from."""

    def measure(self, arcs: Sequence[Arc]) -> list[Measurement]:
        """Says what each of some architectures is worth, in their order."""


@dataclasses.dataclass(frozen=True)
class RewardKind:
    """A reward that needs nothing but a space, as the registry knows it.

    Attributes:
      name: Of the reward.
      make: Makes it, from a space and a root seed.
      uniform_mean: Its mean over all architectures of a space, which is what uniform draws get.
    """

    name: str
    make: Callable[[SearchSpace, int], Reward]
    uniform_mean: Callable[[SearchSpace], float]
