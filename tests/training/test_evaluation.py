import itertools

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.models.differentiation import ChildOutputs
from enas_tf.training.child_trainer import cross_entropy, num_correct
from enas_tf.training.evaluation import Evaluator


class _Child:
    """Takes an image for its logits, their order turned round by the arc [1]."""

    def __init__(self):
        self.calls = []

    def outputs(self, images, arc, training):
        self.calls.append((tuple(arc), training))
        return ChildOutputs(images[:, ::-1] if arc[0] else images)


def _batch(classes, labels):
    return tf.one_hot(classes, 3), tf.constant(labels, tf.int32)


def test_accuracy_weighs_every_image_alike():
    batches = [_batch([0, 1, 2, 0], [0, 1, 1, 2]), _batch([1], [1])]  # 2 of 4, 1 of 1
    assert Evaluator(_Child()).accuracy([(0,), (0,)], batches) == pytest.approx(3 / 5)


def test_confusion_counts_every_image_once():
    batches = [_batch([0, 1, 2, 0], [0, 1, 1, 2]), _batch([1], [1])]
    confusion = Evaluator(_Child()).confusion([(0,), (0,)], batches, num_classes=3)
    assert confusion.counts == ((1, 0, 0), (0, 2, 1), (1, 0, 0))
    assert confusion.accuracy == Evaluator(_Child()).accuracy([(0,), (0,)], batches)


def test_each_batch_has_the_next_architecture_in_evaluation_mode():
    child = _Child()
    batches = [_batch([0, 1], [2, 0]), _batch([0, 1], [2, 0])]
    # turned round, the predictions of the second batch are 2 and 1
    assert Evaluator(child).accuracy([(0,), (1,)], batches) == pytest.approx(1 / 4)
    assert child.calls == [((0,), False), ((1,), False)]


def test_arcs_may_be_endless_and_batches_may_be_drawn_only_once():
    batches = iter([_batch([0, 1], [0, 1])] * 3)
    assert Evaluator(_Child()).accuracy(itertools.repeat((0,)), batches) == 1.0
    assert Evaluator(_Child()).accuracy([(0,)], [_batch([0, 1], [1, 0])]) == 0.0


def test_cross_entropy_by_hand():
    logits = np.array([[0.0, np.log(3.0)], [np.log(4.0), 0.0]], np.float32)
    loss = cross_entropy(tf.constant(logits), tf.constant([1, 1]))  # probabilities 3/4 and 1/5
    np.testing.assert_allclose(loss, -(np.log(0.75) + np.log(0.2)) / 2, rtol=1e-6)


def test_correct_images_are_counted():
    logits = tf.constant([[0.0, 2.0, 1.0], [5.0, -1.0, 4.0], [0.0, 0.0, 1.0]])
    assert int(num_correct(logits, tf.constant([1, 2, 2]))) == 2
