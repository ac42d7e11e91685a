"""The layers of all networks. Importing this package registers those that saved networks are made of."""

from enas_tf.layers import (
    auxiliary_head,
    batch_normalization,
    cell_operations,
    classifier,
    convolution,
    drop_path,
    factorized_reduction,
    operations,
)

__all__ = [
    "auxiliary_head",
    "batch_normalization",
    "cell_operations",
    "classifier",
    "convolution",
    "drop_path",
    "factorized_reduction",
    "operations",
]
