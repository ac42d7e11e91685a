"""One training step of a child network on one architecture."""

from collections.abc import Sequence
from typing import Protocol

import keras
import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.models.differentiation import ChildOutputs, Differentiable
from enas_tf.training.child_optimizer import ChildOptimizer
from enas_tf.training.schedules import Schedule, make_schedule

AUXILIARY_WEIGHT = 0.4  # of the auxiliary head's loss, in the original
# Multiply-adds of a pass with its gradient by those of the pass: as many again for the gradient to the maps, and for
# that to the weights.
WITH_GRADIENT = 3


class TrainableChild(Differentiable, Protocol):
    """What a trainer needs of a network, be it the shared one of a search or that of one architecture."""

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables."""

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """All variables an optimizer may move."""

    @property
    def auxiliary_variables(self) -> list[keras.Variable]:
        """Trainable variables of the auxiliary head; none where there is no such head."""

    def multiply_adds(self, arc: Sequence[int]) -> int:
        """Counts those that one image takes through an architecture in evaluation mode."""


class TakesSteps(Protocol):
    """What a run needs of whoever takes the steps of a child."""

    @property
    def step_count(self) -> tf.Variable:
        """Steps taken so far."""

    @property
    def momenta(self) -> Sequence[tf.Variable]:
        """What is kept of earlier gradients."""

    def step(self, images: tf.Tensor, labels: tf.Tensor, arc: Sequence[int]) -> dict[str, float]:
        """Takes one step, as `ChildTrainer.step`."""

    def multiply_adds(self, arcs: Sequence[Sequence[int]], num_images: int) -> int:
        """Counts those of a step for each of some architectures, as `ChildTrainer.multiply_adds`."""


def make_child_optimizer(config: SearchConfig, child: TrainableChild) -> ChildOptimizer:
    """Makes the optimizer of a child's weights; those of an auxiliary head have no L2, as in the original."""
    quirks = config.run.original_quirks
    auxiliary = [variable.value for variable in child.auxiliary_variables]
    variables = [variable.value for variable in child.trainable_variables]
    if "frozen_aux_head" in quirks:
        frozen = {id(variable) for variable in auxiliary}
        variables = [variable for variable in variables if id(variable) not in frozen]
    return ChildOptimizer(variables, config.optimizer, clip="unclipped" not in quirks, undecayed=auxiliary)


class ChildTrainer(tf.Module):
    """Trains the child, an architecture a step.

    Args:
      child: The network.
      optimizer: Over the child's trainable variables.
      schedule: The learning rate of each step.

    Attributes:
      optimizer: As given.
      step_count: Steps taken so far.
    """

    def __init__(self, child: TrainableChild, optimizer: ChildOptimizer, schedule: Schedule) -> None:
        super().__init__(name="child_trainer")
        self._child = child
        self.optimizer = optimizer
        self._schedule = schedule
        self.step_count = tf.Variable(0, dtype=tf.int64, trainable=False, name="global_step")

    @property
    def momenta(self) -> Sequence[tf.Variable]:
        """What the optimizer keeps of earlier gradients."""
        return self.optimizer.momenta

    def multiply_adds(self, arcs: Sequence[Sequence[int]], num_images: int) -> int:
        """Counts the multiply-adds of a step for each of some architectures, an auxiliary head left out.

        Args:
          arcs: The architectures.
          num_images: In a step.
        """
        return WITH_GRADIENT * num_images * sum(map(self._child.multiply_adds, arcs))

    def step(self, images: tf.Tensor, labels: tf.Tensor, arc: Sequence[int]) -> dict[str, float]:
        """Takes one optimizer step.

        Args:
          images: float32 [B, H, W, C].
          labels: int32 [B].
          arc: The architecture whose path is trained.

        Returns:
          `loss` (mean cross-entropy, without L2 and auxiliary head), `lr`, `grad_norm` (of the optimised loss, before
          clipping) and `correct`, the number of images classified right.
        """
        learning_rate = self._schedule(int(self.step_count))
        loss, grad_norm, correct = self.update(images, labels, arc, learning_rate)
        self.step_count.assign_add(1)
        return {
            "loss": float(loss),
            "lr": learning_rate,
            "grad_norm": float(grad_norm),
            "correct": int(correct),
        }

    def update(
        self, images: tf.Tensor, labels: tf.Tensor, arc: Sequence[int], learning_rate: float | tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Computes a step and moves the weights, without reading or counting anything on the host.

        Returns:
          Scalars: `loss`, `grad_norm` and `correct` of `step`.
        """
        (_, loss, correct), gradients = self._child.differentiate(
            objective, images, labels, arc, self.optimizer.targets
        )
        grad_norm = self.optimizer.apply(gradients, learning_rate)
        return loss, grad_norm, correct


def make_child_trainer(
    config: SearchConfig, child: TrainableChild, batches_per_epoch: int, kind: type[ChildTrainer] = ChildTrainer
) -> ChildTrainer:
    """Makes the trainer of a child from a run's settings; `kind` is its class."""
    restart_glitch = "restart_glitch" in config.run.original_quirks
    schedule = make_schedule(config.optimizer, batches_per_epoch, restart_glitch)
    return kind(child, make_child_optimizer(config, child), schedule)


def objective(outputs: ChildOutputs, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """What a step minimizes, without L2.

    Args:
      outputs: Of the child.
      labels: int32 [B].

    Returns:
      The loss and, where there is an auxiliary head, that of its logits times `AUXILIARY_WEIGHT`; the loss alone, the
      mean softmax cross-entropy; how many images are classified right.
    """
    loss = cross_entropy(outputs.logits, labels)
    total = loss
    if outputs.auxiliary_logits is not None:
        total += AUXILIARY_WEIGHT * cross_entropy(outputs.auxiliary_logits, labels)
    return total, loss, num_correct(outputs.logits, labels)


def cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Returns the mean softmax cross-entropy of logits, float32 [B, num_classes], with labels, int32 [B]."""
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def num_correct(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Returns how many images of a batch are classified right, int32 (arguments as `cross_entropy`)."""
    return tf.reduce_sum(tf.cast(tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), labels), tf.int32))
