"""Bilinear resizing with antialiasing."""

import numpy as np

from enas_tf.data.image_set import ImageSet
from enas_tf.data.resizing import resize, resize_image_set


def _set_of(images: np.ndarray) -> ImageSet:
    labels = np.zeros(len(images), np.int32)
    return ImageSet("made", images, labels, images, labels, num_classes=2)


def test_enlarging_interpolates_between_pixel_centres():
    image = np.array([[0, 100]], np.uint8).reshape(1, 2, 1)
    np.testing.assert_array_equal(resize(image, 4).numpy()[0, :, 0], [0, 25, 75, 100])


def test_shrinking_averages_instead_of_dropping_pixels():
    stripes = np.tile(np.array([0, 200], np.uint8), (16, 8))[:, :, np.newaxis]
    inner = resize(stripes, 4).numpy()[1:-1, 1:-1]
    np.testing.assert_allclose(inner, 100, atol=15)


def test_a_set_is_resized_in_both_parts_and_a_fitting_one_is_left():
    image_set = _set_of(np.full((3, 9, 12, 2), 77, np.uint8))
    resized = resize_image_set(image_set, 10)
    assert resized.image_shape == (10, 10, 2)
    assert resized.test_images.shape == (3, 10, 10, 2)
    assert np.all(resized.train_images == 77)
    assert resize_image_set(resized, 10) is resized
