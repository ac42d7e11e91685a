"""A controller's update taken apart: its weights, exact gradients of a loss, and TensorFlow 1's Adam in numpy."""

import numpy as np
import tensorflow as tf

from enas_tf.original.naming import controller_variables


def values(controller):
    """The weights by the original's names."""
    return {name: variable.numpy() for name, variable in controller_variables(controller).items()}


def gradients(controller, loss_of):
    """Dense gradients of `loss_of()`, by the original's names."""
    variables = controller_variables(controller)
    with tf.GradientTape() as tape:
        loss = loss_of()
    found = tape.gradient(loss, list(variables.values()))
    return {name: tf.convert_to_tensor(g).numpy() for name, g in zip(variables, found, strict=True)}


class Adam:
    """TensorFlow 1's Adam with beta_1 = 0: v ← v - lr·sqrt(1 - beta_2^t)·g/(sqrt(second moment) + epsilon)."""

    def __init__(self, lr):
        self.lr, self.t, self.moments = lr, 0, {}

    def apply(self, values, gradients):
        self.t += 1
        rate = self.lr * np.sqrt(1 - 0.999**self.t)
        moved = {}
        for name, g in gradients.items():
            self.moments[name] = 0.999 * self.moments.get(name, 0.0) + 0.001 * g.astype(np.float64) ** 2
            moved[name] = values[name] - rate * g / (np.sqrt(self.moments[name]) + 1e-3)
        return moved
