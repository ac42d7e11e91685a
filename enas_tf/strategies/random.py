"""Random search: uniform draws train the shared weights, and the best of uniform draws is kept.

Reference: Li and Talwalkar (2019), arXiv 1902.07638, on random search with weight sharing.
"""

import dataclasses
from typing import ClassVar

from enas_tf.config import SearchConfig, StrategyConfig
from enas_tf.search_space import SearchSpace
from enas_tf.strategies.strategy import StrategyKind
from enas_tf.strategies.uniform import UniformArcs, UniformSearch


@dataclasses.dataclass(frozen=True)
class RandomConfig(StrategyConfig):
    """Random search has no settings."""

    name: ClassVar[str] = "random"


def make_random(config: SearchConfig, space: SearchSpace) -> UniformSearch:
    """Makes a random search."""
    return UniformSearch(UniformArcs.of(config, space))


KIND = StrategyKind(
    config=RandomConfig,
    make=make_random,
    help="uniform draws for shared weights and candidates alike",
    label="random",
    colour="#D55E00",
    marker="s",
    account="draws uniformly, for training the weights as well",
)
