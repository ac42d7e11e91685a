import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig
from enas_tf.errors import InputError
from enas_tf.models.macro_network import build_macro_network
from enas_tf.search_space import MACRO_OPERATIONS, MacroSpace

SPACE = MacroSpace(3)
# a separable convolution; max pooling with the stem; a convolution with layer 0's output
ARC = SPACE.validate((1, 5, 1, 2, 0, 1))
IMAGES = tf.constant(np.random.default_rng(0).normal(size=(2, 8, 8, 3)), tf.float32)
PLAIN = frozenset({"plain_fixed_convs"})


def _network(arc=ARC, space=SPACE, image_shape=(8, 8, 3), data_format="NHWC", **kwargs):
    config = ChildConfig(space.num_layers, out_filters=4, keep_prob=1.0, data_format=data_format)
    return build_macro_network(space, arc, config, image_shape, 5, **kwargs)


def _shapes(network):
    return {layer.name: tuple(layer.output.shape[1:]) for layer in network.layers}


def test_channels_double_where_maps_are_halved():
    shapes = _shapes(_network())
    assert shapes["stem"] == shapes["layer_0_operation"] == (8, 8, 4)
    assert shapes["layer_0_reduction_1"] == shapes["layer_1_operation"] == shapes["layer_1_skip"] == (4, 4, 8)
    assert shapes["layer_1_reduction_2"] == shapes["layer_2_operation"] == shapes["layer_2_skip"] == (2, 2, 16)
    assert shapes["classifier"] == (5,)


def test_skips_are_joined_in_order_before_the_operation():
    network = _network((0, 0, 1, 0, 1, 1))
    join = next(layer for layer in network.layers if layer.name == "layer_2_join")
    assert [tensor._keras_history.operation.name for tensor in join.input] == [
        "layer_1_reduction_0",
        "layer_1_reduction_1",
        "layer_2_operation",
    ]
    assert _shapes(network)["layer_2_join"] == (2, 2, 3 * 16)


def test_only_what_a_later_layer_reads_is_reduced():
    reductions = {layer.name for layer in _network().layers if "_reduction_" in layer.name}
    # behind layer 0: the stem and layer 0 (layer 1 and its skip); behind layer 1: layer 0's output and layer 1's
    assert reductions == {f"layer_{i}_reduction_{entry}" for i, entry in ((0, 0), (0, 1), (1, 1), (1, 2))}


def test_every_choice_of_an_arc_changes_the_logits():
    logits = _network().outputs(IMAGES, training=True).logits
    for position, count in enumerate(SPACE.num_options):
        changed = list(ARC)
        changed[position] = (changed[position] + 1) % count
        assert not np.allclose(_network(changed).outputs(IMAGES, training=True).logits, logits, atol=1e-4), position


@pytest.mark.parametrize("operation", range(len(MACRO_OPERATIONS)))
def test_every_operation_trains_all_of_its_weights(operation):
    network = _network((operation,), MacroSpace(1))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(network.outputs(IMAGES, training=True).logits[:, 0] ** 2)
    gradients = tape.gradient(loss, [variable.value for variable in network.trainable_variables])
    assert all(gradient is not None and np.any(gradient != 0) for gradient in gradients)


def test_quirk_plain_fixed_convs_makes_ordinary_convolutions():
    plain, separable = _network((1,), MacroSpace(1), quirks=PLAIN), _network((1,), MacroSpace(1))
    ordinary = _network((0,), MacroSpace(1))
    expected = ordinary.outputs(IMAGES, training=False).logits
    np.testing.assert_array_equal(plain.outputs(IMAGES, training=False).logits, expected)
    assert not np.allclose(separable.outputs(IMAGES, training=False).logits, expected, atol=1e-4)


def test_quirk_plain_fixed_convs_refuses_pooling():
    expected = "plain_fixed_convs, layer 1 of the arc: expected a convolution, received max_pooling"
    with pytest.raises(InputError, match=expected):
        _network(quirks=PLAIN)


@pytest.mark.usefixtures("_negation")
def test_a_registered_operation_runs_in_the_network():
    network = _network((0,), MacroSpace(1, ("negation",))).network
    stem = network.get_layer("stem")(IMAGES).numpy()
    expected = -stem.mean(axis=(1, 2)) @ network.get_layer("classifier").fc.kernel.numpy()
    np.testing.assert_allclose(network(IMAGES), expected, rtol=1e-4, atol=1e-6)


def test_without_an_auxiliary_head_there_are_no_auxiliary_logits():
    network = _network((0,), MacroSpace(1))
    assert network.outputs(IMAGES, training=True).auxiliary_logits is None
    assert network.auxiliary_variables == []
    network.set_progress(0.5)  # of no effect without drop path


def test_any_image_size_is_halved_twice():
    network = _network((0, 1, 1, 2, 1, 1), image_shape=(9, 13, 1))
    assert _shapes(network)["layer_2_skip"] == (3, 4, 16)
    logits = network.outputs(tf.zeros([3, 9, 13, 1]), training=True).logits
    assert logits.shape == (3, 5)


def test_mixed_precision_computes_in_bfloat16_and_keeps_float32():
    mixed, plain = _network(dtype="mixed_bfloat16"), _network()
    assert {str(variable.dtype) for variable in mixed.trainable_variables} == {"float32"}
    assert mixed.network.get_layer("layer_2_skip").output.dtype == "bfloat16"
    logits = mixed.outputs(IMAGES, training=False).logits
    assert logits.dtype == tf.float32
    np.testing.assert_allclose(logits, plain.outputs(IMAGES, training=False).logits, atol=0.1)


def test_the_seed_fixes_every_weight():
    first, again, other = ({v.path: v.numpy() for v in _network(seed=seed).trainable_variables} for seed in (1, 1, 2))
    for path, value in first.items():
        np.testing.assert_array_equal(value, again[path])
        assert path.endswith("kernel") != np.array_equal(value, other[path]), path
    kernels = [value for path, value in first.items() if path.endswith("kernel")]
    assert len({kernel.tobytes() for kernel in kernels}) == len(kernels)


def test_channels_first_has_the_same_weights_and_sees_the_same_images():
    first, last = _network(data_format="NCHW"), _network()
    assert first.network.input_shape == last.network.input_shape == (None, 8, 8, 3)
    assert _shapes(first)["layer_2_join"] == (2 * 16, 2, 2)
    for variable, same in zip(first.trainable_variables, last.trainable_variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), same.numpy())
