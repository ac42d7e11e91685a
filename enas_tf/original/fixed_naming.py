"""Finds the variables of a network of one arc by the names the original gave them, as its golden files do."""

import re

import keras

from enas_tf.layers.operations import ConvolutionOperation, MacroOperation
from enas_tf.models.fixed_network import FixedNetwork
from enas_tf.original.layer_naming import convolution_operation, layer_variables

# From the name of a network's layer to the scope the original puts it in.
_SCOPES = {
    r"stem": r"child/stem_conv",
    r"layer_(\d+)_operation": r"child/layer_\1",
    r"layer_(\d+)_skip": r"child/layer_\1/skip",
    r"layer_(\d+)_reduction_(\d+)": r"child/layer_\1/pool_at_\1/from_\2",
    r"layer_(\d+)_input_0": r"child/layer_\1/calibrate/pool_x",
    r"layer_(\d+)_input_1": r"child/layer_\1/calibrate/pool_y",
    r"layer_(\d+)_base": r"child/layer_\1/layer_base",
    r"layer_(\d+)_block_(\d+)_([xy])": r"child/layer_\1/cell_\2/\3_conv",
    r"layer_(\d+)_output_(\d+)": r"child/layer_\1/final_combine/calibrate_\2",
    r"auxiliary_head": r"child/aux_head",
    r"classifier": r"child/fc",
}


def fixed_network_variables(network: FixedNetwork) -> dict[str, keras.Variable]:
    """Maps the original's names to the variables of a network, batch-norm statistics and auxiliary head included.

    Separable convolutions and pooling do not exist in the original's macro networks; their names follow those of
    ordinary convolutions.

    Returns:
      For example `child/layer_0/conv_3x3/w`, `child/layer_1/cell_0/x_conv/sep_conv_0/w_depth`, `child/fc/w`.
    """
    names: dict[str, keras.Variable] = {}
    for layer in network.layers:
        for pattern, scope in _SCOPES.items():
            if match := re.fullmatch(pattern, layer.name):
                names |= _layer_variables(layer, match.expand(scope))
    return names


def _layer_variables(layer: keras.layers.Layer, scope: str) -> dict[str, keras.Variable]:
    if isinstance(layer, ConvolutionOperation):
        size = layer.kernel_size
        return convolution_operation(layer, f"{scope}/conv_1x1", f"{scope}/conv_{size}x{size}")
    if isinstance(layer, MacroOperation):
        return layer_variables(layer.input_conv, f"{scope}/conv_1x1")
    return layer_variables(layer, scope)
