"""Images that lie sorted by class, and those that do not."""

import numpy as np
import pytest

from enas_tf.data.class_order import is_sorted_by_class, without_class_order
from enas_tf.data.image_set import ImageSet


def _image_set(train_labels, test_labels=(0, 1, 0, 1)) -> ImageSet:
    """Images of one value, the number of the image."""
    labels = [np.array(part, np.int32) for part in (train_labels, test_labels)]
    images = [np.broadcast_to(np.arange(len(part))[:, None, None, None], (len(part), 8, 8, 1)) for part in labels]
    return ImageSet("made", images[0].astype(np.uint8), labels[0], images[1].astype(np.uint8), labels[1], 10)


@pytest.mark.parametrize(
    "labels",
    [
        np.repeat(np.arange(10), 20),
        np.repeat(np.arange(10)[::-1], 20),
        np.repeat([3, 0, 7], 20),
        np.tile(np.repeat(np.arange(10), 10), 5),
        np.repeat([0, 1, 2], [500, 40, 5]),
        np.repeat([0, 1], [99, 1]),
    ],
    ids=["ascending", "descending", "in blocks", "in each of five files", "imbalanced", "one image of a class"],
)
def test_an_order_that_follows_the_class_is_seen(labels):
    assert is_sorted_by_class(labels)
    assert not is_sorted_by_class(np.random.default_rng(0).permutation(np.tile(labels, 10)))


@pytest.mark.parametrize(
    "labels",
    [[], [4], [4, 4, 4], [0, 1, 2, 3], np.tile(np.arange(10), 20), [0, 0, 1, 0, 1, 1, 0, 1]],
    ids=["nothing", "one", "one class", "an image a class", "in turns", "arbitrary"],
)
def test_any_other_order_is_left(labels):
    assert not is_sorted_by_class(np.array(labels))


def test_sorted_images_are_put_into_one_order_with_their_labels_and_it_is_said():
    labels = np.repeat(np.arange(10), 20)
    image_set = without_class_order(_image_set(labels))
    numbers = image_set.train_images[:, 0, 0, 0]
    np.testing.assert_array_equal(np.sort(numbers), np.arange(200))
    np.testing.assert_array_equal(labels[numbers], image_set.train_labels)
    assert len(set(image_set.train_labels[-20:])) > 5
    np.testing.assert_array_equal(numbers, without_class_order(_image_set(labels)).train_images[:, 0, 0, 0])
    (note,) = image_set.notes
    assert note == "Sorted by class in made, so read in one shuffled order, whatever the seed: training images"


def test_test_images_are_put_into_another_order_only_where_they_are_sorted():
    image_set = without_class_order(_image_set([0, 1, 0, 1], np.repeat([0, 1], 50)))
    assert image_set.train_labels.tolist() == [0, 1, 0, 1]
    assert 0 < image_set.test_labels[:50].sum() < 50
    assert image_set.notes[0].endswith(": test images")


def test_a_set_in_any_other_order_is_the_same_set():
    image_set = _image_set([0, 1, 1, 0, 1, 0, 0, 1])
    assert without_class_order(image_set) is image_set
