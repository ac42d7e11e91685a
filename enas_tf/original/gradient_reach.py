"""Which weights the gradients of some training steps reach: the others only decay and coast."""

import numpy as np
import tensorflow as tf

from enas_tf.original.golden_child import GoldenChild
from enas_tf.training.child_trainer import objective


def rows_reached(run: GoldenChild) -> dict[str, np.ndarray]:
    """Which rows of each trainable variable a gradient reaches in any step of a golden file.

    Returns:
      By the original's names: bool [rows] for the matrices of the shared micro network, which keep a row per input;
      bool [] for all others.
    """
    targets = {id(variable) for variable in run.trainer.optimizer.targets}
    moved = {name: variable.value for name, variable in run.variables.items() if id(variable.value) in targets}
    reached = {name: np.zeros(variable.shape[0] if _keeps_rows(name) else (), bool) for name, variable in moved.items()}
    for t in range(run.num_steps):
        run.reset()
        for (name, variable), gradient in zip(moved.items(), _gradients(run, t, list(moved.values())), strict=True):
            if gradient is not None:
                axes = tuple(range(1 if _keeps_rows(name) else 0, len(variable.shape)))
                reached[name] |= np.any(tf.convert_to_tensor(gradient).numpy() != 0, axis=axes)
    return reached


def _keeps_rows(name):
    return "/stack_" in name or ("/cell_" not in name and name.endswith("/final_conv/w"))


def _gradients(run, step, variables):
    images, labels = run.batch(step)
    _, gradients = run.child.differentiate(
        objective, tf.constant(images), tf.constant(labels), run.arc(step), variables
    )
    return gradients
