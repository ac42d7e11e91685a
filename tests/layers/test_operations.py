import keras
import numpy as np
import pytest

from enas_tf.errors import InputError
from enas_tf.layers.operations import FIXED_MACRO_OPERATION_LAYERS, MACRO_OPERATION_LAYERS
from enas_tf.search_space import MACRO_OPERATIONS
from tests.layers import numpy_layers
from tests.layers.numpy_layers import relu

MAP = np.random.default_rng(0).normal(size=(2, 4, 5, 6)).astype(np.float32)
POOLS = {"average_pooling": numpy_layers.average_pool, "max_pooling": numpy_layers.max_pool}


@pytest.fixture
def registry(monkeypatch):
    """A registry of this test's own."""
    monkeypatch.setattr(MACRO_OPERATION_LAYERS, "_factories", dict(MACRO_OPERATION_LAYERS._factories))


def _built(name, registry=MACRO_OPERATION_LAYERS, **kwargs):
    layer = registry.make(name, filters=6, name="layer_0", **kwargs)
    layer.build((None, 4, 5, 6))
    return layer


def _kernels(layer):
    """The layer's kernels in the order they are applied; the first is the input convolution's."""
    return [weight.numpy() for weight in layer.trainable_variables if weight.name == "kernel"]


def _expected(name, layer, training):
    kernels = _kernels(layer)
    outputs = numpy_layers.conv(relu(MAP) if layer.input_relu else MAP, kernels[0])
    outputs = relu(numpy_layers.apply_norm(layer.input_conv.norm, outputs, 1e-5, training))
    if name in POOLS:
        return POOLS[name](outputs)
    if name.startswith("separable"):
        outputs = numpy_layers.conv(numpy_layers.depthwise(outputs, kernels[1]), kernels[2])
    else:
        outputs = numpy_layers.conv(outputs, kernels[1])
    if layer.input_relu:
        return numpy_layers.apply_norm(layer.norm, outputs, 1e-5, training)
    return relu(numpy_layers.apply_norm(layer.norm, outputs, 1e-3, training))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("input_relu", [True, False])
@pytest.mark.parametrize("name", MACRO_OPERATIONS)
def test_operation(name, input_relu, training):
    layer = _built(name, FIXED_MACRO_OPERATION_LAYERS if input_relu else MACRO_OPERATION_LAYERS)
    assert layer.input_relu == input_relu
    numpy_layers.randomize(layer)
    expected = _expected(name, layer, training)
    assert expected.shape == MAP.shape
    np.testing.assert_allclose(layer(MAP, training=training), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("conv_3x3", [(1, 1, 6, 6), (3, 3, 6, 6)]),
        ("separable_conv_3x3", [(1, 1, 6, 6), (3, 3, 6, 1), (1, 1, 6, 6)]),
        ("conv_5x5", [(1, 1, 6, 6), (5, 5, 6, 6)]),
        ("separable_conv_5x5", [(1, 1, 6, 6), (5, 5, 6, 1), (1, 1, 6, 6)]),
        ("average_pooling", [(1, 1, 6, 6)]),
        ("max_pooling", [(1, 1, 6, 6)]),
    ],
)
def test_kernels(name, shapes):
    layer = _built(name)
    assert [kernel.shape for kernel in _kernels(layer)] == shapes
    num_norms = 1 if name in POOLS else 2
    assert len(layer.trainable_variables) == len(shapes) + 2 * num_norms


def test_an_average_leaves_the_padding_out():
    layer = _built("average_pooling")
    layer.input_conv.norm.scale.assign(np.zeros(6))
    layer.input_conv.norm.offset.assign(np.full(6, 3.0))
    np.testing.assert_allclose(layer(MAP), 3.0, rtol=1e-6)


@pytest.mark.parametrize("name", ["conv_5x5", "separable_conv_3x3"])
def test_the_output_normalization_keeps_plain_averages_and_the_input_one_zero_debiased_ones(name):
    layer = _built(name)
    layer(MAP, training=True)
    kernels = _kernels(layer)
    inner = numpy_layers.conv(MAP, kernels[0])
    variance = inner.var(axis=(0, 1, 2), ddof=1)
    np.testing.assert_allclose(layer.input_conv.norm.moving_variance.numpy(), variance, rtol=1e-4)
    inner = relu(numpy_layers.normalize(inner, 1.0, 0.0, 1e-5))
    inner = numpy_layers.depthwise(inner, kernels[1]) if len(kernels) == 3 else inner
    inner = numpy_layers.conv(inner, kernels[-1])
    expected = 0.9 + 0.1 * inner.var(axis=(0, 1, 2), ddof=1)
    np.testing.assert_allclose(layer.norm.moving_variance.numpy(), expected, rtol=1e-4)


@pytest.mark.parametrize("name", MACRO_OPERATIONS)
def test_weights_of_an_operation_are_seeded_and_differ_from_one_another(name):
    first, again, other = (_kernels(_built(name, seed=seed)) for seed in (3, 3, 4))
    for kernel, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(kernel, same)
        assert not np.array_equal(kernel, different)
    assert len({kernel.tobytes() for kernel in first}) == len(first)


@pytest.mark.parametrize("name", MACRO_OPERATIONS)
def test_channels_first_has_the_same_weights(name):
    first = MACRO_OPERATION_LAYERS.make(name, filters=6, data_format="NCHW")
    first.build((None, 6, 4, 5))
    for weight, same in zip(first.weights, _built(name).weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), same.numpy())


def test_an_unknown_operation_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="expected one of .*max_pooling.*, received conv_7x7"):
        MACRO_OPERATION_LAYERS.make("conv_7x7", filters=6)


@pytest.mark.usefixtures("registry")
def test_a_name_is_registered_once():
    MACRO_OPERATION_LAYERS.register("copy", keras.layers.Identity)
    for taken in ("copy", "conv_3x3"):
        with pytest.raises(ValueError, match=f"operation {taken}: expected a new name"):
            MACRO_OPERATION_LAYERS.register(taken, keras.layers.Identity)


@pytest.mark.usefixtures("registry")
def test_a_registered_operation_is_made_with_its_arguments():
    received = {}

    def factory(**kwargs):
        received.update(kwargs)
        return keras.layers.Identity()

    MACRO_OPERATION_LAYERS.register("copy", factory)
    arguments = {"filters": 6, "seed": 1, "data_format": "NHWC", "name": "layer_0_copy", "dtype": "float32"}
    layer = MACRO_OPERATION_LAYERS.make("copy", **arguments)
    assert received == arguments
    np.testing.assert_array_equal(layer(MAP), MAP)


@pytest.mark.usefixtures("registry")
def test_what_a_network_of_one_arc_has_no_order_of_its_own_for_is_the_same_there():
    MACRO_OPERATION_LAYERS.register("copy", lambda **kwargs: keras.layers.Identity(name=kwargs["name"]))
    layer = FIXED_MACRO_OPERATION_LAYERS.make("copy", filters=6, name="layer_0")
    np.testing.assert_array_equal(layer(MAP), MAP)
    with pytest.raises(InputError, match="expected one of .*copy, .*max_pooling.*, received conv_7x7"):
        FIXED_MACRO_OPERATION_LAYERS.make("conv_7x7", filters=6)


def test_all_normalizations_of_a_network_of_one_arc_keep_zero_debiased_averages():
    layer = _built("conv_3x3", FIXED_MACRO_OPERATION_LAYERS)
    assert layer.norm.zero_debias
    assert layer.input_conv.norm.zero_debias
