"""What every layer of a child network is told: how many channels it gives, its seed and its data format."""

import math
from typing import Any

import keras

# Of a map, the size of the batch left open.
Shape = tuple[int | None, ...]


class ChildLayer(keras.layers.Layer):
    """A layer of the child network.

    Args:
      filters: Channels of the result.
      seed: Of the layer's weights; each weight draws from a stream of its own name.
      data_format: `NHWC` or `NCHW`.
      **kwargs: Of `keras.layers.Layer`.

    Attributes:
      ends_normalized: Whether the result is batch-normalized already, but for a relu.
    """

    ends_normalized = False

    def __init__(self, filters: int, seed: int = 0, data_format: str = "NHWC", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.seed = seed
        self.data_format = data_format

    @property
    def part_arguments(self) -> dict[str, Any]:
        """Keyword arguments this layer's parts share with it."""
        return {"data_format": self.data_format, "dtype": self.dtype_policy}

    def with_filters(self, shape: Shape, filters: int) -> Shape:
        """The shape with its number of channels replaced."""
        return tuple(filters if axis == "C" else size for axis, size in zip(self.data_format, shape, strict=True))

    def num_parameters(self, choice: int | tuple[int, ...] | None) -> int:
        """Returns how many trainable numbers a call uses: all of them, unless weights are taken by a choice.

        Args:
          choice: What the layer is called with beside its inputs, if anything.
        """
        return sum(math.prod(variable.shape) for variable in self.trainable_variables)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "filters": self.filters, "seed": self.seed, "data_format": self.data_format}
