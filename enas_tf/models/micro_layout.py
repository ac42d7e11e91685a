"""How cells are stacked to a network, whether their weights are shared by all arcs or belong to one."""

import functools
from collections.abc import Callable

import keras

from enas_tf.config import ChildConfig
from enas_tf.layers.convolution import NormalizedConvolution
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.models.shared_child import MapSize

STEM_FILTERS_FACTOR = 3  # channels of the stem, in those of a first cell


def num_cell_layers(config: ChildConfig) -> int:
    """Cells of the network: `num_layers` normal ones and two reduction cells."""
    return config.num_layers + 2


def reduction_layers(config: ChildConfig) -> tuple[int, int]:
    """Which of the cells are reduction cells: L//3 and 2(L//3) + 1."""
    third = config.num_layers // 3
    return (third, 2 * third + 1)


def auxiliary_layer(config: ChildConfig) -> int:
    """The cell whose output the auxiliary head sees: the one behind the second reduction."""
    return reduction_layers(config)[1] + 1


def calibration(size: MapSize, target: MapSize, filters: int) -> Callable[..., keras.layers.Layer] | None:
    """The kind of layer that brings an input of a cell to the height and width of a target, and to its channels.

    Returns:
      What makes the layer, one that rectifies its input first; None where the input fits already.
    """
    if size.height != target.height:
        return functools.partial(FactorizedReduction, filters=filters, input_relu=True)
    if size.channels != filters:
        return functools.partial(NormalizedConvolution, filters=filters, kernel_size=1, input_relu=True)
    return None
