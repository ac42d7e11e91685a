"""The built-in digits."""

import numpy as np
from sklearn.datasets import load_digits

from enas_tf.data.digits import read_digits


def test_all_digits_are_there_scaled_to_bytes():
    digits = read_digits()
    assert digits.image_shape == (8, 8, 1)
    assert len(digits.train_images) + len(digits.test_images) == 1797
    assert len(digits.test_images) == 359
    images = np.concatenate([digits.train_images, digits.test_images])
    assert images.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 255)
    expected = np.rint(np.sort(load_digits().images, axis=None) * 255 / 16)
    np.testing.assert_array_equal(np.sort(images, axis=None), expected)


def test_every_class_is_in_training_validation_and_test():
    digits = read_digits()
    assert digits.num_classes == 10
    assert digits.class_names == tuple("0123456789")
    for labels in (digits.train_labels[:-143], digits.train_labels[-143:], digits.test_labels):
        assert set(labels) == set(range(10))


def test_reading_twice_gives_the_same():
    np.testing.assert_array_equal(read_digits().test_images, read_digits().test_images)
