"""The 3×3 pooling both spaces have as an operation, whether weights are shared or the network is one arc's."""

from typing import Any

import tensorflow as tf

from enas_tf.layers.base import ChildLayer
from enas_tf.layers.kernels import POOL_SIZE, max_pool


class Pooling(ChildLayer):
    """What the pooling operations have in common; it comes before the operation's base class.

    Args:
      *args: Of the base class, a `ChildLayer`.
      pooling: `AVG` or `MAX`.
      **kwargs: Of the base class.
    """

    def __init__(self, *args: Any, pooling: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pooling = pooling

    def pool(self, inputs: tf.Tensor, strides: int = 1) -> tf.Tensor:
        """Pools 3×3, SAME padding; an average leaves the padding out.

        Args:
          inputs: [B, H, W, C] or [B, C, H, W], as the layer's data format says.
          strides: In both directions.
        """
        if self.pooling == "MAX":
            return max_pool(inputs, strides, self.data_format)
        return tf.nn.avg_pool2d(inputs, POOL_SIZE, strides, "SAME", self.data_format)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "pooling": self.pooling}
