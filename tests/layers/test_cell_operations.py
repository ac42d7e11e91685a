import numpy as np
import pytest

from enas_tf.layers.cell_operations import CELL_OPERATION_LAYERS
from enas_tf.layers.micro_operations import MICRO_OPERATION_LAYERS
from enas_tf.search_space import MICRO_OPERATIONS
from tests.layers import numpy_layers
from tests.layers.numpy_layers import relu

MAP = np.random.default_rng(0).normal(size=(2, 6, 4, 8)).astype(np.float32)
POOLS = {"average_pooling": numpy_layers.average_pool, "max_pooling": numpy_layers.max_pool}


def _built(name, **kwargs):
    layer = CELL_OPERATION_LAYERS.make(name, filters=8, name="layer_0", **kwargs)
    layer.build((None, 6, 4, 8))
    return numpy_layers.randomize(layer)


def _strided(outputs, strides):
    """SAME windows of odd size on an even map stand around every second pixel from (1, 1) at stride 2."""
    return outputs if strides == 1 else outputs[:, 1::2, 1::2]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("name", ["separable_conv_3x3", "separable_conv_5x5"])
def test_a_separable_convolution_is_applied_twice_the_first_time_with_the_stride(name, strides, training):
    layer, expected = _built(name, strides=strides), MAP
    for stack, stack_strides in zip(layer.stacks, (strides, 1), strict=True):
        expected = numpy_layers.depthwise(relu(expected), stack.depthwise.kernel.numpy())
        expected = numpy_layers.conv(_strided(expected, stack_strides), stack.pointwise.kernel.numpy())
        expected = numpy_layers.apply_norm(stack.norm, expected, 1e-5, training)
    np.testing.assert_allclose(layer(MAP, training=training), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("name", POOLS)
def test_pooling(name, strides):
    layer = _built(name, strides=strides)
    np.testing.assert_allclose(layer(MAP), _strided(POOLS[name](MAP), strides), rtol=1e-5, atol=1e-6)
    assert layer.weights == []


def test_identity():
    layer = _built("identity")
    np.testing.assert_array_equal(layer(MAP), MAP)
    assert layer.weights == []


def test_a_strided_identity_is_a_factorized_reduction():
    layer = _built("identity", strides=2)
    assert layer(MAP).shape == (2, 3, 2, 8)
    np.testing.assert_array_equal(layer(MAP, training=True), layer.reduction(MAP, training=True))


@pytest.mark.parametrize("name", MICRO_OPERATIONS)
def test_channels_first_has_the_same_weights(name):
    first = CELL_OPERATION_LAYERS.make(name, filters=8, strides=2, data_format="NCHW")
    first.build((None, 8, 6, 4))
    last = CELL_OPERATION_LAYERS.make(name, filters=8, strides=2)
    last.build((None, 6, 4, 8))
    for weight, same in zip(first.weights, last.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), same.numpy())


def test_weights_are_seeded_and_differ_from_one_another():
    def kernels(seed):
        layer = CELL_OPERATION_LAYERS.make("separable_conv_3x3", filters=8, seed=seed)
        layer.build((None, 6, 4, 8))
        return [weight.numpy().tobytes() for weight in layer.trainable_variables if weight.name == "kernel"]

    assert kernels(3) == kernels(3)
    assert len({*kernels(3), *kernels(4)}) == 8


@pytest.mark.parametrize("name", MICRO_OPERATIONS)
def test_every_operation_of_the_space_is_there_for_shared_weights_and_for_one_arc(name):
    assert MICRO_OPERATION_LAYERS.make(name, filters=8, num_inputs=2).filters == 8
    assert CELL_OPERATION_LAYERS.make(name, filters=8).filters == 8
