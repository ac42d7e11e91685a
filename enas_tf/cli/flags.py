"""The flags of a search, and the way from flags to `SearchConfig` and back.

`SETTINGS` and the strategies' own settings are the one correspondence between flags and config fields; everything here
follows them.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from absl import flags

from enas_tf.cli.child_flags import CHILD_FLAGS, OPTIMIZER_FLAGS
from enas_tf.cli.data_flags import DATA_FLAGS
from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.other_flags import OTHER_FLAGS, refuse_unsupported
from enas_tf.cli.poison_flags import POISON_FLAGS
from enas_tf.cli.reward_flags import REWARD_FLAGS
from enas_tf.cli.run_flags import RUN_FLAGS
from enas_tf.cli.schedule_flags import SCHEDULE_FLAGS, with_budget
from enas_tf.cli.strategy_flags import strategy_flag, strategy_flags
from enas_tf.config import AFTER, JOINT, SearchConfig, Settings, StrategyConfig
from enas_tf.search.settings import CommandLine
from enas_tf.strategies.controller import ControllerConfig
from enas_tf.strategies.registry import CONTROLLER, STRATEGIES, kind_of

# Section of `SearchConfig` to the flags that set its fields; those of strategies follow from the strategies there are.
SETTINGS: dict[str, tuple[FlagSpec, ...]] = {
    "run": RUN_FLAGS,
    "data": DATA_FLAGS,
    "child": CHILD_FLAGS,
    "optimizer": OPTIMIZER_FLAGS,
    "poison": POISON_FLAGS,
    "schedule": SCHEDULE_FLAGS,
    "reward": REWARD_FLAGS,
}

# What every `SearchConfig` stands for without having a field for it.
_IMPLIED = ("--controller_sync_replicas",)

_LINE_WIDTH = 80


def define_search_flags(values: flags.FlagValues) -> flags.FlagValues:
    """Registers every flag of a search, with the default of the config field it sets, and returns `values`."""
    defaults = SearchConfig()
    for section, specs in SETTINGS.items():
        for spec in specs:
            spec.define(values, f"{section} flags", getattr(getattr(defaults, section), spec.field))
    which = strategy_flag()
    which.define(values, "run flags", which.default)
    for kind in STRATEGIES.values():
        for spec in strategy_flags(kind):
            spec.define(values, f"{kind.name} flags", spec.default)
    for spec in OTHER_FLAGS:
        spec.define(values, "other flags of the original", spec.default)
    return values


def search_config_from_flags(values: flags.FlagValues) -> SearchConfig:
    """Builds the settings of a search; from here on nobody reads flags.

    Args:
      values: Parsed flags of `define_search_flags`.

    Raises:
      InputError: If flags contradict one another, or ask for what this version cannot do.
      flags.Error: If a required flag is missing.
    """
    sections = {section: config_section(values, section) for section in SETTINGS}
    refuse_unsupported(values)
    config = SearchConfig(**sections, strategy=strategy_from_flags(values, strategy_flag().value(values)))
    return with_budget(config, controller_from_flags(values))


def config_section(values: flags.FlagValues, section: str) -> Any:
    """Builds one section of the settings of a search, a key of `SETTINGS`."""
    default = getattr(SearchConfig(), section)
    return dataclasses.replace(default, **{spec.field: spec.value(values) for spec in SETTINGS[section]})


def strategy_from_flags(values: flags.FlagValues, name: str) -> StrategyConfig:
    """Builds the settings of a strategy, the one that `--search_mode` names or another one."""
    return controller_from_flags(values) if name == ControllerConfig.name else _strategy(kind_of(name).config, values)


def controller_from_flags(values: flags.FlagValues) -> ControllerConfig:
    """Builds the settings of the controller, whether or not it is the strategy."""
    config = _strategy(ControllerConfig, values)
    return config if values["controller_sync_replicas"].value else config.without_aggregation()


def flagfile_text(config: SearchConfig, with_training: bool = False) -> str:
    """Writes a flagfile that repeats the run: every flag with effect, one a line; unset ones are left out.

    Args:
      config: The settings.
      with_training: Whether architectures of the search are trained alone afterwards, which the child's flags are for
        even where its strategy trains weights otherwise.
    """
    values = define_search_flags(flags.FlagValues())
    lines = list(_IMPLIED)
    written = {**config.sections, **({"optimizer": config.optimizer} if with_training else {})}
    for section, specs in SETTINGS.items():
        if section not in written:
            continue
        lines += [_line(values, spec, getattr(getattr(config, section), spec.field)) for spec in specs]
    lines += [_line(values, strategy_flag(), config.strategy.name), *strategy_lines(config.strategy)]
    return "".join(f"{line}\n" for line in lines if line)


def config_from_flagfile(text: str) -> SearchConfig:
    """Reads the settings that `flagfile_text` wrote, today or before some of the flags were there.

    Raises:
      InputError: If flags contradict one another.
      flags.Error: If one is none of a search, or has a value it does not take.
    """
    values = define_search_flags(flags.FlagValues())
    values(["flags", *text.splitlines()])
    return search_config_from_flags(values)


def command_line(header: Sequence[str] = ()) -> CommandLine:
    """Returns how settings stand on a command line; `header` are the flags as the log shows them."""
    return CommandLine(header, flagfile_text, config_from_flagfile)


def with_flagfile(config: SearchConfig) -> CommandLine:
    """Returns the same for a run that no command line was given for: its flagfile is what the log shows."""
    return command_line(flagfile_text(config).splitlines())


def strategy_lines(strategy: StrategyConfig) -> list[str]:
    """Lists a strategy's own flags with effect, as a flagfile holds them."""
    values = define_search_flags(flags.FlagValues())
    specs = strategy_flags(kind_of(strategy.name))
    return [line for spec in specs if (line := _line(values, spec, getattr(strategy, spec.field)))]


def flag_lines(values: flags.FlagValues, config: SearchConfig) -> list[str]:
    """Lists the flags of a search as the original's log does: sorted, `name.....value`, 80 columns.

    Flags of other strategies are left out, but for the controller's, by which budgets go; and how the child is trained,
    where the strategy trains it otherwise. Of a flag that is not given, and follows from others, what it comes to is
    told.

    Args:
      values: The flags.
      config: The settings that were made of them.
    """
    sections, chosen = dict(SETTINGS), kind_of(strategy_flag().value(values))
    if not chosen.config.trains_by_child_flags:
        del sections["optimizer"]
    specs = [*OTHER_FLAGS, strategy_flag(), *(spec for specs in sections.values() for spec in specs)]
    listed = dict.fromkeys((CONTROLLER, chosen.name))
    specs += [spec for name in listed for spec in strategy_flags(kind_of(name))]
    derived = _derived(config)
    return [_flag_line(values[name], derived.get(name, "None")) for name in sorted(spec.name for spec in specs)]


def _line(values: flags.FlagValues, spec: FlagSpec, value: object) -> str:
    """A flag as a flagfile holds it; empty where it is not set."""
    flag = values[spec.name]
    flag.value = value
    return flag.serialize()


def _strategy(config: type[Settings], values: flags.FlagValues) -> Settings:
    return config(**{spec.field: spec.value(values) for spec in strategy_flags(kind_of(config.name))})


def _derived(config: SearchConfig) -> dict[str, str]:
    """What flags that are not given come to, where that follows from others, by their names."""
    weights = "None" if config.reward.cost is None else ",".join(map(str, dict.fromkeys(config.reward.exponents)))
    always = {
        "cost_weight": weights,
        "num_train_images": "all",
        "num_valid_images": "a tenth of the training images",
        "operations": f"the first {config.child.num_branches}",
    }
    if config.child.fixed_arc is not None:
        return always
    after, strategy = config.searches_after, config.strategy
    if isinstance(strategy, ControllerConfig):
        candidates = strategy.num_candidates(config.run.evaluated_epochs)
    else:
        candidates = config.num_candidates or 0
    is_told = strategy.takes_candidates and strategy.trains_by_child_flags
    return always | {
        "search_schedule": AFTER if after else JOINT,
        "child_arcs": "uniform" if after or is_told else "strategy",
        "candidates_per_epoch": str(0 if after else config.candidates_per_epoch or f"{candidates} in all"),
        "num_candidates": str(candidates),
        "outcome_candidates": str(config.num_outcome_candidates),
        "reward_images": "all held-out images" if after else "a batch of --batch_size",
        "recalibration_batches": str(config.num_recalibration_batches),
    }


def _flag_line(flag: flags.Flag, derived: str) -> str:
    text = derived if flag.value is None or flag.serializer is None else flag.serializer.serialize(flag.value)
    return flag.name + "." * (_LINE_WIDTH - len(flag.name) - len(text)) + text
