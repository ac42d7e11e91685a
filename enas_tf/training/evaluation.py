"""Accuracy of architectures under the shared weights."""

from collections.abc import Iterable, Sequence

import keras
import tensorflow as tf

from enas_tf.training.child_trainer import num_correct

Batch = tuple[tf.Tensor, tf.Tensor]


class Evaluator:
    """Runs architectures on images in evaluation mode.

    Args:
      child: Called as `child(images, arc=…, training=False)`, returns logits.
    """

    def __init__(self, child: keras.Model):
        self._child = child

    def accuracy(self, arcs: Iterable[Sequence[int]], batches: Iterable[Batch]) -> float:
        """Returns the share of all images that is classified right, each batch by the next architecture.

        Args:
          arcs: At least one architecture per batch.
          batches: All of them are used.
        """
        correct = total = 0
        for (images, labels), arc in zip(batches, arcs, strict=False):
            correct += int(num_correct(self._child(images, arc=arc, training=False), labels))
            total += len(labels)
        return correct / total
