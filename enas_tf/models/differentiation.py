"""Differentiating a function of what a child says of a batch."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf


class ChildOutputs(NamedTuple):
    """What a child says of a batch.

    Attributes:
      logits: float32 [B, num_classes].
      auxiliary_logits: Those of the auxiliary head, likewise; None where there is none, and outside of training.
    """

    logits: tf.Tensor
    auxiliary_logits: tf.Tensor | None = None


# From a child's outputs to scalars, the first of which is differentiated.
Objective = Callable[[ChildOutputs], tuple[tf.Tensor, ...]]


class DifferentiatedByTape:
    """For networks whose `outputs(images, arc, training)` a `tf.GradientTape` can differentiate."""

    def differentiate(
        self, objective: Objective, images: tf.Tensor, arc: Sequence[int], variables: Sequence[tf.Variable]
    ) -> tuple[tuple[tf.Tensor, ...], list[tf.Tensor | None]]:
        """Runs an architecture in training mode and differentiates.

        Args:
          objective: Of the network's outputs.
          images: float32 [B, H, W, C].
          arc: The architecture.
          variables: To which the gradients are.

        Returns:
          What `objective` returned, and the gradient of its first scalar to each variable; None where there is none.
        """
        with tf.GradientTape() as tape:
            scalars = objective(self.outputs(images, arc, training=True))
        # A plain list: the gradients come in a copy of what is given, and tf.Module's own kind is slow to copy.
        return scalars, tape.gradient(scalars[0], list(variables))
