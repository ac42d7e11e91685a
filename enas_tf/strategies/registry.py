"""The strategies there are, by name. A strategy is a file beside this one that ends in its `KIND`, and a line here."""

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.search_space import SearchSpace
from enas_tf.strategies import controller, darts, random, random_sampling
from enas_tf.strategies.strategy import Strategy, StrategyKind

STRATEGIES: dict[str, StrategyKind] = {}


def register(kind: StrategyKind) -> None:
    """Adds a strategy to those there are.

    Raises:
      InputError: If there is another one of that name.
    """
    if STRATEGIES.get(kind.name, kind) is not kind:
        raise InputError(f"strategy {kind.name}", "a name that no other strategy has", "one that is taken")
    STRATEGIES[kind.name] = kind


def kind_of(name: str) -> StrategyKind:
    """Returns the strategy of a name.

    Raises:
      InputError: If there is none.
    """
    if name not in STRATEGIES:
        raise InputError("--search_mode", f"one of {', '.join(STRATEGIES)}", name or "nothing")
    return STRATEGIES[name]


def make_strategy(config: SearchConfig, space: SearchSpace) -> Strategy:
    """Makes the strategy that a search's settings name, at its initial state."""
    return kind_of(config.strategy.name).make(config, space)


for _kind in (controller.KIND, random.KIND, random_sampling.KIND, darts.KIND):
    register(_kind)
