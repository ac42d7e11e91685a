"""One training step of the shared child network on one architecture."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from enas_tf.training.child_optimizer import ChildOptimizer
from enas_tf.training.schedules import Schedule


class ChildTrainer(tf.Module):
    """Trains the child, an architecture a step.

    Args:
      child: Called as `child(images, arc=…, training=True)`, returns logits.
      optimizer: Over the child's trainable variables.
      schedule: The learning rate of each step.
    """

    def __init__(self, child: keras.Model, optimizer: ChildOptimizer, schedule: Schedule):
        super().__init__(name="child_trainer")
        self._child = child
        self._optimizer = optimizer
        self._schedule = schedule
        self._variables = [variable.value for variable in child.trainable_variables]
        self.step_count = tf.Variable(0, dtype=tf.int64, trainable=False, name="global_step")

    def step(self, images: tf.Tensor, labels: tf.Tensor, arc: Sequence[int]) -> dict[str, float]:
        """Takes one optimizer step.

        Args:
          images: float32 [B, H, W, C].
          labels: int32 [B].
          arc: The architecture whose path is trained.

        Returns:
          `loss` (mean cross-entropy without L2), `lr`, `grad_norm` (of the optimised loss, before clipping) and
          `correct`, the number of images classified right.
        """
        learning_rate = self._schedule(int(self.step_count))
        with tf.GradientTape() as tape:
            logits = self._child(images, arc=arc, training=True)
            loss, correct = cross_entropy(logits, labels)
        grad_norm = self._optimizer.apply(tape.gradient(loss, self._variables), learning_rate)
        self.step_count.assign_add(1)
        return {
            "loss": float(loss),
            "lr": learning_rate,
            "grad_norm": float(grad_norm),
            "correct": int(correct),
        }


@tf.function(reduce_retracing=True, autograph=False)
def cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the mean softmax cross-entropy of a batch and how many of its images are classified right.

    Args:
      logits: float32 [B, num_classes].
      labels: int32 [B].
    """
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    return loss, num_correct(logits, labels)


def num_correct(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Returns how many images of a batch are classified right, int32 (arguments as `cross_entropy`)."""
    return tf.reduce_sum(tf.cast(tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), labels), tf.int32))
