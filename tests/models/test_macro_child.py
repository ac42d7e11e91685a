import itertools

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig
from enas_tf.models.macro_child import MacroChild
from enas_tf.search_space import MacroSpace
from tests.models.shared_child_checks import (
    assert_arcs_cause_no_trace,
    assert_gradients_agree,
    gradients,
    layers_reached,
    made_up_images,
    patch_calls,
    run_directly,
)

SPACE = MacroSpace(3, ("conv_3x3", "separable_conv_5x5", "max_pooling"))
# a convolution; max pooling with the stem; a separable convolution with layer 0's output
ARC = (0, 2, 1, 1, 0, 1)


def _child(space=SPACE, image_shape=(8, 8, 3), num_classes=4, data_format="NHWC", **kwargs):
    config = ChildConfig(space.num_layers, out_filters=4, keep_prob=1.0, data_format=data_format)
    return MacroChild(space, config, image_shape, num_classes, **kwargs)


def _values(variables):
    return {variable.path: variable.numpy() for variable in variables}


@pytest.fixture(scope="module")
def child():
    """For tests that do not depend on its moving averages."""
    return _child()


def test_pieces_give_what_direct_calls_give(monkeypatch):
    in_pieces, direct = _child(seed=1), _child(seed=1)
    patch_calls(monkeypatch, direct, run_directly)
    for arc in (ARC, (1, 0, 0, 2, 1, 1)):
        assert_gradients_agree(*(gradients(one, made_up_images(), arc) for one in (in_pieces, direct)))
        logits, wanted = (one(made_up_images(), arc=arc) for one in (in_pieces, direct))
        np.testing.assert_allclose(logits, wanted, rtol=1e-3, atol=1e-5)
    state = _values(direct.non_trainable_variables)
    for path, value in _values(in_pieces.non_trainable_variables).items():
        np.testing.assert_allclose(value, state[path], rtol=1e-3, atol=1e-5, err_msg=path)


class Wiring:
    """Stands for running the layers: each layer's operation yields a unit vector of its own, reductions double.

    The stem yields [1, 0, 0, …], the operation of layer i yields 1 at place i + 1 whatever its input; normalizations
    and the classifier return their input, so a sum shows which outputs entered it and how often they were reduced.
    """

    def __init__(self, num_layers):
        self._units = np.eye(num_layers + 1, dtype=np.float32)
        self.inputs = {}  # by the layer's name

    def __call__(self, layer, x, training):
        x = sum(x) if layer.name.endswith("skip_bn") else x
        self.inputs[layer.name] = np.array(x)
        if layer.name == "stem":
            return tf.constant(self._units[0])
        if "_reduction_" in layer.name:
            return 2 * x
        if layer.name.endswith("_bn") or layer.name == "classifier":
            return x
        return tf.constant(self._units[int(layer.name.split("_")[1]) + 1])


@pytest.fixture
def wiring(monkeypatch):
    """Four layers without their mathematics; halved after layers 0 and 1."""
    child = _child(MacroSpace(4, ("conv_3x3", "max_pooling")))
    wiring = Wiring(4)
    patch_calls(monkeypatch, child, wiring)

    def run(*arc):
        child(made_up_images(), arc=arc)
        return wiring.inputs

    return run


def test_without_skips_each_layer_feeds_the_next_alone(wiring):
    inputs = wiring(0, 1, 0, 0, 0, 0, 1, 0, 0, 0)
    np.testing.assert_array_equal(inputs["layer_0_conv_3x3"], [1, 0, 0, 0, 0])
    np.testing.assert_array_equal(inputs["layer_1_max_pooling"], [0, 2, 0, 0, 0])
    np.testing.assert_array_equal(inputs["layer_2_conv_3x3"], [0, 0, 2, 0, 0])
    np.testing.assert_array_equal(inputs["layer_3_max_pooling"], [0, 0, 0, 1, 0])
    np.testing.assert_array_equal(inputs["classifier"], [0, 0, 0, 0, 1])
    assert {"layer_0_max_pooling", "layer_1_conv_3x3", "layer_2_max_pooling", "layer_3_conv_3x3"}.isdisjoint(inputs)


def test_a_bit_adds_its_list_entry_reduced_like_the_rest(wiring):
    # layer 1 adds the stem (entry 0); layer 2 adds layer 0 (entry 1); layer 3 adds the stem and layer 1 (0 and 2)
    inputs = wiring(0, 0, 1, 0, 0, 1, 0, 1, 0, 1)
    np.testing.assert_array_equal(inputs["layer_1_skip_bn"], [2, 0, 1, 0, 0])  # the stem was halved once
    np.testing.assert_array_equal(inputs["layer_2_conv_3x3"], [4, 0, 2, 0, 0])
    np.testing.assert_array_equal(inputs["layer_2_skip_bn"], [0, 4, 0, 1, 0])  # layer 0 was halved twice
    np.testing.assert_array_equal(inputs["layer_3_skip_bn"], [4 + 4, 0, 2, 0, 1])
    np.testing.assert_array_equal(inputs["classifier"], [8, 0, 2, 0, 1])


def test_every_entry_has_a_reduction_of_its_own(wiring):
    inputs = wiring(0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
    reduced = {name: inputs[name].tolist() for name in inputs if "_reduction_" in name}
    assert reduced == {
        "layer_0_reduction_0": [1, 0, 0, 0, 0],
        "layer_0_reduction_1": [0, 1, 0, 0, 0],
        "layer_1_reduction_0": [2, 0, 0, 0, 0],
        "layer_1_reduction_1": [0, 2, 0, 0, 0],
        "layer_1_reduction_2": [2, 0, 1, 0, 0],
    }


def test_only_layer_0_has_no_normalization_after_its_skips(wiring):
    norms = {name for name in wiring(*[0] * 10) if name.endswith("skip_bn")}
    assert norms == {"layer_1_skip_bn", "layer_2_skip_bn", "layer_3_skip_bn"}


def test_every_choice_of_an_arc_changes_the_logits(child):
    logits = child(made_up_images(), arc=ARC).numpy()
    for position in range(SPACE.arc_length):
        changed = list(ARC)
        changed[position] = 1 - changed[position] if position in (2, 4, 5) else (changed[position] + 1) % 3
        assert not np.allclose(child(made_up_images(), arc=changed), logits, atol=1e-4), position


def test_an_arc_may_be_any_sequence_of_integers(child):
    logits = child(made_up_images(), arc=ARC)
    for arc in (list(ARC), np.array(ARC, np.int32)):
        np.testing.assert_array_equal(child(made_up_images(), arc=arc), logits)


def test_gradients_reach_what_the_arc_connects(child):
    reached = layers_reached(child, made_up_images(), ARC)
    assert reached == {
        "stem",
        "layer_0_conv_3x3",
        *("layer_0_reduction_0", "layer_0_reduction_1"),
        *("layer_1_max_pooling", "layer_1_skip_bn"),
        *("layer_1_reduction_1", "layer_1_reduction_2"),  # not the stem's: no later layer adds it
        *("layer_2_separable_conv_5x5", "layer_2_skip_bn"),
        "classifier",
    }


def test_thirty_arcs_cause_no_trace_after_warm_up():
    child = _child()
    for operation, skips in itertools.product(range(3), ((0, 0, 0), (1, 1, 0), (1, 1, 1))):
        arc = (operation, operation, skips[0], operation, *skips[1:])
        child(made_up_images(), arc=arc, training=True)
        child(made_up_images(), arc=arc, training=False)
    # per mode: the stem; three operations at three map sizes; reductions at two; sums of one or two maps behind layer 1
    # and of one to three behind layer 2; the head
    assert child.flow.pieces.num_kinds == 2 * (1 + 3 * 3 + 2 + 2 + 3 + 1)
    assert_arcs_cause_no_trace(child, SPACE.uniform(np.random.default_rng(0), 30))


def test_an_operation_that_stands_twice_is_one_module():
    child = _child(MacroSpace(2, ("conv_3x3", "max_pooling", "conv_3x3")))
    once = _child(MacroSpace(2, ("conv_3x3", "max_pooling")))
    assert [v.path for v in child.variables] == [v.path for v in once.variables]
    first, second, pooled = (child(made_up_images(), arc=(operation, 1, 1)).numpy() for operation in (0, 2, 1))
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, pooled, atol=1e-4)


@pytest.mark.usefixtures("_negation")
def test_a_registered_operation_runs_in_the_network():
    child = _child(MacroSpace(2, ("negation", "max_pooling")))
    stem = child.stem(made_up_images()).numpy()
    # −(−stem) plus the stem, through a normalization that has seen nothing yet
    expected = 2 * stem.mean(axis=(1, 2)) / np.sqrt(1 + 1e-5) @ child.classifier.fc.kernel.numpy()
    np.testing.assert_allclose(child(made_up_images(), arc=(0, 0, 1)), expected, rtol=1e-4, atol=1e-6)


SMALL_SPACE = MacroSpace(2, ("conv_3x3", "average_pooling", "max_pooling"))


def test_quirk_last_branch_runs_the_last_operation_whatever_is_sampled():
    quirky, plain = _child(SMALL_SPACE, quirks=frozenset({"last_branch"})), _child(SMALL_SPACE)
    expected = plain(made_up_images(), arc=(2, 2, 1)).numpy()
    assert not np.allclose(plain(made_up_images(), arc=(0, 1, 1)), expected, atol=1e-4)
    for arc in ((2, 2, 1), (0, 1, 1), (1, 0, 1)):
        np.testing.assert_array_equal(quirky(made_up_images(), arc=arc), expected)
    reached = layers_reached(quirky, made_up_images(), (0, 1, 1))
    assert reached == {"stem", "layer_0_max_pooling", "layer_1_max_pooling", "layer_1_skip_bn", "classifier"}


def _moved_operations(quirks, training):
    """The operations whose statistics another one's step moves."""
    child = _child(SMALL_SPACE, quirks=frozenset(quirks))
    before = _values(child.non_trainable_variables)
    child(made_up_images(), arc=(0, 2, 0), training=training)
    after = _values(child.non_trainable_variables)
    moved = {path.split("/")[0] for path, value in after.items() if not np.array_equal(value, before[path])}
    return {name for name in moved if not name.endswith("skip_bn")} - {"stem"}


SAMPLED = {"layer_0_conv_3x3", "layer_1_max_pooling"}
ALL = {f"layer_{i}_{operation}" for i in range(2) for operation in SMALL_SPACE.operations}


@pytest.mark.parametrize(
    ("quirks", "training", "moved"),
    [
        ((), True, SAMPLED),
        (("all_branch_statistics",), True, ALL),
        ((), False, set()),
        (("all_branch_statistics",), False, set()),
    ],
)
def test_quirk_all_branch_statistics_moves_unsampled_statistics_while_training(quirks, training, moved):
    assert _moved_operations(quirks, training) == moved


def test_quirk_all_branch_statistics_changes_no_gradient():
    quirky, plain = _child(SMALL_SPACE, quirks=frozenset({"all_branch_statistics"})), _child(SMALL_SPACE)
    expected = gradients(plain, made_up_images(), (0, 2, 1))
    for path, gradient in gradients(quirky, made_up_images(), (0, 2, 1)).items():
        if expected[path] is None:
            assert gradient is None, path
        else:
            np.testing.assert_allclose(gradient, expected[path], rtol=1e-4, atol=1e-6, err_msg=path)


@pytest.mark.parametrize(
    ("image_shape", "maps"),
    [
        ((8, 8, 1), [(8, 8), (4, 4), (2, 2)]),
        ((9, 13, 2), [(9, 13), (5, 7), (3, 4)]),
    ],
)
def test_any_image_size_is_halved_twice(monkeypatch, image_shape, maps):
    child, seen = _child(MacroSpace(3, ("max_pooling",)), image_shape), []

    def run(layer, x, training):
        if "max_pooling" in layer.name:
            seen.append(tuple(x.shape))
        return layer(x, training=training)

    patch_calls(monkeypatch, child, run)
    logits = child(made_up_images(image_shape, batch_size=3), arc=(0, 0, 1, 0, 1, 1), training=True)
    assert logits.shape == (3, 4)
    assert logits.dtype == tf.float32
    assert np.isfinite(logits).all()
    assert seen == [(3, *size, 4) for size in maps]


def test_mixed_precision_computes_in_bfloat16_and_keeps_float32():
    mixed, plain = _child(SMALL_SPACE, dtype="mixed_bfloat16"), _child(SMALL_SPACE)
    assert {str(variable.dtype) for variable in mixed.trainable_variables} == {"float32"}
    assert mixed.stem(made_up_images()).dtype == tf.bfloat16
    arc = (0, 2, 1)
    np.testing.assert_allclose(mixed(made_up_images(), arc=arc), plain(made_up_images(), arc=arc), atol=0.1)
    for training in (True, False):
        logits = mixed.outputs(made_up_images(), arc, training).logits
        assert logits.dtype == tf.float32
        assert np.isfinite(logits).all()
    for path, gradient in gradients(mixed, made_up_images(), arc).items():
        if gradient is not None:
            assert gradient.dtype == tf.float32, path
            assert np.isfinite(gradient).all(), path


def test_the_seed_fixes_every_weight():
    first, again, other = (_values(_child(SMALL_SPACE, seed=seed).trainable_variables) for seed in (1, 1, 2))
    for path, value in first.items():
        np.testing.assert_array_equal(value, again[path])
        assert path.endswith("kernel") != np.array_equal(value, other[path]), path
    kernels = [value for path, value in first.items() if path.endswith("kernel")]
    assert len({kernel.tobytes() for kernel in kernels}) == len(kernels)


def test_channels_first_has_the_same_weights():
    first, last = (_values(_child(SMALL_SPACE, data_format=data_format).variables) for data_format in ("NCHW", "NHWC"))
    assert first.keys() == last.keys()
    for path, value in first.items():
        np.testing.assert_array_equal(value, last[path])
