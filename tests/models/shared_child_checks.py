"""What the tests of the shared networks of both spaces have in common."""

import functools
from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

from enas_tf.models.differentiation import DifferentiatedByTape
from enas_tf.models.shared_child import SharedChild
from enas_tf.search_space import Arc


def made_up_images(image_shape: tuple[int, int, int] = (8, 8, 3), batch_size: int = 2) -> tf.Tensor:
    """The same normal draws at every call, float32 [B, H, W, C]."""
    return tf.constant(np.random.default_rng(0).normal(size=(batch_size, *image_shape)), tf.float32)


def run_directly(layer, inputs, training, choice=None):
    """Calls a layer uncompiled, for `lay_out`."""
    choices = [] if choice is None else [tf.constant(choice, tf.int32)]
    return layer(inputs, *choices, training=training)


def lay_out(child: SharedChild, call: Callable) -> dict[str, Callable]:
    """What to put in the place of a child's methods so that it calls its layers by `call`, one after the other."""
    return {
        "outputs": lambda images, arc, training: child.wire(call, images, arc, training),
        "differentiate": functools.partial(DifferentiatedByTape.differentiate, child),
    }


def patch_calls(monkeypatch, child: SharedChild, call: Callable) -> None:
    """Puts that in place."""
    for name, method in lay_out(child, call).items():
        monkeypatch.setattr(child, name, method)


def gradients(child: SharedChild, images: tf.Tensor, arc: Arc) -> dict[str, tf.Tensor | None]:
    """By the variable's path, of a loss whose gradient shows the logits: a mean of squares."""
    variables = [variable.value for variable in child.trainable_variables]
    _, found = child.differentiate(_squares, images, tf.zeros([len(images)], tf.int32), arc, variables)
    return dict(zip((variable.path for variable in child.trainable_variables), found, strict=True))


def _squares(outputs, labels):
    return (tf.reduce_mean(outputs.logits[:, 0] ** 2),)


def layers_reached(child: SharedChild, images: tf.Tensor, arc: Arc) -> set[str]:
    """The names of the layers that the gradients of an architecture reach."""
    found = gradients(child, images, arc)
    return {path.split("/")[0] for path, gradient in found.items() if gradient is not None}


def assert_gradients_agree(actual: dict[str, tf.Tensor | None], expected: dict[str, tf.Tensor | None]) -> None:
    """Compares gradients by path; both reach the same variables."""
    assert actual.keys() == expected.keys()
    for path, gradient in expected.items():
        if gradient is None:
            assert actual[path] is None, path
        else:
            np.testing.assert_allclose(actual[path], gradient, rtol=1e-3, atol=1e-5, err_msg=path)


def assert_arcs_cause_no_trace(child: SharedChild, arcs: Iterable[Arc]) -> None:
    """Runs architectures in both modes and with several batch sizes; none of it is traced anew."""
    num_kinds = child.flow.pieces.num_kinds
    for i, arc in enumerate(arcs):
        child(made_up_images(batch_size=1 + i % 3), arc=arc, training=bool(i % 2))
    assert child.flow.pieces.num_kinds == num_kinds
