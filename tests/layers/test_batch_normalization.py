import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.batch_normalization import BatchNormalization
from tests.layers.numpy_layers import normalize, randomize

# Two images of 1 × 2 pixels with two channels: means 2.5 and 0, unbiased variances 5/3 and 4.
TINY = np.array([[[[1.0, 3.0], [2.0, -1.0]]], [[[3.0, -1.0], [4.0, -1.0]]]], np.float32)


def _built(channels=3, **kwargs):
    layer = BatchNormalization(**kwargs)
    layer.build((None, 4, 5, channels))
    return layer


def _map(seed=0, shape=(2, 4, 5, 3), shift=0.5):
    return (2 * np.random.default_rng(seed).normal(size=shape) + shift).astype(np.float32)


def _statistics(layer):
    return layer.moving_mean.numpy(), layer.moving_variance.numpy()


@pytest.mark.parametrize("epsilon", [1e-5, 1e-1])
def test_training_normalizes_by_the_batch(epsilon):
    layer = randomize(_built(epsilon=epsilon))
    expected = normalize(_map(), layer.scale.numpy(), layer.offset.numpy(), epsilon)
    np.testing.assert_allclose(layer(_map(), training=True), expected, rtol=1e-5, atol=1e-5)


def test_a_new_layer_gives_mean_zero_and_variance_one():
    outputs = _built()(_map(), training=True).numpy()
    np.testing.assert_allclose(outputs.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(outputs.var(axis=(0, 1, 2)), 1, rtol=1e-4)


def test_evaluation_uses_the_averages_and_leaves_them():
    layer = randomize(_built(epsilon=1e-2))
    before = [weight.numpy() for weight in layer.weights]
    expected = normalize(_map(), layer.scale.numpy(), layer.offset.numpy(), 1e-2, *_statistics(layer))
    np.testing.assert_allclose(layer(_map()), expected, rtol=1e-5, atol=1e-5)
    for weight, value in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


@pytest.mark.parametrize("zero_debias", [True, False])
def test_evaluation_before_any_training_takes_mean_zero_and_variance_one(zero_debias):
    layer = _built(zero_debias=zero_debias, epsilon=0.21)
    np.testing.assert_allclose(layer(_map(), training=False), _map() / 1.1, rtol=1e-6)


def test_plain_averages_move_a_tenth_towards_the_unbiased_variance():
    layer = _built(2, zero_debias=False)
    layer(TINY, training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), [0.25, 0.0], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(layer.moving_variance.numpy(), [0.9 + 0.5 / 3, 0.9 + 0.4], rtol=1e-6)


def test_the_first_zero_debiased_average_is_the_value_itself():
    layer = _built(2)
    layer(TINY, training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), [2.5, 0.0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.numpy(), [5 / 3, 4.0], rtol=1e-6)


@pytest.mark.parametrize("zero_debias", [True, False])
def test_averages_over_three_steps(zero_debias):
    layer = _built(zero_debias=zero_debias)
    maps = [_map(step, shift=step) for step in range(3)]
    for x in maps:
        layer(x, training=True)
    means = [x.mean(axis=(0, 1, 2)) for x in maps]
    variances = [x.var(axis=(0, 1, 2), ddof=1) for x in maps]
    for moving, start, (a, b, c) in zip(_statistics(layer), (0.0, 1.0), (means, variances), strict=True):
        new = 0.081 * a + 0.09 * b + 0.1 * c
        expected = new / 0.271 if zero_debias else 0.729 * start + new  # 0.729 = 0.9³, 0.271 = 1 − 0.9³
        np.testing.assert_allclose(moving, expected, rtol=1e-5)


def test_the_decay_is_a_setting():
    layer = _built(2, zero_debias=False, decay=0.5)
    layer(TINY, training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), [1.25, 0.0], rtol=1e-6, atol=1e-7)


def test_averages_of_a_part_of_the_channels():
    layer, whole = (randomize(_built(zero_debias=False)) for _ in range(2))
    before = [statistic.copy() for statistic in _statistics(layer)]
    used = np.array([False, True, False])
    np.testing.assert_array_equal(layer(_map(), training=True, used=used), whole(_map(), training=True))
    for old, new, moved in zip(before, _statistics(layer), _statistics(whole), strict=True):
        np.testing.assert_array_equal(new, np.where(used, moved, old))
    with pytest.raises(ValueError, match="expected plain averages"):
        _built(zero_debias=True)(_map(), training=True, used=used)


def test_a_single_pixel_has_finite_averages():
    layer = _built(2, zero_debias=False)
    layer(np.full((1, 1, 1, 2), 7.0, np.float32), training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.7, rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.9, rtol=1e-6)


def test_gradients_are_those_of_the_batch_statistics():
    layer, x = randomize(_built()), tf.constant(_map())
    weights = np.random.default_rng(5).normal(size=x.shape).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(weights * layer(x, training=True))
    to_x, to_scale, to_offset = tape.gradient(loss, [x, layer.scale.value, layer.offset.value])
    unit = normalize(_map(), 1.0, 0.0, 1e-5)
    np.testing.assert_allclose(to_offset, weights.sum(axis=(0, 1, 2)), rtol=1e-4)
    np.testing.assert_allclose(to_scale, (weights * unit).sum(axis=(0, 1, 2)), rtol=1e-4)
    # the gradient at the normalized map, less its parts along the constant and along the map itself
    mean = (0, 1, 2)
    projected = weights - weights.mean(axis=mean) - unit * (weights * unit).mean(axis=mean)
    expected = layer.scale.numpy() / np.sqrt(_map().var(axis=mean) + 1e-5) * projected
    np.testing.assert_allclose(to_x, expected, rtol=1e-3, atol=1e-4)


def test_only_scale_and_offset_are_trained():
    layer = _built()
    assert [weight.name for weight in layer.trainable_variables] == ["scale", "offset"]
    assert {weight.shape for weight in layer.trainable_variables} == {(3,)}


@pytest.mark.parametrize(("zero_debias", "num_statistics"), [(True, 5), (False, 2)])
def test_hidden_sums_exist_only_with_zero_debiasing(zero_debias, num_statistics):
    assert len(_built(zero_debias=zero_debias).non_trainable_variables) == num_statistics


def test_channels_first_has_a_weight_per_channel():
    layer = BatchNormalization(data_format="NCHW")
    layer.build((None, 3, 8, 9))
    assert {weight.shape for weight in layer.weights if weight.name != "num_updates"} == {(3,)}


@pytest.mark.parametrize("training", [True, False])
def test_bfloat16_maps_have_float32_statistics(training):
    layer = randomize(_built(dtype="mixed_bfloat16"))
    same = randomize(_built())
    x = tf.cast(_map(), tf.bfloat16)
    outputs = layer(x, training=training)
    assert outputs.dtype == tf.bfloat16
    assert {str(weight.dtype) for weight in layer.weights} == {"float32"}
    expected = same(tf.cast(x, tf.float32), training=training)
    np.testing.assert_array_equal(outputs, tf.cast(expected, tf.bfloat16))
    for statistic, wanted in zip(_statistics(layer), _statistics(same), strict=True):
        np.testing.assert_array_equal(statistic, wanted)


def test_large_bfloat16_means_are_not_rounded():
    layer = _built(1, dtype="mixed_bfloat16")
    layer(tf.constant([256.0, 258.0], tf.bfloat16, shape=(2, 1, 1, 1)), training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 257.0, rtol=1e-6)  # bfloat16 has no 257
