"""What other packages add to this one, as the entry points of their distributions say.

The name of an entry point is that of the operation, strategy or reward it adds. Names are read off the metadata of
installed distributions; what is behind one is imported when it is asked for, for it may import TensorFlow.
"""

import functools
import importlib.metadata
from collections.abc import Collection, Iterator, MutableMapping
from typing import Protocol, TypeVar

from enas_tf.errors import InputError

OPERATIONS = "enas_tf.operations"
STRATEGIES = "enas_tf.strategies"
REWARDS = "enas_tf.rewards"

Added = TypeVar("Added")


class Named(Protocol):
    """What a registry keeps."""

    @property
    def name(self) -> str:
        """By which it is asked for."""


Kind = TypeVar("Kind", bound=Named)


class Registry(MutableMapping[str, Kind]):
    """Kinds of one thing by name; those of other packages are imported when it is first looked into.

    Not earlier, since a package that cannot be imported is to be one line of a command, and a package may import this.

    Args:
      thing: What they are kinds of, as it stands in sentences.
      group: Of the entry points by which packages add some.
      kind: What these are to be.
      own: Those of this package.
    """

    def __init__(self, thing: str, group: str, kind: type[Kind], own: Collection[Kind]):
        self._thing = thing
        self._group = group
        self._kind = kind
        self._kinds: dict[str, Kind] = {}
        for each in own:
            self._add(each)
        self._is_complete = False

    def __getitem__(self, name: str) -> Kind:
        return self._complete()[name]

    def __setitem__(self, name: str, kind: Kind) -> None:
        self._complete()[name] = kind

    def __delitem__(self, name: str) -> None:
        del self._complete()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._complete())

    def __len__(self) -> int:
        return len(self._complete())

    def register(self, kind: Kind) -> None:
        """Adds a kind to those there are.

        Raises:
          InputError: If there is another one of that name.
        """
        self._complete()
        self._add(kind)

    def of(self, name: str, flag: str) -> Kind:
        """Returns the kind of a name.

        Args:
          name: Of the kind.
          flag: To name in an error.

        Raises:
          InputError: If there is none.
        """
        if name not in self:
            raise InputError(flag, f"one of {', '.join(self)}", name or "nothing")
        return self[name]

    def _add(self, kind: Kind) -> None:
        if self._kinds.get(kind.name, kind) is not kind:
            raise InputError(
                f"{self._thing} {kind.name}", f"a name that no other {self._thing} has", "one that is taken"
            )
        self._kinds[kind.name] = kind

    def _complete(self) -> dict[str, Kind]:
        """All of them.

        Raises:
          InputError: If another package's cannot be imported, or has a name that is taken or is not its own.
        """
        if not self._is_complete:
            added = {name: self._load(name) for name in added_names(self._group, self._kinds)}
            self._kinds |= added
            self._is_complete = True
        return self._kinds

    def _load(self, name: str) -> Kind:
        kind = load_added(self._group, name, self._kind)
        if kind.name != name:
            raise InputError(f"entry point {name} of {self._group}", f"the {self._thing}'s own name, {kind.name}", name)
        return kind


def added_names(group: str, taken: Collection[str]) -> tuple[str, ...]:
    """Lists what packages add, in the order of the alphabet; imports none of it.

    Args:
      group: `OPERATIONS`, `STRATEGIES` or `REWARDS`.
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
