"""Accuracy of architectures under the shared weights."""

from collections.abc import Iterable, Sequence

import tensorflow as tf

from enas_tf.training.child_trainer import TrainableChild, num_correct

Batch = tuple[tf.Tensor, tf.Tensor]


class Evaluator:
    """Runs architectures on images in evaluation mode.

    Args:
      child: The network.
    """

    def __init__(self, child: TrainableChild):
        self._child = child

    def logits(self, images: tf.Tensor, arc: Sequence[int]) -> tf.Tensor:
        """Returns the logits of images, float32 [B, H, W, C], under an architecture."""
        return self._child.outputs(images, arc, training=False).logits

    def accuracy(self, arcs: Iterable[Sequence[int]], batches: Iterable[Batch]) -> float:
        """Returns the share of all images that is classified right, each batch by the next architecture.

        Args:
          arcs: At least one architecture per batch.
          batches: All of them are used.
        """
        correct = total = 0
        for (images, labels), arc in zip(batches, arcs, strict=False):
            correct += int(num_correct(self.logits(images, arc), labels))
            total += len(labels)
        return correct / total
