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

And for `macro_fixed`, with 90 bits, of which 66 are set:

- They reproduce all of it: losses and gradient norms to 2e-7, every variable to 2e-6 of its largest value. With no late
  reads these errors are up to 8e-3 and 3e-2.
- Single relus decide a good part of a later step, so that bits could not be fitted to all steps at once. But the
  classifier's gradient is the features of four images, times what the logits are off: after three steps its weight
  tells, to six digits, in which space the features of the second step lie, and then those of the third. Least squares
  against these, loss and norm puts the bits of the first two steps within 0.1 of 0 or 1, but for three of the first
  whose effect is the least; the norm and the next loss decide these. In the third step least squares against all
  variables puts every bit within 0.002.
- Flipping any single bit takes the step's norm or the next loss off by 4e-6 or more, in the third step some variable by
  1.9e-5 or more; with none flipped the first are within 1e-7. A third of the flips would escape the test's 1e-4.
- One kernel was read while it was being updated: of the three maps that `layer_2/skip/w` joins in the second step, the
  last was handed its gradient by the new kernel, the others by the old one. The file says `[32:]`, its input channels
  from 32 on.

In `micro_fixed` late reads fed one another until numbers ran out, in the very first step (`test_fixed_golden.py`).
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from unittest import mock

import keras
import tensorflow as tf

from enas_tf.layers import micro_operations
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.micro_operations import SharedSeparableConvolution
from enas_tf.models.fixed_network import FixedChild
from enas_tf.models.shared_child import SharedChild
from enas_tf.training.child_optimizer import MOMENTUM, ChildOptimizer
from tests.conftest import GOLDENS
from tests.models.shared_child_checks import lay_out, run_directly

# The products by which a separable convolution of the micro space reads its rows: where the function is looked up, its
# name, the weight's name.
ROW_PRODUCTS = ((micro_operations, "depthwise_convolve", "w_depth"), (tf.nn, "conv2d", "w_point"))

# From a variable and its gradient (without L2) to the value the coming update will give it.
Update = Callable[[tf.Variable, tf.Tensor], tf.Tensor]


class LateRead(NamedTuple):
    """A kernel that is read late.

    Attributes:
      kernel: The variable.
      first_channel: Its input channels before this one were still read in time.
    """

    kernel: keras.Variable
    first_channel: int = 0

    @classmethod
    def of(cls, text: str, variables: Mapping[str, keras.Variable]) -> "LateRead":
        """Reads it from its form in `late_reads.json`, the kernel's name, or `NAME[first_channel:]`."""
        name, first_channel = re.fullmatch(r"([^\[]+)(?:\[(\d+):\])?", text).groups(default="0")
        return cls(variables[name], int(first_channel))


def late_reads_of(name: str) -> list[list[str]]:
    """For each step of a golden file, the kernels read late, in the form that `LateRead.of` reads."""
    return json.loads((GOLDENS / "late_reads.json").read_text())[name]


def momentum_update(optimizer: ChildOptimizer, l2_reg: float, learning_rate: float) -> Update:
    """What `optimizer` is about to do, without clipping: g + L2, m' = 0.9·m + g, w' = w − lr·(g + 0.9·m')."""

    def update(variable, gradient):
        gradient = gradient + 2.0 * l2_reg * variable
        momentum = MOMENTUM * optimizer.momentum_of(variable) + gradient
        return variable - learning_rate * (gradient + MOMENTUM * momentum)

    return update


@contextlib.contextmanager
def reading_late(child: SharedChild | FixedChild, late_reads: Iterable[LateRead], update: Update):
    """Within this context, backward passes through `child` read these kernels after their update, all others before.

    Forward passes and the kernels' own gradients stay as they are. The child's layers run uncompiled.

    Args:
      child: The network.
      late_reads: Of its convolutions and its classifier; of a matrix kept per input, of the row that is used.
      update: What the optimizer will do to them.
    """
    late = {id(read.kernel): read for read in late_reads}
    found = set()
    is_fixed = isinstance(child, FixedChild)
    with contextlib.ExitStack() as patches:
        # Compiled pieces are shared between layers and do not know which kernel is whose.
        uncompiled = {"_run": child.network.outputs} if is_fixed else lay_out(child, run_directly)
        patches.enter_context(mock.patch.multiple(child, **uncompiled))
        for part in child.network.layers if is_fixed else [child]:
            for layer in part._flatten_layers():
                if isinstance(layer, FactorizedReduction):
                    patches.enter_context(mock.patch.object(layer, "call", _call_path_by_path(layer)))
                own = {id(kernel) for kernel in _kernels(layer)} & late.keys()
                if own:
                    found |= own
                    patches.enter_context(mock.patch.object(layer, "call", _call_reading_late(layer, late, update)))
        assert found == late.keys()
        yield


def _kernels(layer) -> list[keras.Variable]:
    if isinstance(layer, SharedSeparableConvolution):
        return [stack[name] for stack in layer.stacks for *_, name in ROW_PRODUCTS]
    return [layer.kernel] if hasattr(layer, "kernel") else []


def _call_path_by_path(layer):
    """The library computes both paths of a reduction at once; here each reads its kernel by itself, as originally."""

    def call(inputs, training=False):
        inputs = tf.nn.relu(inputs) if layer.input_relu else inputs
        shifted = tf.pad(inputs[:, 1:, 1:], [[0, 0], [0, 1], [0, 1], [0, 0]])
        halves = [path(entry) for path, entry in zip(layer.paths, (inputs, shifted), strict=True)]
        return layer.norm(tf.concat(halves, axis=-1), training=training)

    return call


def _call_reading_late(layer, late, update):
    if isinstance(layer, SharedSeparableConvolution):
        return _call_reading_rows_late(layer, late, update)
    exact_call, kernel = layer.call, layer.kernel

    def product(inputs, weights):
        with keras.StatelessScope(state_mapping=[(kernel, weights)]):
            return exact_call(inputs)

    late_product = _product_reading_late(product, _kernel_update(late[id(kernel)], update))
    return lambda inputs, **mode: late_product(inputs, tf.convert_to_tensor(kernel))


def _kernel_update(late_read, update):
    """From the gradient of a kernel [..., input channels, filters] to what is read of it."""

    def updated(gradient):
        kernel = late_read.kernel.value
        in_time = tf.range(kernel.shape[-2])[:, tf.newaxis] < late_read.first_channel
        return tf.where(in_time, kernel, update(kernel, gradient))

    return updated


def _call_reading_rows_late(layer, late, update):
    exact_call = layer.call

    def call(inputs, index, **mode):
        with contextlib.ExitStack() as patches:
            for place, name, weight in ROW_PRODUCTS:
                kernels = [stack[weight] for stack in layer.stacks]
                updates = [_row_update(kernel, index, update) if id(kernel) in late else None for kernel in kernels]
                product = _products_reading_late(getattr(place, name), updates)
                patches.enter_context(mock.patch.object(place, name, product))
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
