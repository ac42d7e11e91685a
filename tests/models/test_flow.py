import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.rectification import Rectification
from enas_tf.layers.sums import Sum
from enas_tf.models.differentiation import with_gradient
from enas_tf.models.flow import Flow
from enas_tf.models.pieces import Piece

IMAGES = tf.constant([[1.0, 2.0], [3.0, 4.0]])


class Scale(keras.layers.Layer):
    """Multiplies by one trainable number."""

    def build(self, input_shape):
        self.factor = self.add_weight(name="factor", initializer="ones")

    def call(self, inputs, training=False):
        return inputs * self.factor


def _scales(*factors):
    layers = [Scale() for _ in factors]
    for layer, factor in zip(layers, factors, strict=True):
        layer.build((None, 2))
        layer.factor.assign(factor)
    return layers


def _sum():
    layer = Sum()
    layer.build((None, 2))
    return layer


def _sum_of(key):
    """The objective that adds up one of the outputs, and its gradient."""
    compute = with_gradient(lambda outputs, _: (tf.reduce_sum(outputs[key]),))
    return lambda outputs: compute(outputs, tf.zeros([]))


_total = _sum_of(0)


def _gradients(found, layers):
    return [None if id(x.factor.value) not in found else float(found[id(x.factor.value)]) for x in layers]


def test_gradients_flow_through_a_chain():
    layers = _scales(2, 5, 3)

    def wire(call):
        maps = IMAGES
        for layer in layers:
            maps = call(layer, maps, True)
        return [maps]

    (total,), found = Flow().differentiate(wire, _total)
    assert float(total) == 10 * 30
    assert _gradients(found, layers) == [10 * 15, 10 * 6, 10 * 10]
    np.testing.assert_array_equal(Flow().run(wire)[0], 30 * IMAGES)


def test_what_is_used_often_gets_all_its_gradients():
    a, b, c = layers = _scales(2, 3, 5)
    add = _sum()

    def wire(call):
        first = call(a, IMAGES, True)
        return [call(add, [call(b, first, True), call(c, first, True), first, first], True)]  # a(b + c + 2)

    (total,), found = Flow().differentiate(wire, _total)
    assert float(total) == 10 * 2 * 10
    assert _gradients(found, layers) == [10 * 10, 10 * 2, 10 * 2]


def test_a_layer_that_is_called_twice_gets_both_gradients():
    (layer,) = _scales(3)
    _, found = Flow().differentiate(lambda call: [call(layer, call(layer, IMAGES, True), True)], _total)
    assert _gradients(found, [layer]) == [10 * 2 * 3]


def test_what_no_output_depends_on_runs_and_has_no_gradient():
    a, b, c = layers = _scales(1, 1, 1)
    norm = BatchNormalization()
    norm.build((None, 1, 1, 2))

    def wire(call):
        call(norm, tf.reshape(IMAGES, [2, 1, 1, 2]), True)
        call(c, call(b, IMAGES, True), True)
        return [call(a, IMAGES, True)]

    _, found = Flow().differentiate(wire, _total)
    assert _gradients(found, layers) == [10, None, None]
    assert norm.num_updates.numpy() == 1
    Flow().run(wire)
    assert norm.num_updates.numpy() == 2


def test_several_outputs_and_one_that_the_objective_leaves_out():
    a, b, c = layers = _scales(2, 3, 4)

    def wire(call):
        first = call(a, IMAGES, True)
        return {"one": call(b, first, True), "other": call(c, first, True), "none": None}

    outputs = Flow().run(wire)
    np.testing.assert_array_equal(outputs["other"], 8 * IMAGES)
    assert outputs["none"] is None
    _, found = Flow().differentiate(wire, _sum_of("other"))
    assert _gradients(found, layers) == [10 * 4, None, 10 * 2]


def test_an_output_that_stands_twice_has_both_gradients():
    (layer,) = _scales(3)

    def wire(call):
        return [call(layer, IMAGES, True)] * 2

    _, found = Flow().differentiate(wire, lambda outputs: ((tf.zeros([]),), [tf.ones([2, 2]), 2 * tf.ones([2, 2])]))
    assert _gradients(found, [layer]) == [10 * 3]


def test_a_layer_without_variables_is_called_once_for_all_that_read_it():
    a, b, c = layers = _scales(2, 3, 5)
    relus, add = [Rectification() for _ in range(2)], _sum()
    for relu in relus:
        relu.build((None, 2))
    calls = []

    def wire(call):
        first = call(a, IMAGES, True)
        rectified = [call(relu, first, True) for relu in relus]
        calls.append(rectified)
        return [call(add, [call(b, rectified[0], True), call(c, rectified[1], True)], True)]

    (total,), found = Flow().differentiate(wire, _total)
    assert calls[0][0] is calls[0][1]
    assert float(total) == 10 * 2 * 8
    assert _gradients(found, layers) == [10 * 8, 10 * 2, 10 * 2]
    np.testing.assert_array_equal(Flow().run(wire)[0], 16 * IMAGES)


def test_the_order_of_addition_does_not_depend_on_the_threads():
    branches, add = _scales(*np.random.default_rng(0).normal(size=12)), _sum()
    (stem,) = _scales(1 / 3)

    def wire(call):
        first = call(stem, IMAGES, True)
        return [call(add, [call(branch, first, True) for branch in branches], True)]

    flow = Flow()
    gradients = {_gradients(flow.differentiate(wire, _total)[1], [stem])[0] for _ in range(20)}
    assert len(gradients) == 1


def test_maps_that_nobody_waits_for_are_dropped_while_an_evaluation_runs(monkeypatch):
    layers, alive = _scales(*range(1, 9)), []
    references, forward = [], Piece.forward

    def watched(piece, inputs, choice=None):
        output, residuals = forward(piece, inputs, choice)
        references.append(weakref.ref(output))
        alive.append(sum(reference() is not None for reference in references))
        return output, residuals

    monkeypatch.setattr(Piece, "forward", watched)

    def wire(call):
        maps = IMAGES
        for layer in layers:
            maps = call(layer, maps, False)
        return maps

    gc.collect()
    Flow().run(wire)
    assert len(alive) == 8
    assert max(alive) <= 4


def test_what_a_kernel_raises_comes_out():
    class Refuses(keras.layers.Layer):
        def call(self, inputs, training=False):
            with tf.control_dependencies([tf.debugging.assert_less(inputs, 0.0, message="not below zero")]):
                return tf.identity(inputs)

    layer = Refuses()
    layer.build((None, 2))
    (after,) = _scales(1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not below zero"):
        Flow().run(lambda call: call(after, call(layer, IMAGES, True), True))
