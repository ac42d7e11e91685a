"""Every layer of a child is rebuilt from its configuration, weights included."""

import numpy as np
import pytest

from enas_tf.layers.auxiliary_head import AuxiliaryHead
from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.cell_operations import CellIdentity, CellPooling, CellSeparableConvolution
from enas_tf.layers.cell_output import SharedCellOutput
from enas_tf.layers.classifier import Classifier
from enas_tf.layers.convolution import NormalizedConvolution, NormalizedSeparableConvolution
from enas_tf.layers.drop_path import DropPath
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.joined_branches import JoinedBranches
from enas_tf.layers.micro_operations import Identity, MicroPooling, SharedSeparableConvolution
from enas_tf.layers.operations import ConvolutionOperation, PoolingOperation

COMMON = {"seed": 5, "data_format": "NCHW", "name": "layer_3", "dtype": "mixed_bfloat16"}
NORMALIZATION = {"data_format": "NCHW", "name": "bn", "dtype": "mixed_bfloat16"}

LAYERS = [
    (BatchNormalization, {"epsilon": 0.01, "decay": 0.8, "zero_debias": False, **NORMALIZATION}),
    (Classifier, {"num_classes": 7, "keep_prob": 0.3, **COMMON}),
    (NormalizedConvolution, {"filters": 4, "kernel_size": 5, "relu": True, **COMMON}),
    (FactorizedReduction, {"filters": 4, **COMMON}),
    (ConvolutionOperation, {"filters": 4, "kernel_size": 3, "separable": True, **COMMON}),
    (ConvolutionOperation, {"filters": 4, "kernel_size": 3, "separable": False, **COMMON}),
    (ConvolutionOperation, {"filters": 4, "kernel_size": 3, "input_relu": True, **COMMON}),
    (PoolingOperation, {"filters": 4, "pooling": "MAX", **COMMON}),
    (NormalizedSeparableConvolution, {"filters": 4, "kernel_size": 5, "strides": 2, **COMMON}),
    (CellSeparableConvolution, {"filters": 4, "kernel_size": 5, "strides": 2, **COMMON}),
    (CellPooling, {"filters": 4, "pooling": "AVG", "strides": 2, **COMMON}),
    (CellIdentity, {"filters": 4, "strides": 2, **COMMON}),
    (SharedSeparableConvolution, {"filters": 4, "kernel_size": 5, "num_inputs": 3, **COMMON}),
    (MicroPooling, {"filters": 4, "pooling": "AVG", **COMMON}),
    (Identity, {"filters": 4, "num_inputs": 3, **COMMON}),
    (SharedCellOutput, {"filters": 4, "num_entries": 7, **COMMON}),
    (JoinedBranches, {"filters": 4, "operations": ("conv_3x3", "max_pooling"), **COMMON}),
    (AuxiliaryHead, {"num_classes": 7, "filters": 4, **COMMON}),
    (DropPath, {"keep_prob": 0.7, "seed": 5, "name": "layer_3", "dtype": "mixed_bfloat16"}),
]


def _built(layer):
    layer.build((None, 4, 6, 8))
    return layer


@pytest.mark.parametrize(("layer_class", "arguments"), LAYERS)
def test_is_rebuilt_from_its_configuration(layer_class, arguments):
    layer = layer_class(**arguments)
    config = layer.get_config()
    assert {name: config[name] for name in arguments if name != "dtype"} == {
        name: value for name, value in arguments.items() if name != "dtype"
    }
    copy = layer_class.from_config(config)
    assert copy.get_config() == config
    assert copy.dtype_policy.name == "mixed_bfloat16"
    for weight, same in zip(_built(layer).weights, _built(copy).weights, strict=True):
        assert weight.path == same.path
        np.testing.assert_array_equal(weight.numpy(), same.numpy())
