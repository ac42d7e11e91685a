"""How a cell's unused entries become its output while weights are shared."""

from typing import Any

import tensorflow as tf

from enas_tf.layers.base import ChildLayer, Shape
from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.convolution import he_normal


class SharedCellOutput(ChildLayer):
    """Relu, 1×1 convolution, batch normalization of some entries of a cell, concatenated.

    The convolution has a row of weights for each entry the cell may give, and takes those of the entries given.
    he_normal is drawn for the matrix of all rows: its fan-in is the number of entries, as in the original.

    Args:
      filters: Channels of each entry and of the result.
      num_entries: Inputs and blocks of the cell.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, filters: int, num_entries: int, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.num_entries = num_entries
        self.norm = BatchNormalization(name="bn", **self.part_arguments)

    def build(self, input_shape: Shape) -> None:
        """Creates the weights of all entries."""
        self.kernel = self.add_weight(
            name="kernel", shape=(self.num_entries, self.filters**2), initializer=he_normal(self.seed, "kernel")
        )
        self.norm.build(self.with_filters(input_shape, self.filters))

    def call(self, inputs: list[tf.Tensor], entries: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps m entries, each [B, H, W, F], to [B, H, W, F].

        Args:
          inputs: The entries in ascending order.
          entries: Which they are, int32 [m].
          training: The mode.
        """
        joined = tf.concat(inputs, axis=self.data_format.index("C"))
        kernel = tf.convert_to_tensor(self.kernel)
        # A product instead of a gather, whose gradient would be sparse: [m, F·F].
        rows = tf.matmul(tf.one_hot(entries, self.num_entries, dtype=kernel.dtype), kernel)
        rows = tf.reshape(rows, [1, 1, entries.shape[0] * self.filters, self.filters])
        outputs = tf.nn.conv2d(tf.nn.relu(joined), tf.cast(rows, joined.dtype), 1, "SAME", data_format=self.data_format)
        return self.norm(outputs, training=training)

    def num_parameters(self, choice: int | tuple[int, ...] | None) -> int:
        """Returns those of the entries that are given, and of the normalization."""
        left_out = self.num_entries - (len(choice) if isinstance(choice, tuple) else 1)
        return super().num_parameters(choice) - left_out * self.filters**2

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_entries": self.num_entries}
