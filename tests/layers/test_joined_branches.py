"""Joined branches against the original's way of computing them: what is out of range is cut away, weights included."""

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.joined_branches import JoinedBranches
from enas_tf.search_space import MACRO_OPERATIONS
from tests.layers import numpy_layers
from tests.layers.numpy_layers import relu

FILTERS = 4
MAP = np.random.default_rng(0).normal(size=(2, 4, 5, FILTERS)).astype(np.float32)
RANGES = [(0, 3), (1, 1), (2, 2), (0, 1), (3, 1), (1, 3)]
POOLS = {"average_pooling": numpy_layers.average_pool, "max_pooling": numpy_layers.max_pool}


def _built(operations=MACRO_OPERATIONS, **kwargs):
    layer = JoinedBranches(FILTERS, operations, name="layer_0", **kwargs)
    layer.build((None, 4, 5, FILTERS))
    return numpy_layers.randomize(layer)


def _flat(ranges):
    return tf.constant(np.ravel(ranges), tf.int32)


def _cut_branch(operation, branch, channels, training):
    """The channels of a branch that are in range, computed without the others."""
    outputs = numpy_layers.conv(MAP, branch.input_conv.conv.kernel.numpy())
    outputs = relu(numpy_layers.apply_norm(branch.input_conv.norm, outputs, 1e-5, training))
    if operation in POOLS:
        return POOLS[operation](outputs)[..., channels]
    *depthwise, last = [conv.kernel.numpy() for conv in branch.convs]
    for kernel in depthwise:
        outputs = numpy_layers.depthwise(outputs, kernel)
    outputs = numpy_layers.conv(outputs, last[..., channels])
    norm = branch.norm
    weights = (weight.numpy()[channels] for weight in (norm.scale, norm.offset, norm.moving_mean, norm.moving_variance))
    scale, offset, *statistics = weights
    return relu(numpy_layers.normalize(outputs, scale, offset, 1e-3, *(() if training else statistics)))


@pytest.mark.parametrize("training", [True, False])
def test_slices_are_concatenated_and_meet_their_own_rows(training):
    layer = _built()
    channels = [np.arange(start, start + count) for start, count in RANGES]
    cut = [
        _cut_branch(operation, branch, used, training)
        for operation, branch, used in zip(MACRO_OPERATIONS, layer.branches, channels, strict=True)
    ]
    rows = np.concatenate([k * FILTERS + used for k, used in enumerate(channels)])
    joined = numpy_layers.conv(np.concatenate(cut, axis=-1), layer.kernel.numpy()[rows][np.newaxis, np.newaxis])
    expected = relu(numpy_layers.apply_norm(layer.norm, joined, 1e-5, training))
    np.testing.assert_allclose(layer(MAP, _flat(RANGES), training=training), expected, rtol=1e-3, atol=1e-4)


CONVOLUTIONS = ("conv_3x3", "separable_conv_5x5")
USED = [(1, 2), (3, 1)]


def _used(arrays):
    """Which of the channels, the last axis of each array, are not zero."""
    return [np.flatnonzero(values.reshape(-1, FILTERS).any(axis=0)).tolist() for values in arrays]


def test_only_what_is_in_range_has_a_gradient():
    layer = _built(CONVOLUTIONS)
    weights = [weight for branch in layer.branches for weight in (branch.convs[-1].kernel, branch.norm.scale)]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(layer(MAP, _flat(USED), training=True) ** 3)
    *gradients, rows = tape.gradient(loss, [weight.value for weight in (*weights, layer.kernel)])
    assert _used(gradient.numpy() for gradient in gradients) == [[1, 2], [1, 2], [3], [3]]
    assert np.flatnonzero(np.any(rows, axis=1)).tolist() == [1, 2, 4 + 3]


def test_only_what_is_in_range_moves_its_statistics():
    layer = _built(CONVOLUTIONS)
    statistics = [
        statistic
        for branch in layer.branches
        for norm in (branch.norm, branch.input_conv.norm)
        for statistic in (norm.moving_mean, norm.moving_variance)
    ]
    before = [statistic.numpy() for statistic in statistics]
    layer(MAP, _flat(USED), training=True)
    moved = _used(statistic.numpy() - old for statistic, old in zip(statistics, before, strict=True))
    everything = list(range(FILTERS))
    assert moved == [[1, 2], [1, 2], everything, everything, [3], [3], everything, everything]
    # plain averages of the unbiased variance, decay 0.9
    outputs = numpy_layers.conv(MAP, layer.branches[0].input_conv.conv.kernel.numpy())
    input_norm = layer.branches[0].input_conv.norm
    outputs = relu(numpy_layers.normalize(outputs, input_norm.scale.numpy(), input_norm.offset.numpy(), 1e-5))
    outputs = numpy_layers.conv(outputs, layer.branches[0].convs[0].kernel.numpy())
    expected = 0.9 * before[1] + 0.1 * outputs.var(axis=(0, 1, 2), ddof=1)
    np.testing.assert_allclose(statistics[1].numpy()[[1, 2]], expected[[1, 2]], rtol=1e-4)


def test_what_is_out_of_range_has_no_influence():
    layer = _built(CONVOLUTIONS)
    expected = layer(MAP, _flat(USED), training=True).numpy()
    kernel = layer.branches[1].convs[-1].kernel.numpy()
    kernel[..., :3] = 1e6
    layer.branches[1].convs[-1].kernel.assign(kernel)
    np.testing.assert_array_equal(layer(MAP, _flat(USED), training=True), expected)
    assert not np.allclose(layer(MAP, _flat([(1, 2), (2, 1)]), training=True), expected, atol=1e-3)


def test_the_fan_in_of_the_kernel_is_the_number_of_rows():
    kernel = JoinedBranches(40, CONVOLUTIONS, seed=1)
    kernel.build((None, 4, 5, 40))
    assert kernel.kernel.shape == (80, 40)
    assert kernel.kernel.numpy().std() == pytest.approx(np.sqrt(2 / 80), rel=0.05)


def test_equal_branches_have_weights_of_their_own():
    first, second = (branch.input_conv.conv.kernel.numpy() for branch in _built(("conv_3x3", "conv_3x3")).branches)
    assert not np.array_equal(first, second)
