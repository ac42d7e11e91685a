"""The strategies there are, by name: those of this package and those that other packages add.

A strategy is a file beside this one that ends in its `KIND`, and a line here; or such a file in another package, and an
entry point of the strategy's name in its metadata.
"""

from collections.abc import Iterator, MutableMapping

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.extensions import STRATEGIES as ADDED
from enas_tf.extensions import added_names, load_added
from enas_tf.search_space import SearchSpace
from enas_tf.strategies import controller, darts, evolution, grid, q_learning, random, random_sampling, tpe
from enas_tf.strategies.strategy import Strategy, StrategyKind


class StrategyKinds(MutableMapping[str, StrategyKind]):
    """Strategies by name; those of other packages are imported when it is first looked into.

    Not earlier, since a package that cannot be imported is to be one line of a command, and a package may import this.

    Args:
      *kinds: Those of this package.
    """

    def __init__(self, *kinds: StrategyKind) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._is_complete = False

    def __getitem__(self, name: str) -> StrategyKind:
        return self._complete()[name]

    def __setitem__(self, name: str, kind: StrategyKind) -> None:
        self._complete()[name] = kind

    def __delitem__(self, name: str) -> None:
        del self._complete()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._complete())

    def __len__(self) -> int:
        return len(self._complete())

    def _complete(self) -> dict[str, StrategyKind]:
        """All of them.

        Raises:
          InputError: If another package's cannot be imported, or has a name that is taken or is not its own.
        """
        if not self._is_complete:
            added = {name: _load(name) for name in added_names(ADDED, self._kinds)}
            self._kinds |= added
            self._is_complete = True
        return self._kinds


def _load(name: str) -> StrategyKind:
    kind = load_added(ADDED, name, StrategyKind)
    if kind.name != name:
        raise InputError(f"entry point {name} of {ADDED}", f"the strategy's own name, {kind.name}", name)
    return kind


STRATEGIES = StrategyKinds(
    controller.KIND,
    random.KIND,
    random_sampling.KIND,
    grid.KIND,
    evolution.KIND,
    q_learning.KIND,
    tpe.KIND,
    darts.KIND,
)
# Those that others are compared with, by name.
CONTROLLER, RANDOM, RANDOM_SAMPLING = controller.KIND.name, random.KIND.name, random_sampling.KIND.name


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
