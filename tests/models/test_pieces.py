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


def _run(pieces, layer, x, training):
    """The output alone."""
    return pieces.bind(layer, x, training).forward([x])[0]


def _upstream(outputs):
    return tf.constant(np.random.default_rng(1).normal(size=outputs.shape), outputs.dtype)


def _directly(layer, x, training):
    """Output of the layer itself, its gradients to the input and to the layer's weights."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, training=training)
    weights = [variable.value for variable in layer.trainable_variables]
    return outputs, *tape.gradient(outputs, [x, *weights], _upstream(outputs))


def _in_a_piece(pieces, layer, x, training):
    """The same of its piece."""
    piece = pieces.bind(layer, x, training, sources=(0,))
    outputs, residuals = piece.forward([x])
    return outputs, *piece.backward(_upstream(outputs), residuals)


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
        _assert_all_close(_in_a_piece(pieces, layer, x, training), _directly(direct, x, training))
        _assert_all_close(layer.non_trainable_variables, direct.non_trainable_variables)


@pytest.mark.parametrize("kind", ["conv_3x3", "classifier"])
def test_state_moves_in_training_only(kind):
    layer, pieces = _built(MAKERS[kind]()), Pieces()
    before = [variable.numpy() for variable in layer.non_trainable_variables]
    _run(pieces, layer, _map(), False)
    for variable, value in zip(layer.non_trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    _run(pieces, layer, _map(), True)
    for variable, value in zip(layer.non_trainable_variables, before, strict=True):
        assert not np.array_equal(variable.numpy(), value), variable.path


def test_weights_assigned_after_tracing_are_used():
    layer, pieces = _built(Scale()), Pieces()
    for factor in (2.0, -3.0):
        layer.factor.assign(factor)
        np.testing.assert_allclose(_run(pieces, layer, _map(), False), factor * _map().numpy(), rtol=1e-6)


def test_weights_alone_have_a_gradient_where_no_input_is_a_source():
    layer, x = _built(Scale()), _map()
    piece = Pieces().bind(layer, x, True, sources=())
    outputs, residuals = piece.forward([x])
    gradients = piece.backward(tf.ones_like(outputs), residuals)
    assert len(gradients) == len(piece.no_gradients()) == 1
    np.testing.assert_allclose(gradients[0], np.sum(x), rtol=1e-4)


def test_layers_of_one_configuration_share_one_trace_and_keep_their_own_variables():
    pieces = Pieces()
    layers = [_built(MAKERS["conv_3x3"](seed=seed, name=f"layer_{seed}")) for seed in range(3)]
    for layer in layers:
        np.testing.assert_allclose(
            _run(pieces, layer, _map(), False), layer(_map(), training=False), rtol=1e-4, atol=1e-5
        )
    assert pieces.num_kinds == 1
    before = [variable.numpy() for layer in (layers[0], layers[2]) for variable in layer.weights]
    _run(pieces, layers[1], _map(), True)
    after = [variable.numpy() for layer in (layers[0], layers[2]) for variable in layer.weights]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    assert layers[1].norm.moving_mean.numpy().any()


def test_another_batch_size_is_no_new_trace():
    layer, pieces = _built(MAKERS["stem"]()), Pieces()
    for batch_size in (4, 1, 7):
        x = _map(batch_size)
        np.testing.assert_allclose(_run(pieces, layer, x, False), layer(x, training=False), rtol=1e-4, atol=1e-5)
    assert pieces.num_kinds == 1


def test_another_mode_map_size_type_or_gradient_is_a_new_trace():
    layers, pieces = [_built(Scale()) for _ in range(3)], Pieces()
    _run(pieces, layers[0], _map(), False)
    _run(pieces, layers[0], _map(), True)
    assert pieces.num_kinds == 2
    _run(pieces, layers[1], _map(shape=(3, 2, 6)), False)
    assert pieces.num_kinds == 3
    assert _run(pieces, layers[2], tf.cast(_map(), tf.bfloat16), False).dtype == tf.float32
    assert pieces.num_kinds == 4
    for sources in ((), (0,)):
        pieces.bind(layers[0], _map(), False, sources=sources)
    assert pieces.num_kinds == 6


def test_another_configuration_or_kind_is_a_new_trace():
    pieces = Pieces()
    layers = [_built(MAKERS[kind]()) for kind in ("conv_3x3", "separable_conv_5x5", "average_pooling")]
    layers.append(_built(MACRO_OPERATION_LAYERS.make("conv_3x3", filters=6)))
    for layer in layers:
        _run(pieces, layer, _map(), False)
    assert pieces.num_kinds == 4


def _negation_or_identity(sign):
    class Twin(ChildLayer):
        def call(self, inputs, training=False):
            return sign * inputs

    return Twin


def test_classes_of_one_name_are_not_mistaken_for_each_other():
    pieces, x = Pieces(), tf.ones((1, *MAP_SHAPE))
    for sign in (1, -1):
        layer = _built(_negation_or_identity(sign)(filters=6))
        np.testing.assert_array_equal(_run(pieces, layer, x, False), sign * x)


def test_layers_that_are_dropped_are_not_mistaken_for_later_ones():
    pieces = Pieces()
    for factor in range(20):
        layer = _built(Scale())
        layer.factor.assign(factor)
        np.testing.assert_allclose(_run(pieces, layer, tf.ones((1, *MAP_SHAPE)), False), float(factor))
    assert pieces.num_kinds == 1


def test_networks_of_one_kind_share_traces():
    layers = [_built(MAKERS["conv_3x3"](seed=seed)) for seed in range(2)]
    pieces = [Pieces().bind(layer, _map(), True, sources=(0,)) for layer in layers]
    assert pieces[0].traced is pieces[1].traced
    assert not set(map(id, pieces[0].handles)) & set(map(id, pieces[1].handles))


def test_pieces_may_be_compiled_with_xla():
    direct, layer = (_built(MAKERS["reduction"]()) for _ in range(2))
    pieces, x = Pieces(jit_compile=True), _map()
    _assert_all_close(_in_a_piece(pieces, layer, x, True), _directly(direct, x, True))
    _assert_all_close(layer.non_trainable_variables, direct.non_trainable_variables)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", ["conv_3x3", "classifier"])
def test_a_machine_with_a_gpu_calls_functions_to_the_same_effect(monkeypatch, kind, training):
    """There is none here: what is tested is the way to call, not the device."""
    direct, layer = (_built(MAKERS[kind](seed=3)) for _ in range(2))
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    monkeypatch.setattr("enas_tf.models.pieces._TRACED", {})
    pieces = Pieces()
    for step in range(2):
        x = _map(seed=step)
        _assert_all_close(_in_a_piece(pieces, layer, x, training), _directly(direct, x, training))
        _assert_all_close(layer.non_trainable_variables, direct.non_trainable_variables)
