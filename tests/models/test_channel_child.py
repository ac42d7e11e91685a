import itertools

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig
from enas_tf.models.channel_child import MacroChannelChild
from enas_tf.original.child_naming import macro_child_variables
from enas_tf.search_space import MacroChannelSpace
from tests.models.shared_child_checks import (
    assert_arcs_cause_no_trace,
    gradients,
    made_up_images,
    patch_calls,
    run_directly,
)

OPERATIONS = ("conv_3x3", "separable_conv_5x5", "max_pooling")
SPACE = MacroChannelSpace(3, 4, OPERATIONS)
ARC = SPACE.parse("0 3 1 2 2 1  3 1 0 1 1 3 1  2 2 2 1 0 2 0 1")
SKIPS = (12, 19, 20)  # their places


def _child(space=SPACE, image_shape=(8, 8, 3), num_classes=4, out_filters_scale=1, **kwargs):
    config = ChildConfig(
        space.num_layers,
        out_filters=space.num_channels,
        out_filters_scale=out_filters_scale,
        keep_prob=1.0,
        data_format=kwargs.pop("data_format", "NHWC"),
    )
    return MacroChannelChild(space, config, image_shape, num_classes, **kwargs)


@pytest.fixture(scope="module")
def child():
    """For tests that do not depend on its moving averages."""
    return _child()


def test_pieces_give_what_direct_calls_give(monkeypatch):
    child = _child()
    pieces = [child(made_up_images(), arc=ARC, training=training).numpy() for training in (True, False)]
    direct = _child()
    patch_calls(monkeypatch, direct, run_directly)
    for expected, training in zip(pieces, (True, False), strict=True):
        np.testing.assert_allclose(direct(made_up_images(), arc=ARC, training=training), expected, rtol=1e-4, atol=1e-5)


def test_layers_are_wired_by_the_arc(monkeypatch):
    """Maps become polynomials in the layers' outputs: every layer gives 10^(i+1) whatever it is given."""
    child, ranges_seen, sums = _child(), [], {}

    def run(layer, x, training, ranges=None):
        if ranges is not None:
            ranges_seen.append(ranges)
            return tf.fill([1], 10.0 ** len(ranges_seen))
        if layer.name.endswith("skip_bn"):
            x = tf.add_n(x)
            sums[layer.name] = float(x[0])
        return tf.ones([1]) if layer.name == "stem" else x

    patch_calls(monkeypatch, child, run)
    child(made_up_images(), arc=ARC)
    assert ranges_seen == [(0, 3, 1, 2, 2, 1), (3, 1, 0, 1, 1, 3), (2, 2, 2, 1, 0, 2)]
    assert sums == {"layer_1_skip_bn": 100 + 1, "layer_2_skip_bn": 1000 + 10}


def test_every_choice_of_an_arc_changes_the_logits(child):
    logits = child(made_up_images(), arc=ARC).numpy()
    for position, options in enumerate(SPACE._allowed(ARC)):
        values = [value for value in options if value != ARC[position]]
        if not values:  # a start that leaves one count
            continue
        changed = list(ARC)
        changed[position] = values[0]
        if position + 1 in SPACE.count_positions:
            changed[position + 1] = min(ARC[position + 1], 4 - values[0])
        assert not np.allclose(child(made_up_images(), arc=changed), logits, atol=1e-5), position


def test_thirty_arcs_cause_no_trace_after_warm_up(child):
    for training, skips in itertools.product((True, False), ((0, 0, 0), (1, 1, 0), (1, 1, 1))):
        arc = list(ARC)
        for position, skip in zip(SKIPS, skips, strict=True):
            arc[position] = skip
        child(made_up_images(), arc=arc, training=training)
    assert_arcs_cause_no_trace(child, SPACE.uniform(np.random.default_rng(0), 30))


def test_channels_that_the_scale_adds_are_never_in_range():
    child = _child(out_filters_scale=2)
    gradient = gradients(child, made_up_images(), ARC)[child.operations[0].kernel.path]
    used = [start + k for start, count in SPACE.layers(ARC)[0].ranges for k in range(count)]
    branches = np.repeat([0, 8, 16], [3, 2, 1])  # 8 channels a branch
    assert gradient.shape == (24, 8)
    assert np.flatnonzero(np.any(gradient, axis=1)).tolist() == (branches + used).tolist()


def test_weights_have_the_originals_names(child):
    names = macro_child_variables(child)
    layer = {name.removeprefix("child/layer_1/") for name in names if name.startswith("child/layer_1/")}
    assert {name for name in layer if "/bn/" not in name and not name.startswith("pool_at")} == {
        *("branch_0/inp_conv_1/w", "branch_0/out_conv_3/w"),
        *("branch_1/inp_conv_1/w", "branch_1/out_conv_5/w_depth", "branch_1/out_conv_5/w_point"),
        *("branch_2/conv_1/w", "final_conv/w"),
    }
    assert {"final_conv/bn/scale", "skip/bn/scale", "branch_0/out_conv_3/bn/moving_mean"} <= layer
    assert {id(variable) for variable in names.values()} >= {id(variable) for variable in child.trainable_variables}


def test_mixed_precision_computes_in_bfloat16_and_keeps_float32():
    mixed, plain = _child(dtype="mixed_bfloat16"), _child()
    assert {str(variable.dtype) for variable in mixed.trainable_variables} == {"float32"}
    np.testing.assert_allclose(mixed(made_up_images(), arc=ARC), plain(made_up_images(), arc=ARC), atol=0.1)
    assert np.isfinite(mixed.outputs(made_up_images(), ARC, training=True).logits).all()
