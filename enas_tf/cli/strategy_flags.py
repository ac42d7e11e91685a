"""Flags of the strategies: which one searches, and what each is set to, which follows from its settings alone."""

import dataclasses

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import KINDS, one_of
from enas_tf.strategies.registry import STRATEGIES
from enas_tf.strategies.strategy import StrategyKind


def strategy_flag() -> FlagSpec:
    """The flag that says which strategy searches, out of those that there are by now."""
    kinds = "; ".join(f"`{kind.name}`, {kind.help}" for kind in STRATEGIES.values())
    help_text = f"Where architectures come from: {kinds}."
    return FlagSpec("search_mode", one_of(*STRATEGIES), help_text, default=next(iter(STRATEGIES)))


def strategy_flags(kind: StrategyKind) -> list[FlagSpec]:
    """Lists the flags of a strategy, one for each of its settings."""
    return [_flag(kind.name, field) for field in dataclasses.fields(kind.config)]


def _flag(prefix: str, field: dataclasses.Field) -> FlagSpec:
    accepts = field.metadata["accepts"]
    kind = KINDS[accepts] if isinstance(accepts, str) else one_of(*accepts)
    return FlagSpec(f"{prefix}_{field.name}", kind, field.metadata["help"], field.default, sets=field.name)
