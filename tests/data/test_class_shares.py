"""Shares of classes, and hold-outs in proportion to them."""

import numpy as np
import pytest

from enas_tf.data.class_shares import in_proportion, lacking_note, largest_class_share


def test_the_largest_class_is_what_always_naming_it_gives():
    assert largest_class_share(np.repeat([0, 1, 2], [500, 40, 5])) == 500 / 545
    assert largest_class_share(np.array([3])) == 1.0


def test_classes_without_images_are_named():
    labels = np.array([0, 2, 2], np.int32)
    assert lacking_note("test", labels, 3, ()) == "Warning: of 3 classes, 1 without a test image: 1"
    names = ("ant", "bee", "cat", "dog")
    assert lacking_note("validation", labels, 4, names) == (
        "Warning: of 4 classes, 2 without a validation image: bee, dog"
    )
    assert lacking_note("training", np.arange(4), 4, names) is None


@pytest.mark.parametrize(
    ("sizes", "count", "expected"),
    [
        ([500, 40, 5], 54, [49, 4, 1]),
        ([50, 50], 10, [5, 5]),
        ([50, 30, 20], 10, [5, 3, 2]),
        ([97, 1, 2], 10, [9, 0, 1]),
        ([97, 1, 2], 2, [2, 0, 0]),
        ([0, 3, 3], 3, [0, 2, 1]),
        ([2, 2, 2], 5, [2, 2, 1]),
        ([1, 1], 1, [1, 0]),
    ],
)
def test_every_class_is_held_out_in_proportion(sizes, count, expected):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    held_out = in_proportion(labels, count)
    assert np.bincount(labels[held_out], minlength=len(sizes)).tolist() == expected
    for label in range(len(sizes)):  # of each class the last ones
        chosen = held_out[labels == label]
        assert chosen.tolist() == sorted(chosen)
