"""Repeats a race in the original's training steps, so that its golden numbers can be compared to six digits.

The race. The original runs a training step as one TensorFlow 1 graph over reference variables. The gradient of a kernel
w does not need w, but the gradient handed down to the layer below does,

    dx = transpose(w) * dy,

and reading a reference variable copies nothing: the operation that computes dx sees whatever the variable's buffer
holds when it starts. Nothing in the graph makes the update of w wait for it. As soon as the gradient of w is known, the
momentum update may overwrite w, and if dx is computed after that, it is computed with the kernel of the *next* step:
the kernel was read late. Which comes first is up to the thread scheduler, kernel by kernel and step by step; no
setting decides it, and another run of the original gives slightly different numbers. All gradients below such a kernel
are off, mostly by a few per cent. This library takes exact gradients: the tape is done before anything is updated.

What can be read late: kernels of convolutions, of depthwise convolutions and of the classifier. What cannot: pointwise
kernels of separable convolutions (the original transposes them in the forward pass, and the backward pass reads that
copy), batch-norm weights (the operation that reads them is the one that yields their gradient), the stem (no gradient
goes further down), weights that are not updated, such as the auxiliary head's, and anything in a forward pass, since
the gradient of a kernel needs that kernel's outputs first.

The shared kernels of the micro space are rows of matrices. A cell's output gathers its rows, which copies them. A
separable convolution slices one off, and TensorFlow lets that slice share the variable's buffer if rows are a multiple
of 64 bytes long. So at 4, 8 and 16 channels all rows of `w_point` can be read late, and those of `w_depth` at 16.

The outcome. `goldens/late_reads.json` says which kernels were read late in each golden file, at each step: one bit per
kernel that a gradient passes through, found by fitting it (in float64) to the file. Why to believe it for the macro
space:

- 78 bits reproduce all of `macro_search`, 65 all of `macro_search_as_written`: losses and gradient norms to 2e-7, the
  19,752 weights to 6e-7 of the largest value of their variable. With no late reads these errors are up to 1e-2.
- With the bits taken as real numbers, least squares puts every one of them within 0.004 of 0 or 1, with a standard
  error of 0.03 or less. So no kernel was read half updated, and nothing else is missing.
- Flipping any single bit makes the worst of the errors at least four times larger (a third of the flips stay below
  1e-4, the tolerance of the test: it would not notice those).

And for `micro_search`, with 217 bits, of which 207 are set:

- A row that one step alone sampled says what its gradient was at that step: 160 of them in the first step, 256 in the
  second, 112 in the third, all reproduced to 1.5e-4, about what their float32 values resolve. The gradient norms agree
  to 1e-6, 6e-5 and 2e-7 (without late reads: 8%, a factor of 86,000, a factor of 15).
- In the first step, flipping any single bit makes some error exceed the tolerances of the test; and if any of the 24
  rows that were copied by the rule above had been read late, the norm would be off at least 26 times as much.
- In the second step late reads fed one another all the way down to the stem, which made the gradient norm 2.8e6. There
  one value of -1.5e-5 had to count as positive in a relu. The third step starts at what that left, as far as the file
  tells it; there two neighbours 1.2e-5 apart had to change places in a max pooling. Rounding decides such things.
- Three bits, those of the calibrations of layer 0 in the second step (x) and the third (both), change nothing and are
  taken as 0.
"""

import contextlib
import json
from collections.abc import Callable, Iterable
from unittest import mock

import keras
import tensorflow as tf

from enas_tf.layers.micro_operations import SharedSeparableConvolution
from enas_tf.models.shared_child import SharedChild
from enas_tf.training.child_optimizer import MOMENTUM, ChildOptimizer
from tests.conftest import GOLDENS

# The products by which a separable convolution of the micro space reads its rows: the function, the weight's name.
ROW_PRODUCTS = {"depthwise_conv2d": "w_depth", "conv2d": "w_point"}

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
def reading_late(child: SharedChild, kernels: Iterable[keras.Variable], update: Update):
    """Within this context, backward passes through `child` read `kernels` after their update, all others before.

    Forward passes and the kernels' own gradients stay as they are. The child's layers run uncompiled.

    Args:
      child: The network.
      kernels: Of its convolutions and its classifier; of a matrix kept per input, the row that is used.
      update: What the optimizer will do to them.
    """
    late = {id(kernel) for kernel in kernels}
    found = set()
    with contextlib.ExitStack() as patches:
        patches.enter_context(mock.patch.object(child, "_run", _run_uncompiled))
        for layer in child._flatten_layers():
            own = {id(kernel) for kernel in _kernels(layer)} & late
            if own:
                found |= own
                patches.enter_context(mock.patch.object(layer, "call", _call_reading_late(layer, own, update)))
        assert found == late
        yield


def _kernels(layer) -> list[keras.Variable]:
    if isinstance(layer, SharedSeparableConvolution):
        return [stack[name] for stack in layer.stacks for name in ROW_PRODUCTS.values()]
    return [layer.kernel] if hasattr(layer, "kernel") else []


def _run_uncompiled(layer, inputs, training, choice=None):
    """In the place of `Pieces`, whose traces are shared between layers and do not know which kernel is whose."""
    choices = [] if choice is None else [tf.constant(choice, tf.int32)]
    return layer(inputs, *choices, training=training)


def _call_reading_late(layer, late, update):
    if isinstance(layer, SharedSeparableConvolution):
        return _call_reading_rows_late(layer, late, update)
    exact_call, kernel = layer.call, layer.kernel

    def product(inputs, weights):
        with keras.StatelessScope(state_mapping=[(kernel, weights)]):
            return exact_call(inputs)

    late_product = _product_reading_late(product, lambda gradient: update(kernel.value, gradient))
    return lambda inputs, **mode: late_product(inputs, tf.convert_to_tensor(kernel))


def _call_reading_rows_late(layer, late, update):
    exact_call = layer.call

    def call(inputs, index, **mode):
        with contextlib.ExitStack() as patches:
            for name, weight in ROW_PRODUCTS.items():
                kernels = [stack[weight] for stack in layer.stacks]
                updates = [_row_update(kernel, index, update) if id(kernel) in late else None for kernel in kernels]
                product = _products_reading_late(getattr(tf.nn, name), updates)
                patches.enter_context(mock.patch.object(tf.nn, name, product))
            return exact_call(inputs, index, **mode)

    return call


def _products_reading_late(product, updates):
    """In the place of a function of `tf.nn`: the k-th call reads late if there is a k-th update."""
    remaining = iter(updates)

    def next_product(inputs, weights, *settings, **named_settings):
        def exact(inputs, weights):
            return product(inputs, weights, *settings, **named_settings)

        updated = next(remaining)
        return (exact if updated is None else _product_reading_late(exact, updated))(inputs, weights)

    return next_product


def _row_update(kernel, index, update):
    """From the gradient of a row, in the shape of its use, to the value its update will give it."""

    def updated(gradient):
        whole = tf.scatter_nd([[index]], [tf.reshape(gradient, [-1])], kernel.shape)
        return tf.reshape(update(kernel.value, whole)[index], gradient.shape)

    return updated


def _product_reading_late(product, updated):
    """The product of inputs and weights, its gradient to the inputs taken with `updated(gradient)` for weights."""

    @tf.custom_gradient
    def late_product(inputs, weights):
        def gradients(upstream):
            weights_gradient = _gradient(lambda value: product(inputs, value), weights, upstream)
            new_weights = updated(weights_gradient)
            return _gradient(lambda value: product(value, new_weights), inputs, upstream), weights_gradient

        return product(inputs, weights), gradients

    return late_product


def _gradient(function, argument, upstream):
    with tf.GradientTape() as tape:
        tape.watch(argument)
        outputs = function(argument)
    return tape.gradient(outputs, argument, upstream)
