"""Makes spaces from their settings."""

import dataclasses
from collections.abc import Callable

from enas_tf.search_space.macro import MacroSpace
from enas_tf.search_space.macro_channels import MacroChannelSpace
from enas_tf.search_space.micro import MicroSpace
from enas_tf.search_space.space import SearchSpace


@dataclasses.dataclass(frozen=True)
class SpaceConfig:
    """What a space is made of.

    Attributes:
      kind: A key of `SPACES`.
      size: Layers of the macro spaces, blocks in each cell of the micro space.
      operations: As `SearchSpace` describes.
      num_poisoned: Likewise.
      num_channels: Where layers take ranges of channels, how many a branch has.
    """

    kind: str
    size: int
    operations: tuple[str, ...]
    num_poisoned: int = 0
    num_channels: int = 0


SPACES: dict[str, Callable[[SpaceConfig], SearchSpace]] = {
    "macro": lambda config: MacroSpace(config.size, config.operations, config.num_poisoned),
    "channels": lambda config: MacroChannelSpace(config.size, config.num_channels, config.operations),
    "micro": lambda config: MicroSpace(config.size, config.operations, config.num_poisoned),
}


def make_space(config: SpaceConfig) -> SearchSpace:
    """Makes a space."""
    return SPACES[config.kind](config)
