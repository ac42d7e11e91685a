"""A registry of operations, from the name a search space knows to the layer that computes it."""

from collections.abc import Callable

import keras

from enas_tf.errors import InputError
from enas_tf.search_space.operation import parse_operation

OperationFactory = Callable[..., keras.layers.Layer]


class OperationRegistry:
    """Operations on offer to one kind of network. A new one is a new entry; networks only call `make`.

    Args:
      otherwise: Another registry, asked for operations that are not registered here.
    """

    def __init__(self, otherwise: "OperationRegistry | None" = None):
        self._factories: dict[str, OperationFactory] = {}
        self._otherwise = otherwise

    def register(self, name: str, factory: OperationFactory, **fixed) -> None:
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

    def make(self, operation: str, **kwargs) -> keras.layers.Layer:
        """Makes a layer that computes an operation.

        Args:
          operation: A registered name, with its parameters where it has any.
          **kwargs: What the network tells all its operations: `filters`, `seed`, `data_format`, `dtype`, `name`, ….

        Raises:
          InputError: If no operation of that name is registered, or its parameters are not what they should be.
        """
        known, parsed = self._known(), parse_operation(operation)
        if parsed.kind not in known:
            raise InputError("operation", f"one of {', '.join(sorted(known))}", operation)
        return known[parsed.kind](**dict(parsed.parameters), **kwargs)

    def _known(self) -> dict[str, OperationFactory]:
        return self._factories if self._otherwise is None else {**self._otherwise._known(), **self._factories}
