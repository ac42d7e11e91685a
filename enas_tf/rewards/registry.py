"""The rewards that need nothing but a space, by name: those of this package and those that other packages add.

A reward is a file beside this one that ends in its kinds, and a line here; or a file in another package that has a
`RewardKind`, and an entry point of the reward's name in its metadata.
"""

from enas_tf.extensions import REWARDS as ADDED
from enas_tf.extensions import Registry
from enas_tf.rewards import synthetic
from enas_tf.rewards.reward import RewardKind

REWARDS = Registry("reward", ADDED, RewardKind, synthetic.KINDS)


def register(kind: RewardKind) -> None:
    """Adds a reward to those there are.

    Raises:
      InputError: If there is another one of that name.
    """
    REWARDS.register(kind)


def reward_of(name: str) -> RewardKind:
    """Returns the reward of a name.

    Raises:
      InputError: If there is none.
    """
    return REWARDS.of(name, "synthetic reward")
