import numpy as np
import tensorflow as tf

from enas_tf.benchmark.kernels import FAMILIES, KernelTimer, kernels_of
from enas_tf.layers.kernels import max_pool


def _graph():
    """A step's graph: a convolution applied twice, a sum, a pooling, and their gradients."""

    @tf.function
    def step(images, kernel):
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            maps = tf.nn.relu(tf.nn.conv2d(images, kernel, 1, "SAME"))
            maps = tf.nn.conv2d(maps, kernel, 1, "SAME")
            scale = tf.ones([3])
            maps, *_ = tf.raw_ops.FusedBatchNormV3(
                x=tf.add_n([maps, images, images]), scale=scale, offset=scale, mean=[], variance=[]
            )
            loss = tf.reduce_sum(tf.nn.avg_pool2d(maps, 3, 1, "SAME") + max_pool(maps, 1, "NHWC"))
        return tape.gradient(loss, kernel)

    arguments = (tf.TensorSpec([2, 8, 8, 3]), tf.TensorSpec([3, 3, 3, 3]))
    return step.get_concrete_function(*arguments).graph


def test_kernels_are_counted_forward_and_backward_and_only_where_needed():
    counts = {}
    for kernel, count in kernels_of(_graph()).items():
        counts[kernel.type] = counts.get(kernel.type, 0) + count
    assert counts == {
        "Conv2D": 2,
        "Conv2DBackpropInput": 1,  # that of the images is traced, but nobody asks for it
        "Conv2DBackpropFilter": 2,
        "Relu": 1,
        "ReluGrad": 1,
        "FusedBatchNormV3": 1,
        "FusedBatchNormGradV3": 1,
        "AvgPoolGrad": 1,
        "MaxPool": 1,  # the gradient needs it once more; the forward one is needed for the loss only
        "MaxPoolGrad": 1,
        "AddN": 3,  # the sum of three; two gradients of the normalized map, and two of the kernel
    }


def test_equal_calls_are_one_kernel():
    assert sorted(count for kernel, count in kernels_of(_graph()).items() if kernel.type == "Conv2D") == [2]


def test_every_kernel_can_be_timed_alone():
    seconds = KernelTimer().seconds(kernels_of(_graph()))
    assert set(seconds) == set(FAMILIES.values())
    assert all(np.isfinite(value) and value >= 0 for value in seconds.values())
