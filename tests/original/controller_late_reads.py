"""Repeats in the controller the race that `late_reads` explains: weights are read late, after their update.

A kernel of the child is multiplied once in a step; a weight of the controller at every choice, again and again along
the walk. Its gradient is the sum over these uses, so the update waits for all summands, but for nothing more: it may
overtake any dx = dy·transpose(w) that is still to be handed down by then, most likely that of the use whose summand
came last. So a late read is that of one use of one weight. The order is up to the scheduler: the gradients of all
logits, and with them those of softmax and attention, are at hand before any goes through the LSTM.

What can be read late: the softmax's w and the attention's w_1, w_2 and v, and the LSTM's w by its first step, whose
gradient goes on into the start input. What cannot: biases and embeddings, which no backward pass reads.

The outcome. `goldens/late_reads.json` says for each of a file's six steps which weights were read late, and by which of
their uses, counted from 0 along the walk. It was found by fitting one bit per use and step (in float64): 132 in the
macro file, 438 in the micro file. Why to believe it:

- 22 late reads reproduce all of `macro_controller`, two all of `micro_controller`: losses and gradient norms to 2e-7,
  the way that six steps take each weight to 1.3e-5 (macro) and 2.3e-5 (micro) of its length. With no late reads the
  norms are off by up to 2e-3, the ways by up to 1.3e-2.
- In no step does more than one use read the same weight late, as if it were always the one whose summand came last.
- With the bits taken as real numbers, least squares puts those of macro within 0.035 of 0 or 1, with a standard error
  of 0.023 or less. Flipping any single one makes the sum of squared errors about four times larger, or more.
- In micro the two bits that are set are within 0.004 of 1, and flipping any one makes that sum at least 2.7 times
  larger, but for those of w_2: a common shift of all scores changes no choice, and flipping 65 of w_2's 120 bits
  changes the sum by less than half. They are undecided, and taken as 0.
- The tolerances of the test catch 98% of the single flips in macro, 76% in micro.
"""

import functools
import itertools
import json
from collections import defaultdict
from unittest import mock

import numpy as np
import tensorflow as tf

from enas_tf.original.naming import controller_variables
from enas_tf.strategies.reinforce import ControllerTrainer
from tests.conftest import GOLDENS
from tests.strategies.controller_reference import values

# What a late read sees depends on gradients that other late reads have changed: those of w_1 and w_2 on v, those of the
# LSTM and the embeddings on all of these. The first round has the updates of softmax and v right, the second those of
# w_1 and w_2, the third all others.
ROUNDS = 3


def late_uses_of(name: str) -> list[dict[str, int]]:
    """For each step of a golden file, the original's names of the weights read late, and which use read them so."""
    return json.loads((GOLDENS / "late_reads.json").read_text())[name]


def update_reading_late(
    trainer: ControllerTrainer, arcs: np.ndarray, accuracies: np.ndarray, late_uses: dict[str, int]
) -> dict[str, np.ndarray]:
    """Makes the update of `trainer` that is left if `late_uses` see the values which it gives to their weights.

    Returns:
      As `ControllerTrainer.update`.
    """
    if not late_uses:
        return trainer.update(arcs, accuracies)
    controller = trainer.controller
    state = [*controller.weights, *trainer.optimizer.variables, trainer.baseline]
    before = [variable.numpy() for variable in state]
    # Uncompiled, since a trace knows only the values of the round in which it was made.
    step = functools.partial(ControllerTrainer._step.python_function, trainer)
    updated = values(controller)
    for _ in range(ROUNDS):
        for variable, value in zip(state, before, strict=True):
            variable.assign(value)
        matmul = _matmul_reading_late(controller_variables(controller), late_uses, updated)
        with mock.patch.object(trainer, "_step", step), mock.patch.object(tf, "matmul", matmul):
            metrics = trainer.update(arcs, accuracies)
        updated = values(controller)
    return metrics


def _matmul_reading_late(variables, late_uses, updated):
    """A `tf.matmul` whose backward pass reads `updated` instead of a variable, at the uses that `late_uses` names."""
    exact, counts = tf.matmul, defaultdict(itertools.count)
    late = {id(variables[name]): (use, updated[name]) for name, use in late_uses.items()}

    def matmul(inputs, weights):
        late_use, updated_weights = late.get(id(weights), (None, None))
        if next(counts[id(weights)]) != late_use:
            return exact(inputs, weights)
        own = exact(tf.stop_gradient(inputs), weights)
        passed_on = exact(inputs, updated_weights)
        return own + (passed_on - tf.stop_gradient(passed_on))

    return matmul
