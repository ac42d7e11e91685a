"""The project's own way to compute TensorFlow's operations gives what these do, gradients too."""

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers import kernels

RNG = np.random.default_rng


def _with_gradients(function, arguments, upstream):
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        outputs = function(*arguments)
    return outputs, *tape.gradient(outputs, arguments, upstream)


def _normal(seed, *shape, dtype="float32"):
    return tf.constant(RNG(seed).normal(size=shape), dtype)


def _whole(seed, shape, bound, dtype):
    """Whole numbers, so that sums are exact in any order and many entries equal."""
    return tf.constant(RNG(seed).integers(-bound, bound + 1, shape), dtype)


@pytest.fixture(params=[False, True], ids=["eager", "compiled"])
def way(request):
    """A way to run functions. TensorFlow takes other kernels for a compiled one."""
    return (lambda function: tf.function(function, autograph=False)) if request.param else (lambda function: function)


class TestMaxPool:
    @pytest.mark.parametrize("shape", [(2, 7, 5, 3), (1, 1, 1, 2), (2, 2, 1, 1)], ids=str)
    @pytest.mark.parametrize("strides", [1, 2])
    @pytest.mark.parametrize("bound", [2, 1000], ids=["many equal", "few equal"])
    @pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
    def test_as_tensorflow(self, way, shape, strides, bound, dtype):
        maps = _whole(0, shape, bound, dtype)
        expected_outputs = tf.nn.max_pool2d(maps, 3, strides, "SAME")
        upstream = _whole(1, expected_outputs.shape, 8, dtype)
        ours = _with_gradients(way(lambda maps: kernels.max_pool(maps, strides, "NHWC")), [maps], upstream)
        theirs = _with_gradients(lambda maps: tf.nn.max_pool2d(maps, 3, strides, "SAME"), [maps], upstream)
        for received, expected in zip(ours, theirs, strict=True):
            assert received.dtype == expected.dtype
            np.testing.assert_array_equal(received, expected)

    def test_of_pooled_maps(self, way):
        maps, upstream = _normal(1, 2, 6, 6, 2), _whole(2, (2, 6, 6, 2), 8, "float32")
        pool = way(lambda maps: kernels.max_pool(kernels.max_pool(maps, 1, "NHWC"), 1, "NHWC"))
        theirs = _with_gradients(
            lambda maps: tf.nn.max_pool2d(tf.nn.max_pool2d(maps, 3, 1, "SAME"), 3, 1, "SAME"), [maps], upstream
        )
        np.testing.assert_array_equal(_with_gradients(pool, [maps], upstream)[1], theirs[1])


class TestBatchNormalize:
    @pytest.mark.parametrize("channels", [1, 16, 18, 20, 40])
    def test_as_tensorflow(self, way, channels):
        arguments = [_normal(3, 4, 5, 6, channels), _normal(4, channels), _normal(5, channels)]
        upstream = _normal(6, 4, 5, 6, channels)

        def theirs(maps, scale, offset):
            return tf.raw_ops.FusedBatchNormV3(x=maps, scale=scale, offset=offset, mean=[], variance=[], epsilon=1e-3)[
                :3
            ]

        def ours(maps, scale, offset):
            return kernels.batch_normalize(maps, scale, offset, 1e-3, "NHWC")

        received = way(ours)(*arguments)
        for value, expected in zip(received, theirs(*arguments), strict=True):
            np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5)
        outputs_only = [way(lambda *arguments, f=f: f(*arguments)[0]) for f in (ours, theirs)]
        gradients = [_with_gradients(function, arguments, upstream)[1:] for function in outputs_only]
        for value, expected in zip(*gradients, strict=True):
            np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-4)

    def test_statistics_pass_no_gradient_on(self):
        maps, scale, offset = _normal(7, 2, 3, 3, 4), tf.ones([4]), tf.zeros([4])
        with tf.GradientTape() as tape:
            tape.watch(maps)
            _, mean, variance = kernels.batch_normalize(maps, scale, offset, 1e-5, "NHWC")
            loss = tf.reduce_sum(mean) + tf.reduce_sum(variance)
        np.testing.assert_allclose(tape.gradient(loss, maps), np.zeros(maps.shape), atol=1e-6)


class TestDepthwiseConvolve:
    @pytest.mark.parametrize("size", [1, 3, 5, 7])
    @pytest.mark.parametrize("shape", [(2, 7, 6, 3), (1, 1, 1, 2), (3, 2, 9, 1)], ids=str)
    @pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
    def test_as_tensorflow(self, way, size, shape, dtype):
        maps, kernel = _whole(8, shape, 2, dtype), _whole(9, (size, size, shape[-1], 1), 1, dtype)
        upstream = _whole(10, shape, 1, dtype)

        def theirs(maps, kernel):
            return tf.nn.depthwise_conv2d(maps, kernel, (1, 1, 1, 1), "SAME")

        ours = way(lambda maps, kernel: kernels.depthwise_convolve(maps, kernel, "NHWC"))
        results = [_with_gradients(function, [maps, kernel], upstream) for function in (ours, theirs)]
        for received, expected in zip(*results, strict=True):
            assert received.dtype == expected.dtype
            np.testing.assert_array_equal(received, expected)
