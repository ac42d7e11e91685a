"""What an image set must be to be trained on, and the fixed hold-out."""

import dataclasses
import math

import numpy as np
import pytest

from enas_tf.data.image_set import ImageSet, check_image_set, hold_out_test, shuffled_once
from enas_tf.errors import InputError


def _image_set(shape=(8, 8, 1), num_train=4, num_test=2) -> ImageSet:
    return ImageSet(
        name="made",
        train_images=np.arange(num_train * math.prod(shape), dtype=np.uint8).reshape(num_train, *shape),
        train_labels=np.arange(num_train, dtype=np.int32) % 2,
        test_images=np.zeros((num_test, *shape), np.uint8),
        test_labels=np.zeros(num_test, np.int32),
        num_classes=2,
    )


@pytest.mark.parametrize("shape", [(8, 8, 1), (9, 12, 2), (32, 8, 3), (8, 40, 4)])
def test_any_shape_from_eight_pixels_and_one_to_four_channels_is_accepted(shape):
    check_image_set(_image_set(shape), "--dataset")


@pytest.mark.parametrize(
    ("image_set", "complaint"),
    [
        (_image_set((7, 9, 1)), "two reductions.*7x9"),
        (_image_set((9, 7, 1)), "two reductions.*9x7"),
        (_image_set((8, 8, 5)), "1 to 4 channels, received 5"),
        (_image_set((8, 8, 0)), "1 to 4 channels, received 0"),
        (_image_set(num_train=0), "training images, received none"),
        (_image_set(num_test=0), "test images, received none"),
        (dataclasses.replace(_image_set(), train_images=np.full((4, 8, 8, 1), 7)), "constant ones, all of value 7"),
        (dataclasses.replace(_image_set(), num_classes=1), "at least 2 classes"),
        (dataclasses.replace(_image_set(), train_labels=np.array([0, 1, 2, 0])), r"labels in 0\.\.1.*from 0 to 2"),
        (dataclasses.replace(_image_set(), test_labels=np.array([-1, -1])), "from -1 to -1"),
        (dataclasses.replace(_image_set(), test_images=np.zeros((2, 9, 8, 1), np.uint8)), "one shape"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(image_set, complaint):
    with pytest.raises(InputError, match=f"--dataset: .*{complaint}"):
        check_image_set(image_set, "--dataset")


def test_hold_out_takes_a_fifth_and_keeps_images_with_their_labels():
    images = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    image_set = hold_out_test(images, np.arange(10, dtype=np.int32), name="made", num_classes=10)
    assert len(image_set.train_images) == 8
    assert len(image_set.test_images) == 2
    np.testing.assert_array_equal(image_set.train_images.ravel(), image_set.train_labels)
    np.testing.assert_array_equal(image_set.test_images.ravel(), image_set.test_labels)
    assert sorted([*image_set.train_labels, *image_set.test_labels]) == list(range(10))


def test_the_arbitrary_order_is_one_order():
    images, labels = np.arange(50), np.arange(50)
    first, _ = shuffled_once(images, labels)
    again, _ = shuffled_once(images, labels)
    np.testing.assert_array_equal(first, again)
    assert list(first) != list(images)
