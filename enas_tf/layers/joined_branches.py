"""What a layer computes where it takes a range of channels from every operation, while weights are shared."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import ChildLayer, Shape
from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.convolution import he_normal
from enas_tf.layers.operations import MACRO_OPERATION_LAYERS
from enas_tf.seeds import derive_seed


class JoinedBranches(ChildLayer):
    """All branches, cut to a range of channels each and concatenated; 1×1 convolution, batch normalization, relu.

    The convolution has F rows of weights for each branch and takes those of the channels in range. he_normal is drawn
    for the matrix of all rows: its fan-in is their number, as in the original.

    The original computes only the channels in range where that is possible, in the last convolution of a branch. Here
    every branch gives all its channels and those out of range become zero, so that shapes are the same for all
    architectures. The result is equal: each channel has filters and normalization of its own, and a zero adds nothing
    to the 1×1 convolution. Channels out of range have no influence, no gradient, and statistics that stay; only the
    1×1 convolution a branch begins with computes, and keeps the statistics of, all channels, there as here.

    Args:
      filters: F, the channels of input, branches and result.
      operations: Names of the branches.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, operations: Sequence[str], **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.operations = tuple(operations)
        self.branches = [self._make_branch(f"branch_{k}", name) for k, name in enumerate(self.operations)]
        self.norm = BatchNormalization(name="bn", **self.part_arguments)

    def _make_branch(self, name: str, operation: str) -> keras.layers.Layer:
        seed = derive_seed(self.seed, name)[0]
        return MACRO_OPERATION_LAYERS.make(operation, filters=self.filters, seed=seed, name=name, **self.part_arguments)

    def build(self, input_shape: Shape) -> None:
        """Builds the branches and creates the weights of all rows."""
        for branch in self.branches:
            branch.build(input_shape)
        shape = (len(self.branches) * self.filters, self.filters)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=he_normal(self.seed, "kernel"))
        self.norm.build(self.with_filters(input_shape, self.filters))

    def call(self, inputs: tf.Tensor, ranges: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps [B, H, W, F] to [B, H, W, F].

        Args:
          inputs: The map.
          ranges: Start and count of each branch in turn, int32 [2 · branches].
          training: The mode.
        """
        starts, counts = tf.unstack(tf.reshape(ranges, [-1, 2, 1]), axis=1)  # each [branches, 1]
        channels = tf.range(self.filters)
        used = (starts <= channels) & (channels < starts + counts)  # [branches, F]
        outputs = [
            branch(inputs, training=training, used=mask)
            for branch, mask in zip(self.branches, tf.unstack(used), strict=True)
        ]
        joined = tf.concat(outputs, axis=self.data_format.index("C"))
        mask = tf.reshape(used, [-1, 1, 1] if self.data_format == "NCHW" else [-1])
        joined = tf.where(mask, joined, tf.zeros([], joined.dtype))
        rows = tf.cast(tf.reshape(self.kernel, [1, 1, *self.kernel.shape]), joined.dtype)
        outputs = tf.nn.conv2d(joined, rows, 1, "SAME", data_format=self.data_format)
        return tf.nn.relu(self.norm(outputs, training=training))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "operations": self.operations}
