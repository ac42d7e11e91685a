"""The accuracy of architectures under shared weights, on a validation batch of their own or all on the same images."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from enas_tf.data import SearchData
from enas_tf.errors import InputError
from enas_tf.rewards.reward import Measurement
from enas_tf.search_space import Arc
from enas_tf.training.evaluation import Batch, Evaluator


class SharedWeights:
    """Measures architectures on one validation batch after the other.

    Args:
      evaluator: Of the shared network.
      data: The images.
      batches_used: Counts the batches used so far, and is moved; a restored one goes on with the stream.
    """

    def __init__(self, evaluator: Evaluator, data: SearchData, batches_used: tf.Variable) -> None:
        self._evaluator = evaluator
        self._data = data
        self._batches_used = batches_used
        self._batches: Iterator[Batch] | None = None

    def measure(self, arcs: Sequence[Arc]) -> list[Measurement]:
        """Says how many images of a validation batch each architecture classifies right, as a share of them."""
        if self._batches is None:  # not before the counter may have been restored
            self._batches = iter(self._data.reward_batches(int(self._batches_used)))
        self._batches_used.assign_add(len(arcs))
        return [self._on(arc, next(self._batches)) for arc in arcs]

    def _on(self, arc: Arc, batch: Batch) -> Measurement:
        # In single precision, as the original has it, so that what is printed is rounded as there.
        accuracy = np.float32(self._evaluator.accuracy([arc], [batch]))
        num_images = len(batch[1])
        return Measurement(float(accuracy), num_images, num_images * self._evaluator.multiply_adds(arc))


class HeldOutImages:
    """Measures architectures on the same validation images.

    Args:
      evaluator: Of the shared network.
      data: The images.
      num_images: Of them, the first so many; None for all.
      num_recalibrating: Training images that the evaluator runs each architecture on before.

    Raises:
      InputError: If there are fewer images.
    """

    def __init__(
        self, evaluator: Evaluator, data: SearchData, num_images: int | None = None, num_recalibrating: int = 0
    ) -> None:
        self._num_images = data.num_valid if num_images is None else num_images
        if self._num_images > data.num_valid:
            raise InputError("--reward_images", f"at most the {data.num_valid} held-out images", num_images)
        self._evaluator = evaluator
        self._batches = data.valid_batches(self._num_images)
        self._num_recalibrating = num_recalibrating

    def measure(self, arcs: Sequence[Arc]) -> list[Measurement]:
        """Says what share of the images each architecture classifies right."""
        return list(map(self._measure, arcs))

    def _measure(self, arc: Arc) -> Measurement:
        accuracy = self._evaluator.accuracy(itertools.repeat(arc), self._batches)
        num_images = self._num_images + self._num_recalibrating
        return Measurement(accuracy, num_images, num_images * self._evaluator.multiply_adds(arc))
