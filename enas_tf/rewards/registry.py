"""The rewards that need nothing but a space, by name: each a file beside this one, ending in its kinds, and a line."""

from enas_tf.errors import InputError
from enas_tf.rewards import synthetic
from enas_tf.rewards.reward import RewardKind

REWARDS: dict[str, RewardKind] = {}


def register(kind: RewardKind) -> None:
    """Adds a reward to those there are.

    Raises:
      InputError: If there is another one of that name.
    """
    if REWARDS.get(kind.name, kind) is not kind:
        raise InputError(f"reward {kind.name}", "a name that no other reward has", "one that is taken")
    REWARDS[kind.name] = kind


def reward_of(name: str) -> RewardKind:
    """Returns the reward of a name.

    Raises:
      InputError: If there is none.
    """
    if name not in REWARDS:
        raise InputError("synthetic reward", f"one of {', '.join(REWARDS)}", name)
    return REWARDS[name]


for _kind in synthetic.KINDS:
    register(_kind)
