import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.base import ChildLayer
from enas_tf.layers.convolution import NormalizedConvolution, convolution, depthwise_convolution, he_normal
from tests.layers import numpy_layers
from tests.layers.numpy_layers import randomize

MAP = np.random.default_rng(0).normal(size=(2, 4, 5, 3)).astype(np.float32)


def _built(part, shape=MAP.shape):
    part.build((None, *shape[1:]))
    return part


@pytest.mark.parametrize("shape", [(3, 3, 32, 64), (1, 1, 256, 64), (64, 256)])
def test_he_normal_has_its_standard_deviation_and_is_truncated(shape):
    values = he_normal(0, "conv")(shape).numpy()
    deviation = np.sqrt(2 / np.prod(shape[:-1]))
    assert values.std() == pytest.approx(deviation, rel=0.02)
    assert values.mean() == pytest.approx(0, abs=0.02 * deviation)
    # a normal cut at two deviations has 0.8796 of its deviation left
    assert np.abs(values).max() <= 2 * deviation / 0.8796


def test_he_normal_of_one_filter_per_channel_counts_all_channels():
    part = _built(depthwise_convolution(ChildLayer(64), "depthwise", 5), (1, 8, 8, 64))
    assert part.kernel.shape == (5, 5, 64, 1)
    assert part.kernel.numpy().std() == pytest.approx(np.sqrt(2 / (25 * 64)), rel=0.05)


def _kernel(seed, name):
    return _built(convolution(ChildLayer(4, seed=seed), name, 3)).kernel.numpy()


def test_initial_weights_depend_on_seed_and_name_alone():
    np.testing.assert_array_equal(_kernel(1, "conv"), _kernel(1, "conv"))
    assert not np.array_equal(_kernel(1, "conv"), _kernel(2, "conv"))
    assert not np.array_equal(_kernel(1, "conv"), _kernel(1, "other"))


@pytest.mark.parametrize("size", [1, 3, 5])
def test_convolution_pads_with_zeros_and_has_no_bias(size):
    part = _built(convolution(ChildLayer(6), "conv", size))
    assert [weight.shape for weight in part.weights] == [(size, size, 3, 6)]
    np.testing.assert_allclose(part(MAP), numpy_layers.conv(MAP, part.kernel.numpy()), rtol=1e-4, atol=1e-5)


def test_a_box_filter_counts_the_pixels_inside():
    part = _built(convolution(ChildLayer(1), "conv", 3), (1, 2, 3, 1))
    part.kernel.assign(np.ones((3, 3, 1, 1)))
    np.testing.assert_allclose(part(np.ones((1, 2, 3, 1), np.float32))[0, :, :, 0], [[4, 6, 4], [4, 6, 4]])


def test_filters_and_strides_of_a_part_may_be_its_own():
    part = _built(convolution(ChildLayer(6), "conv", 1, filters=2, strides=2))
    expected = numpy_layers.conv(MAP[:, ::2, ::2], part.kernel.numpy())
    assert expected.shape == (2, 2, 3, 2)
    np.testing.assert_allclose(part(MAP), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [3, 5])
def test_depthwise_convolution_keeps_channels_apart(size):
    part = _built(depthwise_convolution(ChildLayer(6), "depthwise", size))
    assert [weight.shape for weight in part.weights] == [(size, size, 3, 1)]
    np.testing.assert_allclose(part(MAP), numpy_layers.depthwise(MAP, part.kernel.numpy()), rtol=1e-4, atol=1e-5)


def test_parts_follow_the_dtype_of_their_owner():
    part = _built(convolution(ChildLayer(4, dtype="mixed_bfloat16"), "conv", 3))
    assert part.kernel.dtype == "float32"
    assert part(MAP).dtype == tf.bfloat16


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("relu", [True, False])
def test_normalized_convolution(relu, training):
    layer = randomize(_built(NormalizedConvolution(4, 3, relu=relu)))
    expected = numpy_layers.conv(MAP, layer.conv.kernel.numpy())
    expected = numpy_layers.apply_norm(layer.norm, expected, 1e-5, training)
    assert expected.min() < 0
    expected = np.maximum(expected, 0) if relu else expected
    np.testing.assert_allclose(layer(MAP, training=training), expected, rtol=1e-4, atol=1e-5)


def test_normalized_convolution_keeps_zero_debiased_averages():
    layer = _built(NormalizedConvolution(4, 1, relu=True))
    layer(MAP, training=True)
    mean = numpy_layers.conv(MAP, layer.conv.kernel.numpy()).mean(axis=(0, 1, 2))
    np.testing.assert_allclose(layer.norm.moving_mean.numpy(), mean, rtol=1e-4, atol=1e-6)


def test_channels_first_has_the_same_weights():
    first = NormalizedConvolution(4, 3, relu=True, seed=2, data_format="NCHW")
    first.build((None, 3, 8, 9))
    last = _built(NormalizedConvolution(4, 3, relu=True, seed=2))
    for weight, same in zip(first.weights, last.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), same.numpy())
