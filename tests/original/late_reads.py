"""Repeats a race in the original's training steps, so that its golden numbers can be compared to six digits.

The race. The original runs a training step as one TensorFlow 1 graph over reference variables. The gradient of a kernel
w does not need w, but the gradient handed down to the layer below does,

    dx = transpose(w) * dy,

and reading a reference variable copies nothing: the operation that computes dx sees whatever the variable's buffer
holds when it starts. Nothing in the graph makes the update of w wait for it. As soon as the gradient of w is known, the
momentum update may overwrite w, and if dx is computed after that, it is computed with the kernel of the *next* step:
the kernel was read late. Which comes first is up to the thread scheduler, kernel by kernel and step by step; no
setting decides it, and another run of the original gives slightly different numbers. All gradients below such a kernel
are off, by some per cent at most. This library takes exact gradients: the tape is done before anything is updated.

What can be read late: kernels of convolutions, of depthwise convolutions and of the classifier. What cannot: pointwise
kernels of separable convolutions (the original transposes them in the forward pass, and the backward pass reads that
copy), batch-norm weights (the operation that reads them is the one that yields their gradient), the stem (no gradient
goes further down), and anything in a forward pass, since the gradient of a kernel needs that kernel's outputs first.

The outcome. `goldens/late_reads.json` says which kernels were read late in each golden file, at each step: one bit per
kernel that a gradient passes through, found by fitting it (in float64) to the file. Why to believe it:

- 78 bits reproduce all of `macro_search`, 65 all of `macro_search_as_written`: losses and gradient norms to 2e-7, the
  19,752 weights to 6e-7 of the largest value of their variable. With no late reads these errors are up to 1e-2.
- With the bits taken as real numbers, least squares puts every one of them within 0.004 of 0 or 1, with a standard
  error of 0.03 or less. So no kernel was read half updated, and nothing else is missing.
- Flipping any single bit makes the worst of the errors at least four times larger (a third of the flips stay below
  1e-4, the tolerance of the test: it would not notice those).
"""

import contextlib
import json
from collections.abc import Callable, Iterable
from unittest import mock

import keras
import tensorflow as tf

from enas_tf.models.macro_child import MacroChild
from enas_tf.training.child_optimizer import MOMENTUM, ChildOptimizer
from tests.conftest import GOLDENS

# From a variable and its gradient (without L2) to the value the coming update will give it.
Update = Callable[[tf.Variable, tf.Tensor], tf.Tensor]


def late_reads_of(name: str) -> list[list[str]]:
    """For each step of a golden file, the original's names of the kernels read late."""
    return json.loads((GOLDENS / "late_reads.json").read_text())[name]


def momentum_update(optimizer: ChildOptimizer, l2_reg: float, learning_rate: float) -> Update:
    """What `optimizer` is about to do, without clipping: g + L2, m' = 0.9·m + g, w' = w − lr·(g + 0.9·m')."""

    def update(variable, gradient):
        gradient = gradient + 2.0 * l2_reg * variable
        momentum = MOMENTUM * optimizer.momentum_of(variable) + gradient
        return variable - learning_rate * (gradient + MOMENTUM * momentum)

    return update


@contextlib.contextmanager
def reading_late(child: MacroChild, kernels: Iterable[keras.Variable], update: Update):
    """Within this context, backward passes through `child` read `kernels` after their update, all others before.

    Forward passes and the kernels' own gradients stay as they are. The child's layers run uncompiled.

    Args:
      child: The network.
      kernels: Of its convolutions and its classifier.
      update: What the optimizer will do to them.
    """
    late = {id(kernel) for kernel in kernels}
    layers = [layer for layer in child._flatten_layers() if id(getattr(layer, "kernel", None)) in late]
    assert len(layers) == len(late)
    with contextlib.ExitStack() as patches:
        patches.enter_context(mock.patch.object(child, "_run", _run_uncompiled))
        for layer in layers:
            patches.enter_context(mock.patch.object(layer, "call", _call_reading_late(layer, update)))
        yield


def _run_uncompiled(layer, inputs, training):
    """In the place of `Pieces`, whose traces are shared between layers and do not know which kernel is whose."""
    return layer(inputs, training=training)


def _call_reading_late(layer, update):
    exact_call, kernel = layer.call, layer.kernel

    def forward(inputs, weights):
        with keras.StatelessScope(state_mapping=[(kernel, weights)]):
            return exact_call(inputs)

    @tf.custom_gradient
    def call(inputs, weights):
        def gradients(upstream):
            weights_gradient = _gradient(lambda value: forward(inputs, value), weights, upstream)
            updated = update(kernel.value, weights_gradient)
            return _gradient(lambda value: forward(value, updated), inputs, upstream), weights_gradient

        return forward(inputs, weights), gradients

    return lambda inputs, **mode: call(inputs, tf.convert_to_tensor(kernel))


def _gradient(function, argument, upstream):
    with tf.GradientTape() as tape:
        tape.watch(argument)
        outputs = function(argument)
    return tape.gradient(outputs, argument, upstream)
