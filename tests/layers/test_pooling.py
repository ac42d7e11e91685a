"""Max pooling gives what TensorFlow's own does, its gradient too, also where entries of a window are equal."""

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.pooling import _max_gradient, max_pool


def _with_gradient(pool, maps, upstream):
    with tf.GradientTape() as tape:
        tape.watch(maps)
        outputs = pool(maps)
    return outputs, tape.gradient(outputs, maps, upstream)


def _tensorflow(maps):
    return tf.nn.max_pool2d(maps, 3, 1, "SAME")


@pytest.mark.parametrize("shape", [(2, 7, 5, 3), (1, 1, 1, 2), (2, 2, 1, 1)], ids=str)
@pytest.mark.parametrize("values", [2, 1000], ids=["many equal", "few equal"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_as_tensorflow(shape, values, dtype):
    rng = np.random.default_rng(0)
    maps = tf.constant(rng.integers(-values, values, shape), dtype)
    upstream = tf.constant(rng.integers(-8, 9, shape), dtype)
    ours = _with_gradient(lambda maps: max_pool(maps, "NHWC"), maps, upstream)
    for received, expected in zip(ours, _with_gradient(_tensorflow, maps, upstream), strict=True):
        assert received.dtype == expected.dtype
        np.testing.assert_array_equal(received, expected)


def test_of_pooled_maps():
    maps = tf.constant(np.random.default_rng(1).normal(size=(2, 6, 6, 2)), tf.float32)
    upstream = tf.constant(np.random.default_rng(2).integers(-8, 9, maps.shape), tf.float32)
    ours = _with_gradient(lambda maps: max_pool(max_pool(maps, "NHWC"), "NHWC"), maps, upstream)
    expected = _with_gradient(lambda maps: _tensorflow(_tensorflow(maps)), maps, upstream)
    np.testing.assert_array_equal(ours[1], expected[1])


def test_the_axes_of_channels_first():
    """Windows reach over height and width alone; a CPU pools no channels first, so the gradient is tried by itself."""
    maps = np.random.default_rng(3).normal(size=(2, 5, 4, 3)).astype(np.float32)
    rows = tf.nn.max_pool2d(maps, (1, 3), 1, "SAME")
    upstream = tf.constant(np.random.default_rng(4).normal(size=maps.shape), tf.float32)
    channels_first = [tf.transpose(tensor, [0, 3, 1, 2]) for tensor in (maps, rows, upstream)]
    expected = _max_gradient(tf.constant(maps), rows, upstream, axis=2)
    np.testing.assert_array_equal(tf.transpose(_max_gradient(*channels_first, axis=3), [0, 2, 3, 1]), expected)
