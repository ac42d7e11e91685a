import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.drop_path import DropPath, TrainingProgress

MAPS = np.random.default_rng(0).normal(size=(400, 2, 3, 4)).astype(np.float32)


def _factors(layer, progress, maps=MAPS):
    """What each example is multiplied by: the layer must treat all of its numbers alike."""
    ratios = layer(maps, tf.constant(progress), training=True).numpy().astype(np.float32) / maps
    np.testing.assert_allclose(ratios, ratios[:, :1, :1, :1] + 0 * ratios, rtol=1e-2)
    return ratios[:, 0, 0, 0]


def test_is_the_identity_outside_of_training():
    np.testing.assert_array_equal(DropPath(0.5)(MAPS, tf.constant(1.0)), MAPS)


@pytest.mark.parametrize(("keep_prob", "progress", "kept"), [(0.6, 1.0, 0.6), (0.6, 0.5, 0.8), (0.2, 0.25, 0.8)])
def test_an_example_is_dropped_or_divided_by_the_probability_to_keep_it(keep_prob, progress, kept):
    factors = _factors(DropPath(keep_prob), progress)
    is_kept = factors != 0
    np.testing.assert_allclose(factors[is_kept], 1 / kept, rtol=1e-5)
    assert abs(is_kept.mean() - kept) < 0.08


def test_nothing_is_dropped_at_the_beginning():
    np.testing.assert_array_equal(_factors(DropPath(0.1), 0.0), 1)


def test_every_call_draws_anew_and_the_seed_fixes_the_draws():
    layer, again, other = (DropPath(0.5, seed=seed) for seed in (1, 1, 2))
    first = _factors(layer, 1.0)
    np.testing.assert_array_equal(_factors(again, 1.0), first)
    assert not np.array_equal(_factors(layer, 1.0), first)
    assert not np.array_equal(_factors(other, 1.0), first)


def test_half_precision_maps_stay_so_and_the_probability_does_not():
    layer = DropPath(0.5, dtype="mixed_bfloat16")
    maps = tf.ones([10_000, 1, 1, 1], tf.bfloat16)
    outputs = layer(maps, tf.constant(0.002), training=True)  # keeps 0.999, which bfloat16 would make 1
    assert outputs.dtype == tf.bfloat16
    assert 1 <= np.sum(outputs.numpy() == 0) <= 30


def test_progress_is_what_was_set_whatever_it_is_called_with():
    progress = TrainingProgress(dtype="float32")
    assert float(progress(MAPS)) == 1
    progress.fraction.assign(0.25)
    assert float(progress(MAPS[:1])) == 0.25
    assert progress.trainable_variables == []
