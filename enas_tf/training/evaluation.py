"""Accuracy of architectures under the shared weights."""

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.models.shared_child import SharedChild
from enas_tf.training.child_trainer import TrainableChild, num_correct
from enas_tf.training.confusion import Confusion
from enas_tf.training.recalibration import Recalibration

Batch = tuple[tf.Tensor, tf.Tensor]


class Evaluator:
    """Runs architectures on images in evaluation mode.

    Args:
      child: The network.
      recalibration: Of that network; without, all architectures run with the moving averages that it has.
    """

    def __init__(self, child: TrainableChild, recalibration: Recalibration | None = None) -> None:
        self._child = child
        self._recalibration = recalibration

    def logits(self, images: tf.Tensor, arc: Sequence[int]) -> tf.Tensor:
        """Returns the logits of images, float32 [B, H, W, C], with the moving averages that the network has."""
        return self._child.outputs(images, arc, training=False).logits

    def multiply_adds(self, arc: Sequence[int]) -> int:
        """Counts those that one image takes through an architecture."""
        return self._child.multiply_adds(arc)

    def accuracy(self, arcs: Iterable[Sequence[int]], batches: Iterable[Batch]) -> float:
        """Returns the share of all images that is classified right, each batch by the next architecture.

        Args:
          arcs: At least one architecture per batch.
          batches: All of them are used.
        """
        correct = total = 0
        for logits, labels in self._answers(arcs, batches):
            correct += int(num_correct(logits, labels))
            total += len(labels)
        return correct / total

    def confusion(self, arcs: Iterable[Sequence[int]], batches: Iterable[Batch], num_classes: int) -> Confusion:
        """Counts which classes the images are taken for (arguments as `accuracy`)."""
        labels, predicted = [], []
        for logits, labels_of_batch in self._answers(arcs, batches):
            labels.append(labels_of_batch)
            predicted.append(tf.argmax(logits, axis=-1))
        return Confusion.of(np.concatenate(labels), np.concatenate(predicted), num_classes)

    def _answers(self, arcs: Iterable[Sequence[int]], batches: Iterable[Batch]) -> Iterator[Batch]:
        """The logits and labels of all batches."""
        turns = zip(batches, arcs, strict=False)
        for arc, turns_of_arc in itertools.groupby(turns, lambda turn: tuple(turn[1])):
            with contextlib.nullcontext() if self._recalibration is None else self._recalibration.of(arc):
                for (images, labels), _ in turns_of_arc:
                    yield self.logits(images, arc), labels


def make_evaluator(config: SearchConfig, child: SharedChild, data: SearchData) -> Evaluator:
    """Makes the evaluator of a search, which recalibrates architectures where its settings say so."""
    num_batches = config.num_recalibration_batches
    if not num_batches or not child.reads_averages:
        return Evaluator(child)
    return Evaluator(child, Recalibration(child, data.recalibration_images(num_batches)))
