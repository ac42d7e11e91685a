"""Flags of the strategies: which one searches, and what each is set to, which follows from its settings alone."""

import dataclasses
from collections.abc import Collection

from absl import flags

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import KINDS, one_of
from enas_tf.errors import InputError
from enas_tf.strategies.registry import CONTROLLER, STRATEGIES
from enas_tf.strategies.strategy import StrategyKind


def strategy_flag() -> FlagSpec:
    """The flag that says which strategy searches, out of those that there are by now."""
    kinds = "; ".join(f"`{kind.name}`, {kind.help}" for kind in STRATEGIES.values())
    help_text = f"Where architectures come from: {kinds}."
    return FlagSpec("search_mode", one_of(*STRATEGIES), help_text, default=next(iter(STRATEGIES)))


def strategy_flags(kind: StrategyKind) -> list[FlagSpec]:
    """Lists the flags of a strategy, one for each of its settings."""
    return [_flag(kind.name, field) for field in dataclasses.fields(kind.config)]


def refuse_flags_of_others(values: flags.FlagValues, used: Collection[str], expected: str) -> None:
    """Refuses a flag of a strategy that is not used, unless it has its default: it would have no effect.

    Those of the controller are left alone, for every flagfile has them.

    Args:
      values: Parsed flags.
      used: The strategies that are.
      expected: How a strategy, `{}`, would be used.

    Raises:
      InputError: Naming the flag.
    """
    for name, kind in STRATEGIES.items():
        if name == CONTROLLER or name in used:
            continue
        for spec in strategy_flags(kind):
            if spec.value(values) != spec.default:
                raise InputError(f"--{spec.name}={values[spec.name].value}", expected.format(name), ", ".join(used))


def _flag(prefix: str, field: dataclasses.Field) -> FlagSpec:
    accepts = field.metadata["accepts"]
    kind = KINDS[accepts] if isinstance(accepts, str) else one_of(*accepts)
    return FlagSpec(f"{prefix}_{field.name}", kind, field.metadata["help"], field.default, sets=field.name)
