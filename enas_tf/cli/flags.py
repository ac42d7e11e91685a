"""The flags of a search, and the way from flags to `SearchConfig` and back.

`SETTINGS` is the one correspondence between flags and config fields; everything here follows it.
"""

import dataclasses

from absl import flags

from enas_tf.cli.child_flags import CHILD_FLAGS, OPTIMIZER_FLAGS
from enas_tf.cli.controller_flags import CONTROLLER_FLAGS
from enas_tf.cli.data_flags import DATA_FLAGS
from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.other_flags import OTHER_FLAGS, refuse_unsupported
from enas_tf.cli.poison_flags import POISON_FLAGS
from enas_tf.cli.run_flags import RUN_FLAGS
from enas_tf.config import ControllerConfig, SearchConfig

# Section of `SearchConfig` to the flags that set its fields.
SETTINGS: dict[str, tuple[FlagSpec, ...]] = {
    "run": RUN_FLAGS,
    "data": DATA_FLAGS,
    "child": CHILD_FLAGS,
    "optimizer": OPTIMIZER_FLAGS,
    "controller": CONTROLLER_FLAGS,
    "poison": POISON_FLAGS,
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
    sections = {section: {spec.field: spec.value(values) for spec in specs} for section, specs in SETTINGS.items()}
    refuse_unsupported(values)
    defaults = SearchConfig()
    config = SearchConfig(
        **{section: dataclasses.replace(getattr(defaults, section), **fields) for section, fields in sections.items()}
    )
    if values["controller_sync_replicas"].value:
        return config
    return dataclasses.replace(config, controller=_without_aggregation(config.controller))


def flagfile_text(config: SearchConfig) -> str:
    """Writes a flagfile that repeats the run: every flag with effect, one a line; unset ones are left out."""
    values = define_search_flags(flags.FlagValues())
    lines = list(_IMPLIED)
    for section, specs in SETTINGS.items():
        for spec in specs:
            flag = values[spec.name]
            flag.value = getattr(getattr(config, section), spec.field)
            lines.append(flag.serialize())
    return "".join(f"{line}\n" for line in lines if line)


def flag_lines(values: flags.FlagValues) -> list[str]:
    """Lists the flags of a search as the original's log does: sorted, `name.....value`, 80 columns."""
    specs = [*OTHER_FLAGS, *(spec for specs in SETTINGS.values() for spec in specs)]
    return [_flag_line(values[name]) for name in sorted(spec.name for spec in specs)]


def _flag_line(flag: flags.Flag) -> str:
    text = "None" if flag.value is None else flag.serializer.serialize(flag.value)
    return flag.name + "." * (_LINE_WIDTH - len(flag.name) - len(text)) + text


def _without_aggregation(controller: ControllerConfig) -> ControllerConfig:
    """The same number of samples, each an update of its own, as without `--controller_sync_replicas`."""
    num_samples = controller.train_steps * controller.num_aggregate
    return dataclasses.replace(controller, num_aggregate=1, train_steps=num_samples)
