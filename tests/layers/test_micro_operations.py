import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.micro_operations import MICRO_OPERATION_LAYERS
from enas_tf.search_space import MICRO_OPERATIONS
from tests.layers import numpy_layers
from tests.layers.numpy_layers import relu

MAP = np.random.default_rng(0).normal(size=(2, 6, 4, 3)).astype(np.float32)
NUM_INPUTS = 4
SEPARABLE = {"separable_conv_3x3": 3, "separable_conv_5x5": 5}


def _built(name, shape=MAP.shape, num_inputs=NUM_INPUTS, **kwargs):
    layer = MICRO_OPERATION_LAYERS.make(name, filters=MAP.shape[-1], num_inputs=num_inputs, name="layer_0", **kwargs)
    layer.build((None, *shape[1:]))
    return layer


def _randomized(name, **kwargs):
    """With offsets and scales that show."""
    layer, rng = _built(name, **kwargs), np.random.default_rng(1)
    for stack in layer.stacks:
        stack["scale"].assign(rng.uniform(0.5, 2.0, stack["scale"].shape))
        stack["offset"].assign(rng.normal(size=stack["offset"].shape))
    return layer


def _expected(layer, size, index):
    outputs, filters = MAP, MAP.shape[-1]
    for stack in layer.stacks:
        rows = {name: weight.numpy()[index] for name, weight in stack.items()}
        outputs = numpy_layers.depthwise(relu(outputs), rows["w_depth"].reshape(size, size, filters, 1))
        outputs = numpy_layers.conv(outputs, rows["w_point"].reshape(1, 1, filters, filters))
        outputs = numpy_layers.normalize(outputs, rows["scale"], rows["offset"], 1e-5)
    return outputs


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", SEPARABLE)
def test_a_separable_convolution_is_applied_twice_with_the_rows_of_its_input(name, training):
    layer = _randomized(name)
    assert layer.takes_rectified
    results = [layer(relu(MAP), tf.constant(index), training=training).numpy() for index in range(NUM_INPUTS)]
    for index, result in enumerate(results):
        np.testing.assert_allclose(result, _expected(layer, SEPARABLE[name], index), rtol=1e-3, atol=1e-4)
    assert not any(np.allclose(results[0], other, atol=1e-2) for other in results[1:])


@pytest.mark.parametrize("name", SEPARABLE)
def test_only_the_rows_of_the_input_have_a_gradient(name):
    layer = _randomized(name)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(layer(MAP, tf.constant(2)) ** 3)
    for gradient in tape.gradient(loss, [weight.value for weight in layer.trainable_variables]):
        reached = np.any(tf.convert_to_tensor(gradient).numpy(), axis=1)
        np.testing.assert_array_equal(reached, [False, False, True, False])


@pytest.mark.parametrize(("name", "size"), SEPARABLE.items())
def test_weights_are_rows_per_input_and_start_as_the_originals(name, size):
    layer = _built(name, num_inputs=200)
    for stack in layer.stacks:
        shapes = {key: tuple(weight.shape) for key, weight in stack.items()}
        assert shapes == {"w_depth": (200, size**2 * 3), "w_point": (200, 9), "offset": (200, 3), "scale": (200, 3)}
        for key in ("w_depth", "w_point"):  # the fan-in of he_normal is the number of inputs
            assert stack[key].numpy().std() == pytest.approx(np.sqrt(2 / 200), rel=0.05)
        np.testing.assert_array_equal(stack["offset"].numpy(), 0)
        np.testing.assert_array_equal(stack["scale"].numpy(), 1)
    assert layer.non_trainable_variables == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("average_pooling", numpy_layers.average_pool(MAP)),
        ("max_pooling", numpy_layers.max_pool(MAP)),
        ("identity", MAP),
    ],
)
def test_an_operation_without_weights_does_the_same_to_every_input(name, expected):
    layer = _built(name)
    assert layer.weights == []
    for index in range(NUM_INPUTS):
        np.testing.assert_allclose(layer(MAP, tf.constant(index)), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", SEPARABLE)
def test_weights_are_seeded_and_differ_from_one_another(name):
    first, again, other = (
        [stack[key].numpy() for stack in _built(name, seed=seed).stacks for key in ("w_depth", "w_point")]
        for seed in (3, 3, 4)
    )
    for weight, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(weight, same)
        assert not np.array_equal(weight, different)
    assert not np.array_equal(first[1], first[3])  # the pointwise weights of both stacks


@pytest.mark.parametrize("name", MICRO_OPERATIONS)
def test_channels_first_has_the_same_weights(name):
    first = _built(name, shape=MAP.transpose(0, 3, 1, 2).shape, data_format="NCHW")
    for weight, same in zip(first.weights, _built(name).weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), same.numpy())


@pytest.mark.parametrize("name", MICRO_OPERATIONS)
def test_maps_of_bfloat16_stay_bfloat16(name):
    mixed, plain = _built(name, dtype="mixed_bfloat16"), _built(name)
    outputs = mixed(tf.cast(MAP, tf.bfloat16), tf.constant(1))
    assert outputs.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), plain(MAP, tf.constant(1)), atol=0.2)
