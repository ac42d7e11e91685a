"""Poisoning: makes a search space worse on purpose, by taking operations out of it or adding ineffective ones.

A space that is poisoned is a space like any other; only its list of operations differs. Knows no TensorFlow and no
layers.

References: removal is that of "Experimentally Assessing RL based NAS Controllers" (Jain, Singla, Zhuo), addition the
search space poisoning of Wu, Saxena and Jain (arXiv 2106.14406 and 2111.07138), whose preset names are kept.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from enas_tf.config import ChildConfig, PoisonConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.search_space import (
    MACRO_OPERATIONS,
    PUBLISHED,
    SearchSpace,
    SpaceConfig,
    make_space,
    offered_operations,
)
from enas_tf.search_space.operation import parse_operation

POISON_KINDS = ("identity", "gaussian_noise", "dropout", "transposed_conv", "stretched_conv")

# The macro operations each published design of a removal keeps.
REMOVAL_DESIGNS: dict[str, tuple[str, ...]] = {
    "removal_1": MACRO_OPERATIONS,
    "removal_2": ("conv_5x5", "separable_conv_5x5", "average_pooling"),
    "removal_3": ("conv_3x3", "conv_5x5", "max_pooling"),
    "removal_4": MACRO_OPERATIONS[:-1],
    "removal_5": ("conv_5x5", "average_pooling", "max_pooling"),
}

_NOISE = "gaussian_noise(stddev=10.0)"
_DROPOUT = "dropout(rate=1.0)"
_TRANSPOSED = ("transposed_conv(kernel_size=3)", "transposed_conv(kernel_size=5)")
_STRETCHED = "stretched_conv(dilation=50)"

# By set and variant, what the instances of a published poison are, in blocks of equal size.
POISON_SETS: dict[tuple[str, str], tuple[str, ...]] = {
    ("P1", ""): ("identity",),
    ("P2", ""): ("gaussian_noise(stddev=2.0)",),
    ("P2", "10"): (_NOISE,),
    ("P3", ""): ("dropout(rate=0.9)",),
    ("P3", "100"): (_DROPOUT,),
    ("P4", ""): _TRANSPOSED,
    ("P5", ""): ("identity", _NOISE, _DROPOUT, *_TRANSPOSED, _NOISE),
    ("P6", ""): (_STRETCHED,),
    ("P6", "60"): ("stretched_conv(dilation=60)",),
    ("P6P2", "10"): (_NOISE, _STRETCHED),
    ("P6P3", "100"): (_DROPOUT, _STRETCHED),
    ("P6P4", ""): (*_TRANSPOSED, _STRETCHED),
    ("P6P5", ""): ("identity", _NOISE, _DROPOUT, *_TRANSPOSED, _STRETCHED),
}
_FLAG = "--poison"  # which names one poison; others name several spaces
_PRESET = re.compile(r"(?P<set>(?:P\d+)+)_(?P<instances>\d+)(?:_(?P<variant>\d+))?")
_NO_POISON = re.compile(r"P0+(_.*)?")
_PRESET_FORM = "P<set>_<instances> or P<set>_<instances>_<variant>, for example P6P3_002_100"
# A comma that ends an entry stands after its number of instances; others stand in parentheses.
_ENTRY = re.compile(r"\s*(?P<operation>\w+\s*(?:\([^()]*\))?)\s*:\s*(?P<instances>[^,()]*?)\s*(?:,|$)")


class Instances(NamedTuple):
    """Instances of one ineffective operation; their indices are a block.

    Attributes:
      operation: Its canonical name.
      number: How many.
    """

    operation: str
    number: int

    def __str__(self) -> str:
        return f"{self.operation}:{self.number}"


def parse_preset(name: str, what: str = _FLAG) -> tuple[Instances, ...]:
    """Reads the name of a published poison.

    Args:
      name: `P<set>_<instances>` or `P<set>_<instances>_<variant>`; the instances are shared out evenly between the
        set's operations.
      what: Flag to name in an error.

    Returns:
      The instances in the order of their indices.

    Raises:
      InputError: If it has another form, there is no such set or variant, or the instances cannot be shared out.
    """
    match = _PRESET.fullmatch(name)
    if match is None or _NO_POISON.fullmatch(name):
        raise InputError(what, _expected_form(name, what), repr(name))
    family, count, variant = match["set"], int(match["instances"]), match["variant"] or ""
    understood = f"{name} (set {family}, {count} instances, {f'variant {variant}' if variant else 'no variant'})"
    blocks = POISON_SETS.get((family, variant))
    if blocks is None:
        forms = [f"{known}_<instances>{f'_{suffix}' if suffix else ''}" for known, suffix in POISON_SETS]
        raise InputError(what, f"one of {', '.join(forms)}", understood)
    if not count or count % len(blocks):
        expected = f"a positive multiple of {len(blocks)} instances" if len(blocks) > 1 else "at least 1 instance"
        raise InputError(what, expected, understood)
    return tuple(Instances(operation, count // len(blocks)) for operation in blocks)


def _expected_form(name: str, what: str) -> str:
    """What is to be given in the place of something else, published names that are no poisons here among it."""
    if _NO_POISON.fullmatch(name):
        return f"{'no' if what == _FLAG else '`clean` among'} {what}, for a space without poison"
    poison, _, data_set = name.rpartition("_")
    if _PRESET.fullmatch(poison) and data_set.isidentifier():
        return f"{poison}, and the data set by --dataset={data_set}"
    return _PRESET_FORM


def canonical_preset(name: str) -> str:
    """Returns the name of a published poison with its instances in three digits, as published, so that equal ones are.

    Args:
      name: As `parse_preset` takes it; another one is returned as it is.
    """
    match = _PRESET.fullmatch(name)
    if match is None:
        return name
    return "_".join(part for part in (match["set"], f"{int(match['instances']):03}", match["variant"]) if part)


def parse_instances(text: str, what: str = "--poison_ops") -> tuple[Instances, ...]:
    """Reads a poison in free form, `dropout(rate=1.0):1,stretched_conv(dilation=50):1`.

    Args:
      text: Operations with their numbers of instances, separated by commas.
      what: Flag to name in an error.

    Raises:
      InputError: If it has another form, or an operation is no known poison, lacks its parameter or has a bad one.
    """
    entries, position = [], 0
    while position < len(text.rstrip()):
        match = _ENTRY.match(text, position)
        if match is None:
            raise InputError(what, "operation:instances, separated by commas", repr(text[position:]))
        entries.append(_parse_entry(match["operation"], match["instances"], what))
        position = match.end()
    return tuple(entries)


def _parse_entry(name: str, instances: str, what: str) -> Instances:
    operation = parse_operation(name, what)
    if operation.kind not in POISON_KINDS:
        raise InputError(what, f"operations out of {', '.join(POISON_KINDS)}", operation.kind)
    if not instances.isdecimal() or not int(instances):
        raise InputError(f"{what}, instances of {operation}", "a positive integer", repr(instances))
    return Instances(str(operation), int(instances))


def poison_operations(operations: Sequence[str], config: PoisonConfig) -> tuple[tuple[str, ...], int]:
    """Applies a poison to the operations of a clean space: first what it removes, then what it adds.

    Args:
      operations: Their names.
      config: The poison.

    Returns:
      The names that are left, in their order, behind them those of all added instances; and how many were added.

    Raises:
      InputError: If an operation to remove is none of the space's, or none would be left.
    """
    kept = _remove(operations, config.remove_ops)
    preset = parse_preset(config.poison) if config.poison else ()
    blocks = [*preset, *(Instances(*entry) for entry in config.poison_ops)]
    added = [block.operation for block in blocks for _ in range(block.number)]
    return (*kept, *added), len(added)


def space_config(config: SearchConfig) -> SpaceConfig:
    """Returns what the space of a search is made of: what is on offer in it, poisoned.

    On offer is what `--operations` names, without it the first `--child_num_branches` of the published operations.

    Raises:
      InputError: If the space knows no such operations, or not so many, or the poison does not fit it.
    """
    kind = space_kind(config)
    operations, num_poisoned = poison_operations(_offer(kind, config.child), config.poison)
    if kind == "micro":
        return SpaceConfig(kind, config.child.num_cells, operations, num_poisoned)
    return SpaceConfig(kind, config.child.num_layers, operations, num_poisoned, config.child.out_filters)


def space_kind(config: SearchConfig) -> str:
    """Returns which kind of space a search is in, as `SpaceConfig` names it."""
    if config.run.search_for == "micro":
        return "micro"
    return "channels" if config.searches_channels else "macro"


def space_of(config: SearchConfig) -> SearchSpace:
    """Makes the space of a search (errors as `space_config`)."""
    return make_space(space_config(config))


def _offer(kind: str, config: ChildConfig) -> tuple[str, ...]:
    published, num_branches = PUBLISHED[kind], config.num_branches
    if config.operations is None and num_branches > len(published):
        raise InputError("--child_num_branches", f"at most the {len(published)} operations of the space", num_branches)
    return offered_operations(kind, published[:num_branches] if config.operations is None else config.operations)


def _remove(operations: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    what = "--remove_ops"
    if len(names) == 1 and names[0] in REMOVAL_DESIGNS:
        if tuple(operations) != MACRO_OPERATIONS:
            of = f"the six macro operations, of which {names[0]} removes some (--child_num_branches=6)"
            raise InputError(what, of, ", ".join(operations))
        return REMOVAL_DESIGNS[names[0]]
    unknown = [name for name in names if name not in operations]
    if unknown:
        known = f"operations of the space ({', '.join(operations)}) or one of {', '.join(REMOVAL_DESIGNS)}"
        raise InputError(what, known, ", ".join(unknown))
    kept = tuple(operation for operation in operations if operation not in names)
    if not kept:
        raise InputError(what, "names that leave an operation in the space", f"all of it: {', '.join(names)}")
    return kept
