"""What crops, flips and CutOut may do to a batch and what not."""

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.data.augmentation import Augmentation, cutout, padding_of, random_crop, random_flip

SEED = tf.constant([5, 6])
STEP = tf.constant(0, tf.int64)


def _batch(num_images=64, shape=(9, 12, 2)) -> np.ndarray:
    """Images without a zero, every pixel of a value of its own."""
    size = int(np.prod(shape))
    image = np.arange(1, size + 1, dtype=np.float32).reshape(shape)
    return np.stack([image] * num_images)


@pytest.mark.parametrize(("side", "padding"), [(32, 4), (28, 3), (8, 1), (9, 1), (64, 8), (5, 1)])
def test_padding_is_four_at_thirty_two_in_proportion(side, padding):
    assert padding_of(side) == padding


def test_a_crop_is_a_window_of_the_padded_image():
    images = _batch(shape=(16, 9, 3))
    padded = np.pad(images[0], [(2, 2), (1, 1), (0, 0)])
    windows = {(top, left): padded[top : top + 16, left : left + 9] for top in range(5) for left in range(3)}
    seen = set()
    for crop in random_crop(tf.constant(images), SEED).numpy():
        matching = [place for place, window in windows.items() if np.array_equal(window, crop)]
        assert len(matching) == 1
        seen.update(matching)
    # All borders are reached, and top and left are drawn independently.
    assert {top for top, _ in seen} == set(range(5))
    assert {left for _, left in seen} == set(range(3))
    assert len(seen) > 10


def test_a_flip_mirrors_about_half_of_the_images_and_leaves_the_others():
    images = _batch(200)
    flipped = random_flip(tf.constant(images), SEED).numpy()
    mirrored = np.array([np.array_equal(image, images[0][:, ::-1]) for image in flipped])
    same = np.array([np.array_equal(image, images[0]) for image in flipped])
    assert np.all(mirrored ^ same)
    assert 70 < mirrored.sum() < 130


@pytest.mark.parametrize("size", [1, 4, 30])
def test_cutout_blanks_one_square_and_changes_nothing_else(size):
    images = _batch(200)
    heights, widths = set(), set()
    for image in cutout(tf.constant(images), size, SEED).numpy():
        blank = np.all(image == 0, axis=-1)
        rows, columns = np.flatnonzero(blank.any(axis=1)), np.flatnonzero(blank.any(axis=0))
        np.testing.assert_array_equal(blank, np.outer(blank.any(axis=1), blank.any(axis=0)))
        np.testing.assert_array_equal(image[~blank], images[0][~blank])
        assert 0 < len(rows) <= min(size, 9)
        assert 0 < len(columns) <= min(size, 12)
        assert rows[-1] - rows[0] == len(rows) - 1
        heights.add((rows[0], rows[-1]))
        widths.add((columns[0], columns[-1]))
    # The square hangs over each of the four borders for some image.
    if size == 4:
        assert {(0, 0), (8, 8)} <= heights
        assert {(0, 0), (11, 11)} <= widths


def test_cutout_covers_every_pixel_equally_often():
    blank = cutout(tf.ones([4000, 8, 8, 1]), 3, SEED).numpy() == 0
    # A pixel's row is covered by 3 of the 10 places, its column likewise.
    np.testing.assert_allclose(blank.mean(axis=0), 0.09, atol=0.025)


def test_augmentation_is_a_function_of_seed_and_step():
    images = tf.constant(_batch(8))

    def augment(seed, step):
        return Augmentation(seed, horizontal_flip=True, cutout_size=3)(images, tf.constant(step, tf.int64)).numpy()

    np.testing.assert_array_equal(augment(1, 7), augment(1, 7))
    assert not np.array_equal(augment(1, 7), augment(1, 8))
    assert not np.array_equal(augment(1, 7), augment(2, 7))


def test_flip_and_cutout_only_where_asked_for():
    images = tf.constant(_batch(64))

    def augment(horizontal_flip, cutout_size):
        return Augmentation(0, horizontal_flip, cutout_size)(images, STEP).numpy()

    plain, flipping, cutting = augment(False, None), augment(True, None), augment(False, 4)
    # In a crop that is not flipped, values rise from left to right wherever they are not padding.
    inside = plain[:, 1:-1, 1:-1]
    assert np.all(np.diff(inside, axis=2) > 0)
    assert np.all(inside != 0)
    assert np.any(np.diff(flipping[:, 1:-1, 1:-1], axis=2) < 0)
    assert np.count_nonzero(cutting) < np.count_nonzero(plain)
    np.testing.assert_array_equal(cutting[cutting != 0], plain[cutting != 0])
