"""The 3×3 pooling both spaces have as an operation."""

import tensorflow as tf

POOL_SIZE = 3


def pool(inputs: tf.Tensor, pooling: str, data_format: str, strides: int = 1) -> tf.Tensor:
    """Pools 3×3, SAME padding; an average leaves the padding out.

    Args:
      inputs: [B, H, W, C] or [B, C, H, W].
      pooling: `AVG` or `MAX`.
      data_format: `NHWC` or `NCHW`.
      strides: In both directions.
    """
    window = (POOL_SIZE, POOL_SIZE)
    return tf.nn.pool(inputs, window, pooling, (strides, strides), "SAME", data_format=data_format)
