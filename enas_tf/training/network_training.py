"""The training of one architecture: in a network of its own, or on its path of a shared one."""

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.errors import TrainingDivergedError
from enas_tf.models.arc_cost import ArcCost, parameters_of
from enas_tf.models.complexity import Complexity, complexity_of
from enas_tf.models.factory import make_child, make_network
from enas_tf.models.fixed_network import FixedChild
from enas_tf.models.shared_child import SharedChild
from enas_tf.models.whole_network import whole_network
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.training.child_trainer import make_child_trainer
from enas_tf.training.confusion import Confusion
from enas_tf.training.evaluation import Evaluator


@dataclasses.dataclass(frozen=True)
class TrainingResult:
    """What the training of one architecture ends with.

    Attributes:
      arc: The architecture.
      test_accuracy: On all test images, at the end.
      valid_accuracy: On all validation images, at the end; None if none were held out.
      num_parameters: Of the network, without an auxiliary head.
      multiply_adds: That it takes for an image.
      num_steps: Steps taken.
      test_confusion: Which classes the test images are taken for, at the end.
    """

    arc: Arc
    test_accuracy: float
    valid_accuracy: float | None
    num_parameters: int
    multiply_adds: int
    num_steps: int
    test_confusion: Confusion


class NetworkTraining:
    """An architecture in training, at its initial weights.

    Args:
      config: Rates, and `run.num_epochs`.
      data: The images.
      arc: The architecture.
      child: The network it runs in.
      complexity: What it costs.

    Attributes:
      arc: As given.
      child: As given.
      complexity: As given.
      trainer: Takes its steps.
      num_steps: Of the whole training.
    """

    def __init__(
        self, config: SearchConfig, data: SearchData, arc: Arc, child: FixedChild | SharedChild, complexity: Complexity
    ) -> None:
        self.arc = arc
        self.child = child
        self.complexity = complexity
        self.trainer = make_child_trainer(config, child, data.batches_per_epoch)
        self.num_steps = config.run.num_epochs * data.batches_per_epoch
        self._data = data
        self._evaluator = Evaluator(child)

    def step(self, images: tf.Tensor, labels: tf.Tensor) -> dict[str, float]:
        """Takes a step, as `ChildTrainer.step` describes; drop path depends on how far the training has come."""
        if isinstance(self.child, FixedChild):
            self.child.network.set_progress(min(1.0, (int(self.trainer.step_count) + 1) / self.num_steps))
        return self.trainer.step(images, labels, self.arc)

    def accuracy(self, subset: str) -> float:
        """Returns the accuracy on all images of `valid` or `test`."""
        return self._evaluator.accuracy(itertools.repeat(self.arc), self._data.subset_batches(subset))

    def whole_network(self) -> keras.Model | None:
        """Returns the network as it is, as one that takes images as they are and gives probabilities.

        There is none of a path: its layers belong to the shared network.
        """
        data = self._data
        if not isinstance(self.child, FixedChild):
            return None
        return whole_network(self.child.network.network, data.mean, data.std, data.class_names)

    def result(self) -> TrainingResult:
        """Measures the network as it is."""
        test_batches = self._data.subset_batches("test")
        confusion = self._evaluator.confusion(itertools.repeat(self.arc), test_batches, self._data.num_classes)
        return TrainingResult(
            arc=self.arc,
            test_accuracy=confusion.accuracy,
            valid_accuracy=self.accuracy("valid") if self._data.num_valid else None,
            num_parameters=self.complexity.num_parameters,
            multiply_adds=self.complexity.multiply_adds,
            num_steps=int(self.trainer.step_count),
            test_confusion=confusion,
        )


def own_network_training(config: SearchConfig, data: SearchData, space: SearchSpace, arc: Arc) -> NetworkTraining:
    """Makes the training of an architecture in a network of its own.

    Args:
      config: Sizes, rates, and `run.num_epochs`.
      data: The images.
      space: What the architecture means.
      arc: The architecture.
    """
    network = make_network(config, space, arc, data.image_shape, data.num_classes)
    child = FixedChild(network, config.run.jit_compile)
    return NetworkTraining(config, data, arc, child, complexity_of(network.network))


def shared_path_training(config: SearchConfig, data: SearchData, space: SearchSpace, arc: Arc) -> NetworkTraining:
    """Makes the training of an architecture on its path of the shared network (arguments as `own_network_training`)."""
    child = make_child(config, space, data.image_shape, data.num_classes)
    complexity = Complexity(int(ArcCost(child, parameters_of).of(arc)), child.multiply_adds(arc))
    return NetworkTraining(config, data, arc, child, complexity)


def train_network(
    config: SearchConfig,
    data: SearchData,
    space: SearchSpace,
    arc: Arc,
    on_step: Callable[[int, Mapping[str, float]], None] = lambda step, metrics: None,
) -> TrainingResult:
    """Trains one architecture from its initial weights to the last epoch, and writes nothing.

    Args:
      config: Sizes, rates, and `run.num_epochs`.
      data: The images; whether some are held out for validation is theirs to say.
      space: What the architecture means.
      arc: The architecture.
      on_step: Receives each step, counted from 1, with what `ChildTrainer.step` returned; it may raise to stop.

    Raises:
      TrainingDivergedError: If the loss is no longer finite.
    """
    training = own_network_training(config, data, space, arc)
    for step, batch in zip(range(1, training.num_steps + 1), data.train_batches(), strict=False):
        metrics = training.step(*batch)
        if not math.isfinite(metrics["loss"]) or not math.isfinite(metrics["grad_norm"]):
            raise TrainingDivergedError(step, space.format(arc), None)
        on_step(step, metrics)
    return training.result()
