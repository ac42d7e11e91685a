import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.classifier import Classifier

MAP = np.random.default_rng(0).normal(size=(2, 4, 5, 6)).astype(np.float32)


def _built(shape=MAP.shape, keep_prob=1.0, num_classes=4, **kwargs):
    layer = Classifier(num_classes, keep_prob, **kwargs)
    layer.build((None, *shape[1:]))
    return layer


@pytest.mark.parametrize("training", [True, False])
def test_logits_are_a_matrix_times_the_mean_of_the_map(training):
    layer = _built()
    expected = MAP.mean(axis=(1, 2)) @ layer.fc.kernel.numpy()
    assert expected.shape == (2, 4)
    np.testing.assert_allclose(layer(MAP, training=training), expected, rtol=1e-4, atol=1e-6)


def test_channels_first_gives_the_same_logits():
    first = _built(shape=(2, 6, 4, 5), data_format="NCHW")
    np.testing.assert_allclose(first(MAP.transpose(0, 3, 1, 2)), _built()(MAP), rtol=1e-4, atol=1e-6)


def test_has_one_matrix_of_he_normal_values_and_no_bias():
    layer = _built((1, 2, 2, 512), num_classes=100)
    assert [weight.shape for weight in layer.trainable_variables] == [(512, 100)]
    assert layer.fc.kernel.numpy().std() == pytest.approx(np.sqrt(2 / 512), rel=0.02)


def _features(layer, training):
    """What reaches the matrix when every pooled feature is 1."""
    layer.fc.kernel.assign(np.eye(200))
    return layer(np.ones((3, 2, 2, 200), np.float32), training=training).numpy()


def test_dropout_keeps_features_and_scales_them_up_while_training():
    layer = _built((3, 2, 2, 200), keep_prob=0.8, num_classes=200)
    first, second = _features(layer, training=True), _features(layer, training=True)
    assert set(np.unique(first)) == {0.0, np.float32(1.25)}
    assert (first > 0).mean() == pytest.approx(0.8, abs=0.06)
    assert not np.array_equal(first, second)


def test_evaluation_drops_nothing():
    layer = _built((3, 2, 2, 200), keep_prob=0.5, num_classes=200)
    np.testing.assert_array_equal(_features(layer, training=False), 1.0)


def test_the_seed_fixes_weights_and_dropout():
    first, again, other = (_built(keep_prob=0.5, seed=seed) for seed in (1, 1, 2))
    outputs, same, different = (layer(MAP, training=True).numpy() for layer in (first, again, other))
    np.testing.assert_array_equal(outputs, same)
    assert not np.array_equal(first.fc.kernel.numpy(), other.fc.kernel.numpy())
    assert not np.array_equal(outputs, different)


def test_logits_of_bfloat16_maps_are_float32():
    layer = _built(dtype="mixed_bfloat16")
    x = tf.cast(MAP, tf.bfloat16)
    logits = layer(x)
    assert logits.dtype == tf.float32
    expected = tf.cast(x, tf.float32).numpy().mean(axis=(1, 2)) @ layer.fc.kernel.numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-6)
