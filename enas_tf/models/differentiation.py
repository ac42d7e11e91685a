"""Differentiating a function of what a child says of a batch."""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import tensorflow as tf


class ChildOutputs(NamedTuple):
    """What a child says of a batch.

    Attributes:
      logits: float32 [B, num_classes].
      auxiliary_logits: Those of the auxiliary head, likewise; None where there is none, and outside of training.
    """

    logits: tf.Tensor
    auxiliary_logits: tf.Tensor | None = None


# From a child's outputs and labels, int32 [B], to scalars, the first of which is differentiated.
Objective = Callable[[ChildOutputs, tf.Tensor], tuple[tf.Tensor, ...]]


@functools.cache
def with_gradient(
    objective: Objective,
) -> Callable[[ChildOutputs, tf.Tensor], tuple[tuple[tf.Tensor, ...], ChildOutputs]]:
    """Compiles an objective, once and for all, together with its gradient.

    Returns:
      A function from its arguments to its scalars, and the gradient of the first to the outputs, in their structure.
    """

    @tf.function(reduce_retracing=True, autograph=False)
    def compute(outputs: ChildOutputs, labels: tf.Tensor) -> tuple[tuple[tf.Tensor, ...], ChildOutputs]:
        ends = [end for end in tf.nest.flatten(outputs) if end is not None]
        with tf.GradientTape() as tape:
            tape.watch(ends)
            scalars = objective(outputs, labels)
        gradients = iter(tape.gradient(scalars[0], ends))
        return scalars, tf.nest.map_structure(lambda end: None if end is None else next(gradients), outputs)

    return compute


class Differentiable(Protocol):
    """A network that says what its architectures make of images, and differentiates what is made of that."""

    def outputs(self, images: tf.Tensor, arc: Sequence[int], training: bool) -> ChildOutputs:
        """Runs an architecture on float32 images [B, H, W, C]."""

    def differentiate(
        self,
        objective: Objective,
        images: tf.Tensor,
        labels: tf.Tensor,
        arc: Sequence[int],
        variables: Sequence[tf.Variable],
    ) -> tuple[tuple[tf.Tensor, ...], list[tf.Tensor | None]]:
        """Runs an architecture in training mode and differentiates.

        Args:
          objective: Of the network's outputs.
          images: float32 [B, H, W, C].
          labels: int32 [B].
          arc: The architecture.
          variables: To which the gradients are.

        Returns:
          What `objective` returned, and the gradient of its first scalar to each variable; None where there is none.
        """


class DifferentiatedByTape:
    """A `Differentiable` whose `outputs` a `tf.GradientTape` can differentiate."""

    def outputs(self, images: tf.Tensor, arc: Sequence[int], training: bool) -> ChildOutputs:
        """Runs an architecture, as `Differentiable` says."""
        raise NotImplementedError

    def differentiate(
        self,
        objective: Objective,
        images: tf.Tensor,
        labels: tf.Tensor,
        arc: Sequence[int],
        variables: Sequence[tf.Variable],
    ) -> tuple[tuple[tf.Tensor, ...], list[tf.Tensor | None]]:
        """Differentiates, as `Differentiable` says."""
        with tf.GradientTape() as tape:
            scalars = objective(self.outputs(images, arc, training=True), labels)
        # A plain list: the gradients come in a copy of what is given, and tf.Module's own kind is slow to copy.
        return scalars, tape.gradient(scalars[0], list(variables))
