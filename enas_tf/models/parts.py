"""How the layers of a child network are made, whether it is shared by all arcs or built for one."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import keras

from enas_tf.seeds import derive_seed

Part = TypeVar("Part", bound=keras.layers.Layer)


@dataclasses.dataclass(frozen=True)
class PartFactory:
    """Makes layers that agree in all but their names, sizes and random streams.

    Attributes:
      data_format: `NHWC` or `NCHW`.
      seed: The run's root seed.
      dtype: Their dtype policy; None for Keras's global one.
    """

    data_format: str
    seed: int
    dtype: str | keras.DTypePolicy | None = None

    def make(self, factory: Callable[..., Part], name: str, **kwargs: Any) -> Part:
        """Makes a layer.

        Args:
          factory: Its class, or a function that takes the same arguments.
          name: Its name, and its random stream.
          **kwargs: What distinguishes it.
        """
        common = {"data_format": self.data_format, "dtype": self.dtype}
        return factory(name=name, seed=self.seed_of(name), **common, **kwargs)

    def seed_of(self, name: str) -> int:
        """The seed of a layer's weights and draws."""
        return derive_seed(self.seed, f"child/{name}")[0]
