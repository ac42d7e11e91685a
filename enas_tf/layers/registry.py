"""A registry of operations, from the name a search space knows to the layer that computes it."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import keras

from enas_tf.errors import InputError
from enas_tf.extensions import OPERATIONS, added_names, load_added
from enas_tf.search_space.operation import parse_operation

OperationFactory = Callable[..., keras.layers.Layer]
# What the layers of one kind of network have in common.
Made = TypeVar("Made", bound=keras.layers.Layer)


@dataclasses.dataclass(frozen=True)
class OperationKind:
    """An operation of another package, as its entry point hands it over; the entry point's name is its name.

    A factory is mostly a class. It is called with `filters`, `seed`, `data_format`, `dtype` and `name`, and returns a
    layer with a `get_config`, for example a `ChildLayer`, that maps [B, H, W, F] to [B, H, W, F]. One that has a
    `has_modes` of False is called in shared cells as in training at all times, for it normalizes by the batch.

    Attributes:
      layer: For the macro space, and for cells where nothing else is said; None for an operation of cells only.
      fixed_layer: The same in a network of one architecture; None for `layer`.
      micro_layer: In a cell while weights are shared, a `MicroOperation`, which has weights for each entry that may be
        its input; None for `layer`, whose weights are the same for all.
      cell_layer: In a cell of a network of one architecture, a `CellOperation`; None for `fixed_layer`, which follows a
        factorized reduction where the stride is 2.

    Raises:
      InputError: If an operation of cells only lacks one of its two layers.
    """

    layer: OperationFactory | None = None
    fixed_layer: OperationFactory | None = None
    micro_layer: OperationFactory | None = None
    cell_layer: OperationFactory | None = None

    def __post_init__(self) -> None:
        if self.layer is None and (self.micro_layer is None or self.cell_layer is None):
            raise InputError("an OperationKind", "a layer, or both a micro_layer and a cell_layer", "less")


class OperationRegistry(Generic[Made]):
    """Operations on offer to one kind of network. A new one is a new entry; networks only call `make`.

    Args:
      layer: Which layer of an `OperationKind` belongs here: the name of its attribute.
      otherwise: Another registry, asked for operations that are not registered here.
    """

    def __init__(self, layer: str, otherwise: "OperationRegistry[Made] | None" = None) -> None:
        self._layer = layer
        self._factories: dict[str, Callable[..., Made]] = {}
        self._otherwise = otherwise
        self._adapter: Callable[..., Made] | None = None

    def register(self, name: str, factory: Callable[..., Made], **fixed: Any) -> None:
        """Puts an operation on offer.

        Args:
          name: As it stands in a search space, without parameters (`OPERATION_PARAMETERS` says which it has).
          factory: Called with `fixed`, the parameters in an operation's name, and the keyword arguments of `make`;
            returns a layer with a `get_config`, for example a `ChildLayer`.
          **fixed: What distinguishes this operation among those of one factory, for example `kernel_size`.

        Raises:
          ValueError: If the name is taken.
        """
        if name in self._factories:
            raise ValueError(f"operation {name}: expected a new name, received one that is registered")
        self._factories[name] = lambda **kwargs: factory(**fixed, **kwargs)

    def adapt(self, adapter: Callable[..., Made]) -> None:
        """Puts operations of other packages on offer that have a layer for the macro space only.

        Args:
          adapter: Called as factories are, and with `poison`, the operation's name.
        """
        self._adapter = adapter

    def make(self, operation: str, **kwargs: Any) -> Made:
        """Makes a layer that computes an operation.

        Args:
          operation: A registered name, with its parameters where it has any.
          **kwargs: What the network tells all its operations: `filters`, `seed`, `data_format`, `dtype`, `name`, ….

        Raises:
          InputError: If there is no operation of that name, its parameters are not what they should be, or another
            package has no layer for it here.
        """
        known, parsed = self._known(), parse_operation(operation)
        factory = known.get(parsed.kind)
        if factory is None:
            added = added_names(OPERATIONS, known)
            if parsed.kind not in added:
                raise InputError("operation", f"one of {', '.join((*sorted(known), *added))}", operation)
            factory = self._added(parsed.kind)
        return factory(**dict(parsed.parameters), **kwargs)

    def _known(self) -> dict[str, Callable[..., Made]]:
        return self._factories if self._otherwise is None else {**self._otherwise._known(), **self._factories}

    def _added(self, name: str) -> Callable[..., Made]:
        """The factory of another package's operation."""
        kind = load_added(OPERATIONS, name, OperationKind)
        factory: Callable[..., Made] | None = getattr(kind, self._layer)
        if factory is not None:
            return factory
        if self._otherwise is not None:
            return self._otherwise._added(name)
        if self._adapter is None:
            raise InputError(f"operation {name}", "one of the macro space", "one that has layers for cells only")
        return functools.partial(self._adapter, poison=name)
