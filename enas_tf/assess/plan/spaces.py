"""The search spaces of an experiment, as `--poisons` names them.

A name is `clean`, or parts joined by `+`: at most one removal (`removal_2`), at most one published poison
(`P3_006_100`), and operations with their numbers of instances (`dropout(rate=1.0):6`).
"""

import hashlib
import re
from collections.abc import Mapping

from enas_tf.errors import InputError
from enas_tf.poisoning import REMOVAL_DESIGNS, Instances, canonical_preset, parse_instances, parse_preset
from enas_tf.search_space.operation import parse_operation

CLEAN = "clean"

_WHAT = "--poisons"
_REMOVAL_PREFIX = "removal_"
# Parentheses hold the parameters of an operation, where neither sign separates anything.
_BETWEEN_NAMES, _BETWEEN_PARTS = re.compile(r",(?![^()]*\))"), re.compile(r"\+(?![^()]*\))")

# A file's name may have 255 bytes; the run's strategy and seed stand beside the space's.
_LONGEST_NAME, _DIGITS = 150, 8


def parse_poisons(text: str) -> tuple[str, ...]:
    """Reads names of spaces, separated by commas.

    Returns:
      The names, their operations and published poisons in canonical form, so that equal ones are equal.

    Raises:
      InputError: If an operation is no known poison, lacks its parameter or its number of instances, or has a bad one.
    """
    return tuple("+".join(map(str, _parts(name))) for name in _BETWEEN_NAMES.split(text))


def poison_flags(poison: str) -> Mapping[str, str]:
    """The flags `remove_ops`, `poison` and `poison_ops` that a name stands for.

    Raises:
      InputError: As `parse_poisons`; and if it joins two removals, two published poisons, or `clean` with anything.
    """
    parts = () if poison == CLEAN else _parts(poison)
    instances = [part for part in parts if isinstance(part, Instances)]
    names = [part for part in parts if not isinstance(part, Instances)]
    removals = [name for name in names if name.startswith(_REMOVAL_PREFIX)]
    additions = [name for name in names if not name.startswith(_REMOVAL_PREFIX)]
    if CLEAN in names or len(removals) > 1 or len(additions) > 1:
        joined = "a poison, a removal, or one of each joined by +, and with operation:instances"
        raise InputError(_WHAT, f"{CLEAN}, {joined}", poison)
    for name in additions:
        parse_preset(name, _WHAT)
    if unknown := [name for name in removals if name not in REMOVAL_DESIGNS]:
        raise InputError(_WHAT, f"one of {', '.join(REMOVAL_DESIGNS)}", unknown[0])
    return {"remove_ops": "".join(removals), "poison": "".join(additions), "poison_ops": ",".join(map(str, instances))}


def directory_name(poison: str) -> str:
    """What directories of runs in a space are called after it: without what a shell would take as its own.

    `dropout(rate=1.0):6` becomes `dropout_rate1.0_x6`; a name that would be too long ends in a digest instead.
    """
    name = "+".join(map(_directory_part, _parts(poison)))
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
    return f"{name[: _LONGEST_NAME - _DIGITS - 1]}-{digest}"


def _parts(poison: str) -> tuple[str | Instances, ...]:
    """The parts of a name; those that are operations with instances are read."""
    return tuple(entry for part in _BETWEEN_PARTS.split(poison) for entry in _entries(part.strip()))


def _entries(part: str) -> tuple[str | Instances, ...]:
    is_operation = ":" in part or "(" in part
    return parse_instances(part, _WHAT) if is_operation else (canonical_preset(part),)


def _directory_part(part: str | Instances) -> str:
    if not isinstance(part, Instances):
        return part
    operation = parse_operation(part.operation)
    parameters = (f"{name}{value}" for name, value in operation.parameters)
    return "_".join([operation.kind, *parameters, f"x{part.number}"])
