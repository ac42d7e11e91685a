import numpy as np
import pytest

from enas_tf.training.confusion import Confusion


def test_it_counts_by_class_and_by_what_it_was_taken_for():
    confusion = Confusion.of(np.array([0, 0, 0, 2, 2]), np.array([0, 2, 0, 2, 0]), num_classes=3)
    assert confusion.counts == ((2, 0, 1), (0, 0, 0), (1, 0, 1))
    assert confusion.num_images == 5
    assert confusion.accuracy == pytest.approx(3 / 5)
    assert confusion.largest_share == pytest.approx(3 / 5)
    assert confusion.accuracy_per_class(["a", "b", "c"]) == {"a": pytest.approx(2 / 3), "b": None, "c": 0.5}
