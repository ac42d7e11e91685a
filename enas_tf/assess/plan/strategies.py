"""The strategies of an experiment, as `--strategies` names them.

A name is that of a strategy, which then searches when it does so by default, or that with a schedule behind it, where
it can do both: `random@after`.
"""

import dataclasses
from collections.abc import Iterable

from enas_tf.config import AFTER
from enas_tf.errors import InputError
from enas_tf.strategies.registry import STRATEGIES
from enas_tf.strategies.strategy import StrategyKind

_WHAT = "--strategies"
_BEFORE_SCHEDULE = "@"  # neither a shell nor a file system nor TensorBoard's --logdir takes it as its own


@dataclasses.dataclass(frozen=True)
class ScheduledStrategy:
    """A strategy, and when it searches.

    Attributes:
      mode: The strategy, as `--search_mode` takes it.
      schedule: `enas_tf.config.JOINT` or `AFTER`.
    """

    mode: str
    schedule: str

    @property
    def kind(self) -> StrategyKind:
        """What the registry knows of the strategy."""
        return STRATEGIES[self.mode]

    @property
    def is_default(self) -> bool:
        """Whether this is when the strategy searches where nothing else is said."""
        return self.schedule == self.kind.config.schedules[0]

    @property
    def searches_after(self) -> bool:
        """Whether it searches when the shared weights are trained."""
        return self.schedule == AFTER

    @property
    def name(self) -> str:
        """As `--strategies` takes it, in its shortest form."""
        return self.mode if self.is_default else f"{self.mode}{_BEFORE_SCHEDULE}{self.schedule}"

    @property
    def label(self) -> str:
        """Its name in tables and plots."""
        return self._told(self.kind.label)

    @property
    def learner(self) -> str:
        """What sentences call it that tell what it has learned."""
        return self._told(self.kind.learner or self.kind.label)

    def _told(self, name: str) -> str:
        return name if self.is_default else f"{name} ({self.schedule})"


def strategy_named(name: str) -> ScheduledStrategy:
    """Returns the strategy that a name stands for.

    Raises:
      InputError: If there is none of that name, or it cannot search at that time.
    """
    mode, is_scheduled, schedule = name.partition(_BEFORE_SCHEDULE)
    if mode not in STRATEGIES:
        raise InputError(_WHAT, f"names out of {', '.join(STRATEGIES)}", mode or "nothing")
    schedules = STRATEGIES[mode].config.schedules
    if not is_scheduled:
        return ScheduledStrategy(mode, schedules[0])
    if schedule not in schedules:
        raise InputError(_WHAT, " or ".join(f"{mode}{_BEFORE_SCHEDULE}{each}" for each in schedules), name)
    return ScheduledStrategy(mode, schedule)


def parse_strategies(text: str) -> tuple[str, ...]:
    """Reads names of strategies, separated by commas.

    Returns:
      The names in their shortest form, so that equal ones are equal.

    Raises:
      InputError: As `strategy_named`.
    """
    return tuple(strategy_named(name.strip()).name for name in text.split(","))


def modes_of(names: Iterable[str]) -> tuple[str, ...]:
    """The strategies of some names whenever they search, each once."""
    return tuple(dict.fromkeys(strategy_named(name).mode for name in names))
