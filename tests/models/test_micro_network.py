import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig
from enas_tf.errors import InputError
from enas_tf.layers.drop_path import DropPath
from enas_tf.models.micro_network import build_micro_network
from enas_tf.search_space import MicroSpace

SPACE = MicroSpace(2)
# normal cell: 5x5 on input 0 + identity of input 1; average of block 0 + 3x3 on input 1
# reduction cell: max of input 1 + identity of input 1; 3x3 on block 0 + identity of block 0; nothing reads input 0
ARC = SPACE.validate((0, 1, 1, 4, 2, 2, 1, 0, 1, 3, 1, 4, 2, 0, 2, 4))
IMAGES = tf.constant(np.random.default_rng(0).normal(size=(4, 8, 8, 3)), tf.float32)


def _network(arc=ARC, space=SPACE, image_shape=(8, 8, 3), seed=0, dtype=None, **config):
    sizes = {"num_layers": 1, "out_filters": 4, "keep_prob": 1.0, "num_cells": space.num_blocks, **config}
    return build_micro_network(space, arc, ChildConfig(**sizes), image_shape, 5, seed=seed, dtype=dtype)


def _shapes(network):
    return {layer.name: tuple(layer.output.shape[1:]) for layer in network.layers}


@pytest.fixture(scope="module")
def network():
    """Cells 0 and 1 are reduction cells, cell 2 is a normal one. For tests that leave it as it is."""
    return _network(drop_path_keep_prob=0.6)


def test_a_reduction_cell_halves_maps_and_doubles_channels(network):
    shapes = _shapes(network)
    assert shapes["stem"] == (8, 8, 12)
    assert shapes["layer_0_input_0"] == shapes["layer_0_base"] == (8, 8, 8)
    assert shapes["layer_0_block_0_x"] == shapes["layer_0_block_0_y"] == shapes["layer_0_block_1_sum"] == (4, 4, 8)
    assert shapes["layer_1_block_1_sum"] == (2, 2, 16)


def test_operations_on_blocks_keep_the_size_and_those_on_inputs_halve_it(network):
    strides = {
        layer.name: layer.strides for layer in network.layers if "_block_" in layer.name and hasattr(layer, "strides")
    }
    assert {name: value for name, value in strides.items() if name.startswith("layer_0")} == {
        "layer_0_block_0_x": 2,
        "layer_0_block_0_y": 2,
        "layer_0_block_1_x": 1,
        "layer_0_block_1_y": 1,
    }
    assert all(value == 1 for name, value in strides.items() if name.startswith("layer_2"))


def test_a_cell_gives_what_no_block_reads(network):
    shapes = _shapes(network)
    # the reduction cell reads neither input 0, which is reduced for it, nor its last block
    assert shapes["layer_0_output_0"] == (4, 4, 8)
    assert shapes["layer_0_join"] == (4, 4, 2 * 8)
    # the normal cell reads all but its last block
    assert "layer_2_join" not in shapes
    classifier = network.network.get_layer("classifier")
    assert classifier.input._keras_history.operation.name == "layer_2_block_1_sum"
    assert classifier.input_relu


def test_inputs_are_brought_to_the_size_and_channels_of_the_cell(network):
    shapes = _shapes(network)
    # cell 1: the stem is twice as large as the first input of its own height; both have other channels
    assert shapes["layer_1_input_0"] == (4, 4, 16)
    assert "layer_1_input_1" not in shapes  # 2·8 channels already
    assert shapes["layer_2_input_0"] == shapes["layer_2_input_1"] == (2, 2, 16)
    kinds = {layer.name: type(layer).__name__ for layer in network.layers}
    assert kinds["layer_1_input_0"] == kinds["layer_2_input_0"] == "FactorizedReduction"
    assert kinds["layer_0_input_0"] == kinds["layer_2_input_1"] == "NormalizedConvolution"


def test_drop_path_follows_all_but_identities_and_grows_with_height(network):
    keep_probs = {layer.name: layer.keep_prob for layer in network.layers if isinstance(layer, DropPath)}
    expected = {f"layer_{i}_block_{side}_drop_path": 1 - (i + 1) / 3 * 0.4 for i in (0, 1) for side in ("0_x", "1_x")}
    expected |= {f"layer_2_block_{side}_drop_path": 0.6 for side in ("0_x", "1_x", "1_y")}
    assert keep_probs == pytest.approx(expected)


def test_without_drop_path_nothing_is_dropped():
    names = {layer.name for layer in _network().layers}
    assert not any(name.endswith("drop_path") or name == "training_progress" for name in names)


def test_paths_are_dropped_in_training_as_progress_says():
    network, same = _network(drop_path_keep_prob=0.3), _network()
    expected = same.outputs(IMAGES, training=True).logits
    network.set_progress(0.0)
    np.testing.assert_allclose(network.outputs(IMAGES, training=True).logits, expected, rtol=1e-4, atol=1e-5)
    network.set_progress(1.0)
    first, second = (network.outputs(IMAGES, training=True).logits.numpy() for _ in range(2))
    assert not np.allclose(first, expected, atol=1e-2)
    assert not np.allclose(first, second, atol=1e-2)
    logits = network.outputs(IMAGES, training=False).logits
    np.testing.assert_array_equal(network.outputs(IMAGES, training=False).logits, logits)


def test_the_auxiliary_head_is_there_for_training_only():
    network = _network(image_shape=(20, 20, 3), use_aux_heads=True)
    images = tf.constant(np.random.default_rng(0).normal(size=(2, 20, 20, 3)), tf.float32)
    logits, auxiliary_logits = network.outputs(images, training=True)
    assert logits.shape == auxiliary_logits.shape == (2, 5)
    assert network.outputs(images, training=False).auxiliary_logits is None
    names = {variable.path.split("/")[0] for variable in network.auxiliary_variables}
    assert names == {"auxiliary_head"}
    assert not any("auxiliary_head" in variable.path for variable in network.network.variables)
    own = len(network.network.trainable_variables)
    assert len(network.trainable_variables) == own + len(network.auxiliary_variables)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(network.outputs(images, training=True).auxiliary_logits ** 2)
    stem = network.network.get_layer("stem").conv.kernel.value
    assert np.any(tape.gradient(loss, stem) != 0)


def test_images_too_small_for_the_auxiliary_head_are_refused():
    with pytest.raises(InputError, match=r"--child_use_aux_heads: expected maps of 5x5 .*, received 2x2"):
        _network(use_aux_heads=True)


def test_every_weight_is_trained():
    network = _network()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(network.outputs(IMAGES, training=True).logits[:, 0] ** 2)
    variables = [variable.value for variable in network.trainable_variables]
    assert all(gradient is not None for gradient in tape.gradient(loss, variables))


def test_every_choice_of_an_arc_changes_the_logits():
    space, arc = MicroSpace(1), (0, 1, 1, 4, 1, 3, 0, 0)
    logits = _network(arc, space).outputs(IMAGES, training=False).logits
    for position, count in enumerate(space.num_options):
        changed = list(arc)
        changed[position] = (changed[position] + 1) % count
        other = _network(changed, space).outputs(IMAGES, training=False).logits
        assert not np.allclose(other, logits, atol=1e-5), position


def test_mixed_precision_computes_in_bfloat16_and_keeps_float32(network):
    mixed = _network(dtype="mixed_bfloat16", drop_path_keep_prob=0.6)
    assert {str(variable.dtype) for variable in mixed.trainable_variables} == {"float32"}
    assert mixed.network.get_layer("layer_2_block_1_sum").output.dtype == "bfloat16"
    assert mixed.outputs(IMAGES, training=True).logits.dtype == tf.float32


def test_the_seed_fixes_every_weight():
    first, again, other = ({v.path: v.numpy() for v in _network(seed=seed).trainable_variables} for seed in (1, 1, 2))
    for path, value in first.items():
        np.testing.assert_array_equal(value, again[path])
        assert path.endswith("kernel") != np.array_equal(value, other[path]), path


def test_channels_first_has_the_same_weights_and_sees_the_same_images(network):
    first = _network(data_format="NCHW")
    assert first.network.input_shape == (None, 8, 8, 3)
    assert _shapes(first)["layer_0_join"] == (2 * 8, 4, 4)
    weights = {variable.path: variable.numpy() for variable in network.trainable_variables}
    assert len(first.trainable_variables) == len(weights)
    for variable in first.trainable_variables:
        np.testing.assert_array_equal(variable.numpy(), weights[variable.path])
