"""Turns the settings of a golden file into those of a run, and back.

Names are those of the original's constructors: the fields of `enas_tf.config`, but for the few in `_OTHER_NAMES`.
"""

import dataclasses
from typing import TypeVar

from enas_tf.config import ChildConfig, OptimizerConfig, RunConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.original.golden import Golden
from enas_tf.original.golden_kind import GoldenKind
from enas_tf.search_space import MICRO_OPERATIONS
from enas_tf.strategies.controller import ControllerConfig, controller_of

# From a field to the name of its setting.
_OTHER_NAMES = {"lr": "lr_init", "lr_t_0": "lr_T_0", "lr_t_mul": "lr_T_mul"}

_STAIRS = ("lr", "lr_dec_every", "lr_dec_rate")
_COSINE = ("lr_max", "lr_min", "lr_t_0", "lr_t_mul")
_CHILD = ("out_filters", "out_filters_scale", "num_layers", "keep_prob")
_CHILD_OF_SPACE = {
    "macro": ("num_branches",),
    "micro": ("num_cells", "drop_path_keep_prob", "use_aux_heads"),
}
_CONTROLLER = (
    "lstm_size",
    "lstm_num_layers",
    "temperature",
    "tanh_constant",
    "lr",
    "l2_reg",
    "entropy_weight",
    "bl_dec",
)
_CONTROLLER_OF_SPACE = {"macro": ("skip_target", "skip_weight"), "micro": ("op_tanh_reduce",)}
_SIZE_OF_SPACE = {"macro": "num_layers", "micro": "num_cells"}

Section = TypeVar("Section", bound=ChildConfig | OptimizerConfig | ControllerConfig)


def run_settings(golden: Golden, kind: GoldenKind, quirks: frozenset[str]) -> SearchConfig:
    """The settings of a run that repeats a golden file.

    Args:
      golden: The file; of a kind with a space.
      kind: Its kind.
      quirks: The original's departures to switch on.

    Raises:
      InputError: If a size is missing, or the settings contradict one another.
    """
    golden.setting(_SIZE_OF_SPACE[kind.search_for], int)
    child = _section(ChildConfig, golden)
    if kind.search_for == "micro" and "num_branches" not in golden.settings:
        child = dataclasses.replace(child, num_branches=len(MICRO_OPERATIONS))
    # No golden file is about the space whose layers take ranges of channels.
    run = RunConfig(search_for=kind.search_for, search_whole_channels=True, original_quirks=quirks)
    if kind.subject == "controller":
        golden.setting("lstm_size", int)
        return SearchConfig(run, child=child, strategy=_section(ControllerConfig, golden))
    golden.setting("out_filters", int)
    if kind.subject == "fixed":
        arc = golden.array("arcs", 1, None)[0]
        child = dataclasses.replace(child, fixed_arc=" ".join(map(str, arc)))
    return SearchConfig(run, child=child, optimizer=_section(OptimizerConfig, golden))


def golden_settings(config: SearchConfig, kind: GoldenKind) -> dict[str, object]:
    """The settings to write beside arrays of some kind; the inverse of `run_settings`."""
    space = kind.search_for
    if kind.subject == "controller":
        sizes = {name: getattr(config.child, name) for name in (_SIZE_OF_SPACE[space], "num_branches")}
        return sizes | _named(controller_of(config), _CONTROLLER + _CONTROLLER_OF_SPACE[space])
    schedule = ("lr_cosine", *(_COSINE if config.optimizer.lr_cosine else _STAIRS))
    return (
        {"search_space": space, "data_format": "NHWC"}
        | _named(config.child, _CHILD + _CHILD_OF_SPACE[space])
        | _named(config.optimizer, ("l2_reg", "grad_bound", *schedule))
    )


def schedule_settings(golden: Golden, part: str) -> tuple[OptimizerConfig, int]:
    """The schedule behind an array of an `lr_schedule` file.

    Args:
      golden: The file.
      part: `cosine` or `step_decay`.

    Returns:
      The settings and the number of batches in an epoch.

    Raises:
      InputError: If a number is missing.
    """
    fields = {
        "cosine": {"lr_max": "lr_max", "lr_min": "lr_min", "lr_t_0": "T_0", "lr_t_mul": "T_mul"},
        "step_decay": {"lr": "lr_init", "lr_dec_every": "every_epochs", "lr_dec_rate": "rate"},
    }[part]
    settings = golden.setting(part, dict)
    missing = [name for name in (*fields.values(), "batches_per_epoch") if name not in settings]
    if missing:
        raise InputError(f"{golden.path.with_suffix('.json')}, {part}", ", ".join(missing), "nothing of that name")
    values = {field: settings[name] for field, name in fields.items()}
    return OptimizerConfig(lr_cosine=part == "cosine", **values), settings["batches_per_epoch"]


def _section(config_class: type[Section], golden: Golden) -> Section:
    names = {field.name: _OTHER_NAMES.get(field.name, field.name) for field in dataclasses.fields(config_class)}
    given = {field: golden.settings[name] for field, name in names.items() if name in golden.settings}
    try:
        return config_class(**given)
    except TypeError as error:  # a number was expected, and a text or list was there
        raise InputError(str(golden.path.with_suffix(".json")), "numbers for sizes and rates", str(error)) from None


def _named(section: object, fields: tuple[str, ...]) -> dict[str, object]:
    return {_OTHER_NAMES.get(field, field): getattr(section, field) for field in fields}
