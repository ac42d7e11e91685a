"""The layers of all networks. Importing this package registers those that saved networks are made of."""

from enas_tf.layers import (
    auxiliary_head,
    batch_normalization,
    cell_operations,
    cell_poisons,
    classifier,
    convolution,
    drop_path,
    factorized_reduction,
    operations,
    poisons,
    whole_network,
)

__all__ = [
    "auxiliary_head",
    "batch_normalization",
    "cell_operations",
    "cell_poisons",
    "classifier",
    "convolution",
    "drop_path",
    "factorized_reduction",
    "operations",
    "poisons",
    "whole_network",
]
