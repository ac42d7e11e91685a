"""Multiply-adds of architectures of shared networks, counted by hand: 8×8 images, grey but where it is said."""

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig, RunConfig, SearchConfig
from enas_tf.models.factory import make_child
from enas_tf.models.pieces import Pieces
from enas_tf.search_space import SpaceConfig, make_space
from enas_tf.training.child_trainer import make_child_trainer
from tests.strategies.test_darts_trainer import Setup

SHAPE, CLASSES, F = (8, 8, 1), 3, 4
OPERATIONS = ("conv_3x3", "separable_conv_5x5", "max_pooling", "identity", "transposed_conv(kernel_size=3)")
# Of a pixel: the 1×1 convolution that an operation begins with, where it does, and what follows.
MACRO = (F * F + 9 * F * F, F * F + 25 * F + F * F, F * F, 0, 9 * F * F)
STEM, CLASSIFIER = 9 * F, F * CLASSES
REDUCTION = 4 * F * F  # a window of 2×2 pixels


def child_of(kind: str, num_layers: int, operations: tuple[str, ...], **config):
    run = RunConfig(search_for="micro" if kind == "micro" else "macro", search_whole_channels=kind == "macro")
    child = ChildConfig(num_layers=num_layers, out_filters=F, num_cells=1, **config)
    space = make_space(SpaceConfig(kind, 1 if kind == "micro" else num_layers, operations, num_channels=F))
    return make_child(SearchConfig(run, child=child), space, SHAPE, CLASSES)


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_of_the_macro_space(data_format):
    """Three layers; after the first and the second all outputs so far are halved. Sums of skips take none."""
    child = child_of("macro", 3, OPERATIONS, data_format=data_format)
    for arc in ((0, 1, 0, 2, 1, 1), (3, 4, 1, 0, 0, 0)):
        first, second, third = arc[0], arc[1], arc[3]
        by_hand = (
            64 * (STEM + MACRO[first])
            + 2 * 16 * REDUCTION
            + 16 * MACRO[second]
            + 3 * 4 * REDUCTION
            + 4 * MACRO[third]
            + CLASSIFIER
        )
        assert child.multiply_adds(arc) == by_hand
        assert child.multiply_adds(arc) == by_hand  # from what is known by now
    trainer = make_child_trainer(SearchConfig(), child, 1)
    arcs = [(0, 0, 0, 0, 0, 0), (2, 2, 0, 2, 0, 0)]
    assert trainer.multiply_adds(arcs, 7) == 3 * 7 * sum(map(child.multiply_adds, arcs))


def test_where_ranges_of_channels_are_taken_every_branch_runs():
    child = child_of("channels", 1, ("conv_3x3", "max_pooling"))
    branches, joined = MACRO[0] + MACRO[2], 2 * F * F
    for arc in child.space.uniform(np.random.default_rng(0), 2).tolist():
        assert child.multiply_adds(arc) == 64 * (STEM + branches + joined) + CLASSIFIER


def test_of_the_micro_space():
    """Cells of one block: reduction cells of 16 pixels and 8 channels and of 4 and 16, a normal one like the last."""
    child = child_of("micro", 1, ("separable_conv_3x3", "identity"))
    stem = 64 * 9 * 12
    # The second input of each reduction cell is halved, and the first one brought to its size.
    halved = 2 * 16 * (4 * 12 * 8) + 2 * 4 * (4 * 8 * 16)
    separable = 16 * 2 * (9 * 8 + 8 * 8), 4 * 2 * (9 * 16 + 16 * 16), 4 * 2 * (9 * 16 + 16 * 16)
    row = 16 * 8 * 8, 4 * 16 * 16, 4 * 16 * 16  # of the output's convolution, for each entry that is joined
    rest = stem + halved + 16 * CLASSES
    both = (0, 0, 1, 0)  # a convolution of each input; the block is the only entry that nobody reads
    assert child.multiply_adds((*both, *both)) == rest + 2 * sum(separable) + sum(row)
    one = (0, 0, 0, 1)  # a convolution of the first input and itself; the second input is joined as well
    assert child.multiply_adds((*one, *one)) == rest + sum(separable) + 2 * sum(row)
    normal_alone = rest + 2 * separable[2] + separable[0] + separable[1] + 2 * (row[0] + row[1]) + row[2]
    assert child.multiply_adds((*both, *one)) == normal_alone


def test_counting_takes_no_new_trace():
    child = child_of("macro", 3, OPERATIONS)
    arc = (0, 1, 0, 2, 1, 1)
    child.outputs(tf.zeros([5, *SHAPE]), arc, training=False)
    kinds = child.flow.pieces.num_kinds
    child.multiply_adds(arc)
    assert child.flow.pieces.num_kinds == kinds


def test_pieces_for_xla_are_counted_alike():
    layer = child_of("macro", 1, OPERATIONS).operations[0]["conv_3x3"]
    maps = tf.zeros([2, 8, 8, F])
    plain, compiled = (Pieces(jit_compile).bind(layer, maps, False) for jit_compile in (False, True))
    assert plain.multiply_adds == compiled.multiply_adds == 64 * MACRO[0]


@pytest.mark.parametrize(("order", "passes"), [(1, 2), (2, 5)])
def test_a_step_of_a_relaxed_network_runs_every_operation_several_times(order, passes):
    """Colour images, three layers of 8 filters, 10 classes."""
    trainer = Setup(("conv_3x3", "max_pooling", "identity"), order=order).trainer
    pixel = (64 + 9 * 64) + 64
    reduction = 4 * 64
    forward = 64 * (27 * 8 + pixel) + 2 * 16 * reduction + 16 * pixel + 3 * 4 * reduction + 4 * pixel + 80
    assert trainer.multiply_adds([(0,) * 6] * 11, 16) == 11 * passes * 3 * 16 * forward
    # An architecture runs what it chose.
    assert trainer.child.multiply_adds((2, 2, 0, 2, 0, 0)) == forward - (64 + 16 + 4) * pixel
