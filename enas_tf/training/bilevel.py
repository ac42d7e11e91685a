"""Gradients of an architecture that is chosen on one set of images, its weights on another.

The weights w that an architecture α will have been trained to are approximated by those after one more step, w'(α). By
the chain rule the gradient of L_val(w'(α), α) is that to α itself (first order) and a correction for how w' moves
(second order), in which a product of second derivatives with a vector is a difference of two gradients.

Everything here is a function of lists of tensors, of any kind of network and any floating type.

Reference: DARTS (Liu et al., 2019), section 2.3 and its Algorithm 1.
"""

import dataclasses
from collections.abc import Callable, Sequence

import tensorflow as tf

Tensors = Sequence[tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Momentum:
    """How a step moves weights: v ← momentum·v + g + decay·w, then w ← w − rate·v.

    The decay is added to the gradient, so a loss with l2_reg·Σ w² has twice `l2_reg` here.

    Attributes:
      momentum: Factor of the velocities.
      decay: Factor of the weights.
    """

    momentum: float
    decay: float

    def velocities(self, weights: Tensors, velocities: Tensors, gradients: Tensors) -> list[tf.Tensor]:
        """Returns the next velocities."""
        return [
            self.momentum * velocity + gradient + self.decay * weight
            for weight, velocity, gradient in zip(weights, velocities, gradients, strict=True)
        ]

    def moved(self, weights: Tensors, velocities: Tensors, gradients: Tensors, rate: tf.Tensor) -> list[tf.Tensor]:
        """Returns the next weights."""
        return along(weights, self.velocities(weights, velocities, gradients), -rate)


def along(weights: Tensors, direction: Tensors, distance: tf.Tensor) -> list[tf.Tensor]:
    """Returns w + distance·d."""
    return [weight + distance * each for weight, each in zip(weights, direction, strict=True)]


def finite_distance(direction: Tensors, radius: float) -> tf.Tensor:
    """Returns ε = radius / ‖d‖₂ over all tensors together, so that ε·d is as long as the radius; 0 where d is zero."""
    return tf.math.divide_no_nan(tf.cast(radius, direction[0].dtype), tf.linalg.global_norm(direction))


def unrolling_correction(
    train_gradient: Callable[[list[tf.Tensor]], list[tf.Tensor]],
    weights: Tensors,
    direction: Tensors,
    rate: tf.Tensor,
    radius: float,
) -> list[tf.Tensor]:
    """Returns what the step to w' adds to the gradient of L_val(w'(α), α): −rate·∇²_{α,w} L_train · ∇_{w'} L_val.

    The product is (∇_α L_train(w + ε·d, α) − ∇_α L_train(w − ε·d, α)) / (2ε), with d = ∇_{w'} L_val.

    Args:
      train_gradient: From weights to ∇_α L_train, α held; the same images, masks and noise at every call, for their
        differences would drown what is looked for.
      weights: w, before the step.
      direction: d.
      rate: Of the step.
      radius: Length of ε·d.
    """
    epsilon = finite_distance(direction, radius)
    ahead = train_gradient(along(weights, direction, epsilon))
    # One after the other: side by side the two passes would need twice the memory.
    with tf.control_dependencies(ahead):
        behind = train_gradient(along(weights, direction, -epsilon))
    factor = tf.math.divide_no_nan(rate, 2.0 * epsilon)
    return [-factor * (first - second) for first, second in zip(ahead, behind, strict=True)]
