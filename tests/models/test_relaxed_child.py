"""Relaxed networks: what they mix, against architectures run alone, and that they are functions of their numbers."""

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig, RunConfig, SearchConfig
from enas_tf.models.relaxed_child import FunctionalNetwork, make_relaxed_child
from enas_tf.search_space import MacroSpace, MicroSpace
from enas_tf.search_space.relaxation import relax
from tests.models.shared_child_checks import made_up_images

IMAGES = made_up_images(batch_size=8)
OPERATIONS = ("conv_3x3", "separable_conv_5x5", "max_pooling", "identity", "identity")
SURE = 50.0  # a logit beside which others count for nothing


def make(space, affine=False, **child):
    micro = isinstance(space, MicroSpace)
    config = SearchConfig(
        RunConfig(search_for="micro" if micro else "macro", search_whole_channels=True),
        child=ChildConfig(num_layers=3, out_filters=4, keep_prob=1.0, **child),
    )
    return make_relaxed_child(config, relax(space), affine, (8, 8, 3), 10)


def zeros(space):
    return {name: np.zeros(shape, np.float32) for name, shape in relax(space).shapes.items()}


def macro_logits(space, arc):
    """Logits so large that the relaxed network is an architecture."""
    logits = zeros(space)
    for i, layer in enumerate(space.layers(arc)):
        logits["alpha"][i, layer.operation] = SURE
        logits["gamma"][relax(space).skips_of(i)] = SURE * (2 * np.array(layer.skips) - 1)
    return logits


def micro_logits(space, arc):
    logits = zeros(space)
    for kind, cell in enumerate(space.cells(arc)):
        for b, block in enumerate(cell.blocks):
            sides = ((block.index_1, block.operation_1), (block.index_2, block.operation_2))
            for side, (index, operation) in enumerate(sides):
                row = relax(space).rows_of(b, side).start + index
                logits["beta"][kind, row] = logits["alpha"][kind, row, operation] = SURE
    return logits


@pytest.mark.parametrize("training", [False, True])
def test_with_all_weight_on_one_macro_architecture_it_is_that_architecture(training):
    space, arc = MacroSpace(3, OPERATIONS), (0, 3, 1, 2, 0, 1)
    relaxed = make(space).relaxed_logits(IMAGES, macro_logits(space, arc), training)
    np.testing.assert_allclose(relaxed, make(space)(IMAGES, arc=arc, training=training), atol=1e-4)


def test_with_all_weight_on_a_chain_of_blocks_it_is_that_micro_architecture():
    """Its loose end alone is the cell's output; the relaxed cell gives all blocks, whose other rows are set to zero."""
    space = MicroSpace(2)
    arc = (0, 0, 1, 2, 2, 1, 2, 3) * 2  # block 1 takes block 0 twice, and nothing takes block 1
    networks = [make(space) for _ in range(2)]
    for network in networks:
        for output in network.cell_outputs:
            output.kernel.assign(output.kernel * np.array([0, 0, 0, 1], np.float32)[:, np.newaxis])
    relaxed = networks[0].relaxed_logits(IMAGES, micro_logits(space, arc), training=True)
    np.testing.assert_allclose(relaxed, networks[1](IMAGES, arc=arc, training=True), atol=1e-3)


@pytest.mark.parametrize("space", [MacroSpace(3), MicroSpace(1)], ids=["macro", "micro"])
def test_channels_first_computes_the_same(space):
    generator = np.random.default_rng(0)
    shapes = relax(space).shapes
    logits = {name: generator.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    last, first = (make(space, data_format=data_format) for data_format in ("NHWC", "NCHW"))
    np.testing.assert_allclose(
        first.relaxed_logits(IMAGES, logits, True), last.relaxed_logits(IMAGES, logits, True), atol=1e-4
    )


def test_instances_of_one_operation_are_one_module_with_the_sum_of_their_weights():
    once, twice = MacroSpace(2, OPERATIONS[:4]), MacroSpace(2, OPERATIONS)
    logits, split = zeros(once), zeros(twice)
    logits["alpha"][:, 3] = np.log(2.0)
    outputs = [make(space).relaxed_logits(IMAGES, each, True) for space, each in ((once, logits), (twice, split))]
    np.testing.assert_allclose(*outputs, atol=1e-5)


def test_operations_that_are_plugged_in_are_mixed_too(_negation):
    space = MacroSpace(2, ("conv_3x3", "negation"))
    child = make(space)
    relaxed = child.relaxed_logits(IMAGES, macro_logits(space, (1, 1, 0)), True)
    np.testing.assert_allclose(relaxed, make(space)(IMAGES, arc=(1, 1, 0), training=True), atol=1e-4)
    assert child.operations_without_weights == {"negation"}


@pytest.mark.parametrize("space", [MacroSpace(3, OPERATIONS), MicroSpace(1)], ids=["macro", "micro"])
def test_every_weight_and_logit_has_a_gradient(space):
    child = make(space)
    logits = {name: tf.constant(value) for name, value in zeros(space).items()}
    weights = [variable.value for variable in child.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.reduce_mean(child.relaxed_logits(IMAGES, logits, True)[:, 0] ** 2)
    to_weights, to_logits = tape.gradient(loss, [weights, logits])
    missing = [v.path for v, gradient in zip(child.trainable_variables, to_weights, strict=True) if gradient is None]
    assert missing == []
    assert all(np.any(gradient) for gradient in to_logits.values())


def test_as_a_function_it_changes_nothing_and_depends_on_its_arguments():
    space = MacroSpace(2, ("conv_3x3", "dropout(rate=0.5)"))
    child = make(space)
    network = FunctionalNetwork(child)
    weights, state = ([tf.convert_to_tensor(v) for v in group] for group in (network.weights, network.state))
    first, after = network(weights, zeros(space), state, IMAGES)
    again, _ = network(weights, zeros(space), state, IMAGES)
    np.testing.assert_array_equal(first, again)  # the same masks
    for variable, value in zip(network.state, state, strict=True):
        np.testing.assert_array_equal(variable, value)
    other, _ = network(weights, zeros(space), after, IMAGES)
    assert np.any(other != first)  # the next masks
    moved, _ = network([2.0 * weight for weight in weights], zeros(space), state, IMAGES)
    assert np.any(moved != first)
    child.relaxed_logits(IMAGES, zeros(space), True)
    for variable, value in zip(network.state, after, strict=True):
        np.testing.assert_allclose(variable, value, rtol=1e-5)
