"""What other packages add to this one, as the entry points of their distributions say.

The name of an entry point is that of the operation or strategy it adds. Names are read off the metadata of installed
distributions; what is behind one is imported when it is asked for, for it may import TensorFlow.
"""

import functools
import importlib.metadata
from collections.abc import Collection
from typing import TypeVar

from enas_tf.errors import InputError

OPERATIONS = "enas_tf.operations"
STRATEGIES = "enas_tf.strategies"

Added = TypeVar("Added")


def added_names(group: str, taken: Collection[str]) -> tuple[str, ...]:
    """Lists what packages add, in the order of the alphabet; imports none of it.

    Args:
      group: `OPERATIONS` or `STRATEGIES`.
      taken: Names that this package has given itself.

    Raises:
      InputError: If a name is taken, by this package or by another one.
    """
    names: list[str] = []
    for point in _entry_points(group):
        if point.name in taken or point.name in names:
            raise InputError(_what(point), "a name that nothing else has", "one that is taken")
        names.append(point.name)
    return tuple(sorted(names))


def load_added(group: str, name: str, kind: type[Added]) -> Added:
    """Imports what a package adds.

    Args:
      group: As `added_names`.
      name: One of `added_names`.
      kind: What it is to be.

    Raises:
      InputError: If it cannot be imported, or is something else.
    """
    point = next(point for point in _entry_points(group) if point.name == name)
    expected = f"the {kind.__name__} {point.value}"
    try:
        added = point.load()
    except Exception as error:  # whatever somebody else's file raises, its user is told in one line
        raise InputError(_what(point), expected, f"{type(error).__name__}: {error}") from error
    if not isinstance(added, kind):
        raise InputError(_what(point), expected, f"an object of type {type(added).__name__}")
    return added


@functools.cache
def _entry_points(group: str) -> tuple[importlib.metadata.EntryPoint, ...]:
    return tuple(importlib.metadata.entry_points(group=group))


def _what(point: importlib.metadata.EntryPoint) -> str:
    return f"{point.name} (entry point of {point.group}, package {point.dist.name if point.dist else 'unknown'})"
