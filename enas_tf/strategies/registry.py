"""The strategies there are, by name: those of this package and those that other packages add.

A strategy is a file beside this one that ends in its `KIND`, and a line here; or such a file in another package, and an
entry point of the strategy's name in its metadata.
"""

from enas_tf.config import SearchConfig
from enas_tf.extensions import STRATEGIES as ADDED
from enas_tf.extensions import Registry
from enas_tf.search_space import SearchSpace
from enas_tf.strategies import controller, darts, evolution, grid, q_learning, random, random_sampling, tpe
from enas_tf.strategies.strategy import Strategy, StrategyKind

STRATEGIES = Registry(
    "strategy",
    ADDED,
    StrategyKind,
    (
        controller.KIND,
        random.KIND,
        random_sampling.KIND,
        grid.KIND,
        evolution.KIND,
        q_learning.KIND,
        tpe.KIND,
        darts.KIND,
    ),
)
# Those that others are compared with, by name.
CONTROLLER, RANDOM, RANDOM_SAMPLING = controller.KIND.name, random.KIND.name, random_sampling.KIND.name


def register(kind: StrategyKind) -> None:
    """Adds a strategy to those there are.

    Raises:
      InputError: If there is another one of that name.
    """
    STRATEGIES.register(kind)


def kind_of(name: str) -> StrategyKind:
    """Returns the strategy of a name.

    Raises:
      InputError: If there is none.
    """
    return STRATEGIES.of(name, "--search_mode")


def make_strategy(config: SearchConfig, space: SearchSpace) -> Strategy:
    """Makes the strategy that a search's settings name, at its initial state."""
    return kind_of(config.strategy.name).make(config, space)
