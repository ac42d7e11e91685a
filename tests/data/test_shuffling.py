"""The endless shuffled stream."""

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.data.shuffling import shuffled_indices


def _indices(num_steps: int, batch_size: int, num_images: int, seed=(3, 4)) -> np.ndarray:
    batch_of = tf.function(lambda step: shuffled_indices(step, batch_size, num_images, seed))
    return np.concatenate([batch_of(tf.constant(step, tf.int64)).numpy() for step in range(num_steps)])


@pytest.mark.parametrize(("batch_size", "num_images"), [(4, 10), (7, 10), (10, 10), (1, 3), (5, 5), (6, 143)])
def test_every_pass_visits_every_image_once(batch_size, num_images):
    indices = _indices(-(-3 * num_images // batch_size), batch_size, num_images)
    for number in range(3):
        one_pass = indices[number * num_images : (number + 1) * num_images]
        np.testing.assert_array_equal(np.sort(one_pass), np.arange(num_images))


def test_passes_differ_in_order():
    first, second = _indices(2, 50, 50).reshape(2, 50)
    assert list(first) != list(second)
    assert list(first) != list(range(50))


def test_seeds_differ_in_order():
    assert list(_indices(1, 50, 50)) != list(_indices(1, 50, 50, seed=(3, 5)))


def test_images_follow_each_other_in_no_pattern():
    """Neighbours in the stream are as far apart as neighbours in a random order: a third of the range."""
    indices = _indices(1, 1000, 1000)
    assert 280 < np.abs(np.diff(indices)).mean() < 390


def test_steps_far_beyond_32_bits_of_positions_are_reached():
    indices = shuffled_indices(tf.constant(2**40, tf.int64), 8, 8, (1, 2))
    np.testing.assert_array_equal(np.sort(indices), np.arange(8))
