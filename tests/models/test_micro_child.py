import itertools

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig
from enas_tf.errors import InputError
from enas_tf.models.micro_child import MicroChild
from enas_tf.search_space import MicroSpace
from tests.models.shared_child_checks import (
    assert_arcs_cause_no_trace,
    assert_gradients_agree,
    gradients,
    layers_reached,
    made_up_images,
    patch_calls,
    run_directly,
)

SPACE = MicroSpace(2)
# normal cell: input 0 + max of input 1; average of block 0 + input 0. Its output is block 1.
# reduction cell: max of input 1 + input 1; 3x3 on input 0 + 5x5 on input 0. Its output is both blocks.
ARC = (0, 4, 1, 3, 2, 2, 0, 4, 1, 3, 1, 4, 0, 0, 0, 1)


def _child(space=SPACE, image_shape=(8, 8, 3), num_classes=4, num_layers=1, **kwargs):
    sizes = {name: kwargs.pop(name) for name in ("use_aux_heads", "data_format") if name in kwargs}
    config = ChildConfig(num_layers, out_filters=4, num_cells=space.num_blocks, keep_prob=1.0, **sizes)
    return MicroChild(space, config, image_shape, num_classes, **kwargs)


def _images(image_shape=(8, 8, 3), batch_size=4):
    return made_up_images(image_shape, batch_size)


@pytest.fixture(scope="module")
def child():
    """Cells 0 and 1 are reduction cells, cell 2 is a normal one."""
    return _child()


class Wiring:
    """Stands for running the layers, on maps of one pixel and one channel.

    The stem gives 1, the output of cell i gives 100·(i + 1). A reduction adds 0.5, a calibration 0.25, a relu 0.0625.
    Max and average pooling multiply by 2 and 3; an identity is not called.
    """

    FACTORS = {"max_pooling": 2, "average_pooling": 3}

    def __init__(self):
        self.inputs = {}  # by the layer's name
        self.choices = {}

    def __call__(self, layer, x, training, choice=None):
        if layer.name == "sum":
            return sum(x)
        if layer.name == "relu":
            return x + 0.0625
        self.inputs[layer.name] = np.ravel(x).tolist()
        self.choices[layer.name] = choice
        if layer.name == "stem":
            return tf.ones((1, 1, 1, 1))
        if layer.name.endswith("_output"):
            return tf.fill((1, 1, 1, 1), 100.0 * (int(layer.name.split("_")[1]) + 1))
        if layer.name.endswith("_reduction"):
            return x + 0.5
        if "_input_" in layer.name:
            return x + 0.25
        return x * self.FACTORS.get(layer.name.split("_", 5)[-1], 1)

    def cell(self, i):
        """What reached the layers of a cell, by their names within it."""
        scope = f"layer_{i}_"
        return {name.removeprefix(scope): value for name, value in self.inputs.items() if name.startswith(scope)}


@pytest.fixture
def wiring(monkeypatch):
    """Five cells without their mathematics; the second and the fourth are reduction cells."""
    child = _child(num_layers=3, image_shape=(20, 20, 3), use_aux_heads=True)
    wiring = Wiring()
    patch_calls(monkeypatch, child, wiring)
    normal = (0, 4, 1, 3, 2, 2, 0, 4)  # input 0 + max of input 1; average of block 0 + input 0
    reduction = (1, 3, 1, 4, 0, 2, 0, 3)  # max of input 1 + input 1; average of input 0 + max of input 0

    def run(training):
        child.outputs(_images((20, 20, 3)), (*normal, *reduction), training)
        return wiring

    return run


def test_the_first_cell_sees_the_stem_twice_with_its_channels_brought_to_those_of_a_cell(wiring):
    run = wiring(training=True)
    assert run.cell(0) == {
        "input_0": [1.0625],
        "input_1": [1.0625],
        "block_0_y_max_pooling": [1.3125],
        "block_1_x_average_pooling": [1.3125 + 2.625],
        "output": [3 * 3.9375 + 1.3125],
    }
    assert run.choices["layer_0_output"] == (3,)
    assert run.choices["layer_0_block_1_x_average_pooling"] == 2


def test_a_reduction_cell_sees_the_cell_before_as_it_is_and_reduced(wiring):
    run = wiring(training=True)
    assert run.cell(1) == {
        "reduction": [100],
        "input_0": [100.0625],  # twice the size
        "block_0_x_max_pooling": [100.5],
        "block_1_x_average_pooling": [100.3125],
        "block_1_y_max_pooling": [100.3125],
        "output": [201 + 100.5, 300.9375 + 200.625],
    }
    assert run.choices["layer_1_output"] == (2, 3)


def test_a_cell_behind_a_reduction_cell_sees_what_that_was_given_reduced(wiring):
    run = wiring(training=True)
    assert run.cell(2) == {
        "block_0_y_max_pooling": [200],
        "block_1_x_average_pooling": [500.5],
        "output": [1501.5 + 100.5],
    }
    assert run.cell(3)["reduction"] == [300]
    assert run.cell(3)["input_0"] == [300.0625]


@pytest.mark.parametrize("training", [True, False])
def test_the_classifier_sees_the_last_cell_and_so_does_the_auxiliary_head_while_training(wiring, training):
    run = wiring(training)
    assert run.inputs["classifier"] == [500]
    assert run.inputs.get("auxiliary_head") == ([500] if training else None)


@pytest.mark.parametrize(("num_layers", "seen_by_head"), [(3, 4), (6, 6), (7, 6), (8, 6), (9, 8)])
def test_the_auxiliary_head_sees_the_cell_behind_the_second_reduction(monkeypatch, num_layers, seen_by_head):
    child = _child(MicroSpace(1, ("identity",)), (20, 20, 3), num_layers=num_layers, use_aux_heads=True)
    wiring = Wiring()
    patch_calls(monkeypatch, child, wiring)
    child.outputs(_images((20, 20, 3)), (0, 0, 1, 0, 0, 0, 1, 0), training=True)
    assert wiring.inputs["auxiliary_head"] == [100 * (seen_by_head + 1)]
    assert {name for name in wiring.inputs if name.endswith("_reduction")} == {
        f"layer_{num_layers // 3}_reduction",
        f"layer_{2 * (num_layers // 3) + 1}_reduction",
    }


def test_pieces_give_what_direct_calls_give(monkeypatch):
    in_pieces, direct = _child(seed=1), _child(seed=1)
    patch_calls(monkeypatch, direct, run_directly)
    assert_gradients_agree(*(gradients(one, _images(), ARC) for one in (in_pieces, direct)))


def test_every_choice_of_an_arc_changes_the_logits(child):
    logits = child(_images(), arc=ARC).numpy()
    for position, num_options in enumerate(SPACE.num_options):
        changed = list(ARC)
        changed[position] = (changed[position] + 1) % num_options
        assert not np.allclose(child(_images(), arc=changed), logits, atol=1e-4), position


def test_an_arc_may_be_any_sequence_of_integers(child):
    logits = child(_images(), arc=ARC)
    for arc in (list(ARC), np.array(ARC, np.int32)):
        np.testing.assert_array_equal(child(_images(), arc=arc), logits)


def test_gradients_reach_what_the_arc_connects(child):
    reached = layers_reached(child, _images(), ARC)
    operations = {name for name in reached if "_block_" in name}
    separable = ("block_1_x_separable_conv_3x3", "block_1_y_separable_conv_5x5")
    assert operations == {f"layer_{i}_{name}" for i in (0, 1) for name in separable}
    assert {"stem", "layer_0_reduction", "layer_1_reduction", "layer_2_output", "classifier"} <= reached


def test_evaluation_uses_batch_statistics_and_moves_none():
    child = _child()
    logits = child(_images(), arc=ARC)
    for _ in range(2):
        child(3 + 5 * _images(), arc=ARC, training=True)
    averages = [variable.numpy() for variable in child.non_trainable_variables]
    for variable in child.non_trainable_variables:
        if variable.name.startswith("moving_"):
            variable.assign(np.full(variable.shape, 7.0))
    np.testing.assert_array_equal(child(_images(), arc=ARC), logits)
    np.testing.assert_array_equal(child(_images(), arc=ARC, training=True), logits)
    assert not np.allclose(child(_images()[:2], arc=ARC), logits[:2], atol=1e-4)
    assert any(np.any(value) for value in averages)


def _arcs_of_all_kinds():
    """Architectures that run every operation in every block, with one, two or three entries left as output."""
    for operation in range(len(SPACE.operations)):
        for indices in ((0, 1, 2, 2), (0, 1, 0, 1), (0, 0, 0, 0)):
            yield tuple(choice for index in indices for choice in (index, operation)) * 2


def test_twenty_arcs_cause_no_trace_after_warm_up(child):
    modes = (True, False)
    for arc, training in itertools.product(_arcs_of_all_kinds(), modes):
        child(_images(), arc=arc, training=training)
    assert_arcs_cause_no_trace(child, SPACE.uniform(np.random.default_rng(0), 20))


def test_instances_of_an_operation_share_one_module():
    operations = ("identity", *["separable_conv_3x3"] * 300, "max_pooling")
    many, once = _child(MicroSpace(2, operations)), _child(MicroSpace(2, ("identity", "separable_conv_3x3")))
    assert [v.path for v in many.variables] == [v.path for v in once.variables]
    expected = once(_images(), arc=(0, 1, 1, 0, 2, 1, 0, 1) * 2).numpy()
    for instance in (1, 150, 300):
        arc = (0, instance, 1, 0, 2, 301 - instance, 0, instance) * 2
        np.testing.assert_array_equal(many(_images(), arc=arc), expected)
    pooled = many(_images(), arc=(0, 301, 1, 0, 2, 1, 0, 1) * 2)
    assert not np.allclose(pooled, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("image_shape", "maps"),
    [
        ((8, 8, 1), [(4, 4), (2, 2), (2, 2)]),
        ((20, 24, 3), [(10, 12), (5, 6), (5, 6)]),
        ((9, 13, 2), [(5, 7), (3, 4), (3, 4)]),
    ],
)
@pytest.mark.parametrize("training", [True, False])
def test_any_image_size_is_halved_twice(monkeypatch, image_shape, maps, training):
    child, seen = _child(MicroSpace(1, ("identity", "max_pooling")), image_shape), []

    def run(layer, x, training, choice=None):
        if "_pooling" in layer.name:
            seen.append(tuple(x.shape))
        return run_directly(layer, x, training, choice)

    patch_calls(monkeypatch, child, run)
    logits = child(_images(image_shape, batch_size=3), arc=(0, 1, 1, 0) * 2, training=training)
    assert logits.shape == (3, 4)
    assert logits.dtype == tf.float32
    assert np.isfinite(logits).all()
    assert seen == [(3, *size, channels) for size, channels in zip(maps, (8, 16, 16), strict=True)]


def test_images_too_small_for_the_auxiliary_head_are_refused():
    with pytest.raises(InputError, match="--child_use_aux_heads: expected maps of 5x5 .*, received 4x5"):
        _child(image_shape=(16, 20, 3), use_aux_heads=True)


def test_the_auxiliary_head_is_there_for_training_only():
    child = _child(MicroSpace(1, ("identity",)), (20, 24, 3), use_aux_heads=True)
    arc, images = (0, 0, 1, 0) * 2, _images((20, 24, 3), 2)
    assert child.outputs(images, arc, training=False).auxiliary_logits is None
    outputs = child.outputs(images, arc, training=True)
    assert outputs.auxiliary_logits.shape == outputs.logits.shape == (2, 4)
    assert {variable.path.split("/")[0] for variable in child.auxiliary_variables} == {"auxiliary_head"}
    plain = _child(MicroSpace(1, ("identity",)), (20, 24, 3))
    assert plain.auxiliary_variables == []
    np.testing.assert_allclose(plain(images, arc=arc), outputs.logits, rtol=1e-5, atol=1e-6)


def test_mixed_precision_computes_in_bfloat16_and_keeps_float32():
    mixed, plain = _child(dtype="mixed_bfloat16"), _child()
    assert {str(variable.dtype) for variable in mixed.trainable_variables} == {"float32"}
    assert mixed.stem(_images()).dtype == tf.bfloat16
    logits = mixed.outputs(_images(), ARC, training=True).logits
    assert logits.dtype == tf.float32
    assert np.isfinite(logits).all()
    np.testing.assert_allclose(logits, plain(_images(), arc=ARC, training=True), atol=0.3)
    for path, gradient in gradients(mixed, _images(), ARC).items():
        if gradient is not None:
            assert gradient.dtype == tf.float32, path
            assert np.isfinite(gradient).all(), path


def test_the_seed_fixes_every_weight():
    first, again, other = ([(v.path, v.numpy()) for v in _child(seed=seed).trainable_variables] for seed in (1, 1, 2))
    drawn = []
    for (path, value), (_, same), (_, different) in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(value, same, err_msg=path)
        if not path.endswith(("scale", "offset")):
            assert not np.array_equal(value, different), path
            drawn.append(value.tobytes())
    assert len(set(drawn)) == len(drawn)


def test_channels_first_has_the_same_weights():
    first, last = (_child(data_format=data_format).variables for data_format in ("NCHW", "NHWC"))
    for variable, same in zip(first, last, strict=True):
        assert variable.path == same.path
        np.testing.assert_array_equal(variable.numpy(), same.numpy())


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_an_evaluation_takes_the_weights_as_they_are_by_then(dtype):
    child = _child(dtype=dtype)
    assert np.any(child(_images(), arc=ARC))
    for variable in child.trainable_variables:
        if variable.path == "stem/conv/kernel":
            variable.assign(tf.zeros(variable.shape))
    np.testing.assert_array_equal(child(_images(), arc=ARC), np.zeros((4, 4)))
