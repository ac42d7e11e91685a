import keras
import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.base import ChildLayer
from enas_tf.layers.classifier import Classifier
from enas_tf.layers.convolution import NormalizedConvolution
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.operations import MACRO_OPERATION_LAYERS
from enas_tf.models.pieces import Pieces

MAP_SHAPE = (5, 4, 6)

MAKERS = {
    "stem": lambda **kwargs: NormalizedConvolution(4, 3, relu=False, **kwargs),
    "reduction": lambda **kwargs: FactorizedReduction(4, **kwargs),
    "conv_3x3": lambda **kwargs: MACRO_OPERATION_LAYERS.make("conv_3x3", filters=4, **kwargs),
    "separable_conv_5x5": lambda **kwargs: MACRO_OPERATION_LAYERS.make("separable_conv_5x5", filters=4, **kwargs),
    "average_pooling": lambda **kwargs: MACRO_OPERATION_LAYERS.make("average_pooling", filters=4, **kwargs),
    "classifier": lambda **kwargs: Classifier(3, keep_prob=0.5, **kwargs),
}


class Scale(keras.layers.Layer):
    """Multiplies by one trainable number; cheap to trace."""

    def build(self, input_shape):
        self.factor = self.add_weight(name="factor", initializer="ones")

    def call(self, inputs, training=False):
        return inputs * self.factor


def _built(layer, shape=MAP_SHAPE):
    layer.build((None, *shape))
    return layer


def _map(batch_size=2, seed=0, shape=MAP_SHAPE):
    return tf.constant(np.random.default_rng(seed).normal(size=(batch_size, *shape)), tf.float32)


def _outputs_and_gradients(call, layer, x):
    """What a call returns, and the gradients of a weighted sum of it to the input and to the layer's weights."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = call()
        weights = np.random.default_rng(1).normal(size=outputs.shape).astype(np.float32)
        loss = tf.reduce_sum(outputs * weights)
    return outputs, *tape.gradient(loss, [x, *(variable.value for variable in layer.trainable_variables)])


def _assert_all_close(actual, expected):
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", MAKERS)
def test_a_piece_is_the_layer(kind, training):
    direct, layer = (_built(MAKERS[kind](seed=3)) for _ in range(2))
    pieces = Pieces()
    for step in range(2):
        x = _map(seed=step)
        expected = _outputs_and_gradients(lambda x=x: direct(x, training=training), direct, x)
        actual = _outputs_and_gradients(lambda x=x: pieces(layer, x, training), layer, x)
        _assert_all_close(actual, expected)
        _assert_all_close(layer.non_trainable_variables, direct.non_trainable_variables)


@pytest.mark.parametrize("kind", ["conv_3x3", "classifier"])
def test_state_moves_in_training_only(kind):
    layer, pieces = _built(MAKERS[kind]()), Pieces()
    before = [variable.numpy() for variable in layer.non_trainable_variables]
    pieces(layer, _map(), False)
    for variable, value in zip(layer.non_trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    pieces(layer, _map(), True)
    for variable, value in zip(layer.non_trainable_variables, before, strict=True):
        assert not np.array_equal(variable.numpy(), value), variable.path


def test_weights_assigned_after_tracing_are_used():
    layer, pieces = _built(Scale()), Pieces()
    for factor in (2.0, -3.0):
        layer.factor.assign(factor)
        np.testing.assert_allclose(pieces(layer, _map(), False), factor * _map().numpy(), rtol=1e-6)


def test_gradients_flow_through_a_chain_of_pieces():
    first, second, pieces = _built(Scale()), _built(Scale()), Pieces()
    first.factor.assign(2.0)
    second.factor.assign(5.0)
    x = tf.ones((1, *MAP_SHAPE))
    variables = [first.factor.value, second.factor.value]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(pieces(first, pieces(second, pieces(first, x, True), True), True))  # a²·b
    np.testing.assert_allclose(tape.gradient(loss, variables), [2 * 2 * 5, 4], rtol=1e-6)


def test_layers_of_one_configuration_share_one_function_and_keep_their_own_variables():
    pieces = Pieces()
    layers = [_built(MAKERS["conv_3x3"](seed=seed, name=f"layer_{seed}")) for seed in range(3)]
    for layer in layers:
        np.testing.assert_allclose(pieces(layer, _map(), False), layer(_map(), training=False), rtol=1e-4, atol=1e-5)
    assert pieces.num_functions == 1
    before = [variable.numpy() for layer in (layers[0], layers[2]) for variable in layer.weights]
    pieces(layers[1], _map(), True)
    after = [variable.numpy() for layer in (layers[0], layers[2]) for variable in layer.weights]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    assert layers[1].norm.moving_mean.numpy().any()


def test_another_batch_size_is_no_new_function():
    layer, pieces = _built(MAKERS["stem"]()), Pieces()
    for batch_size in (4, 1, 7):
        x = _map(batch_size)
        np.testing.assert_allclose(pieces(layer, x, False), layer(x, training=False), rtol=1e-4, atol=1e-5)
    assert pieces.num_functions == 1


def test_another_mode_map_size_or_type_is_a_new_function():
    layers, pieces = [_built(Scale()) for _ in range(3)], Pieces()
    pieces(layers[0], _map(), False)
    pieces(layers[0], _map(), True)
    assert pieces.num_functions == 2
    pieces(layers[1], _map(shape=(3, 2, 6)), False)
    assert pieces.num_functions == 3
    assert pieces(layers[2], tf.cast(_map(), tf.bfloat16), False).dtype == tf.float32
    assert pieces.num_functions == 4


def test_another_configuration_or_kind_is_a_new_function():
    pieces = Pieces()
    layers = [_built(MAKERS[kind]()) for kind in ("conv_3x3", "separable_conv_5x5", "average_pooling")]
    layers.append(_built(MACRO_OPERATION_LAYERS.make("conv_3x3", filters=6)))
    for layer in layers:
        pieces(layer, _map(), False)
    assert pieces.num_functions == 4


def _negation_or_identity(sign):
    class Twin(ChildLayer):
        def call(self, inputs, training=False):
            return sign * inputs

    return Twin


def test_classes_of_one_name_are_not_mistaken_for_each_other():
    pieces, x = Pieces(), tf.ones((1, *MAP_SHAPE))
    for sign in (1, -1):
        layer = _built(_negation_or_identity(sign)(filters=6))
        np.testing.assert_array_equal(pieces(layer, x, False), sign * x)


def test_layers_that_are_dropped_are_not_mistaken_for_later_ones():
    pieces = Pieces()
    for factor in range(20):
        layer = _built(Scale())
        layer.factor.assign(factor)
        np.testing.assert_allclose(pieces(layer, tf.ones((1, *MAP_SHAPE)), False), float(factor))
    assert pieces.num_functions == 1


def test_pieces_may_be_compiled_with_xla():
    direct, layer = (_built(MAKERS["reduction"]()) for _ in range(2))
    pieces, x = Pieces(jit_compile=True), _map()
    expected = _outputs_and_gradients(lambda: direct(x, training=True), direct, x)
    _assert_all_close(_outputs_and_gradients(lambda: pieces(layer, x, True), layer, x), expected)
    _assert_all_close(layer.non_trainable_variables, direct.non_trainable_variables)
