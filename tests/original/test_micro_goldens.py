"""Shared micro children of the original: every number of their files to rounding, its departures, published sizes."""

import numpy as np
import pytest

from enas_tf.config import ChildConfig
from enas_tf.models.micro_child import MicroChild
from enas_tf.original.child_naming import auxiliary_head_variables
from enas_tf.original.comparison import passes
from enas_tf.original.golden_comparison import compare_golden
from enas_tf.original.values import read_variables
from enas_tf.search_space import MicroSpace
from enas_tf.training.child_optimizer import MOMENTUM
from enas_tf.training.child_trainer import AUXILIARY_WEIGHT, cross_entropy
from tests.original.golden_files import (
    IMAGE_SHAPE,
    NUM_CLASSES,
    assert_close,
    assert_every_array_is_that_of_the_original,
    assert_every_variable_of_the_original_is_found,
    child_of,
    load,
    num_trunk_parameters,
)

# From the start that it holds, two right programs may part ways, first in its step 11 (`test_nearby_starts.py`).
STEPS_BEFORE_THE_EDGE = 8


@pytest.fixture(scope="module")
def run():
    return child_of(load("micro_search"))


def test_every_array_is_that_of_the_original():
    assert_every_array_is_that_of_the_original("micro_search")


def test_every_variable_of_the_original_is_found(run):
    assert_every_variable_of_the_original_is_found(run)


@pytest.fixture(scope="module")
def unfrozen():
    """A run without the quirk, before its first step."""
    return child_of(load("micro_search"), without=frozenset({"frozen_aux_head"}))


@pytest.fixture(scope="module")
def unfrozen_step(unfrozen):
    """Gradients of the auxiliary head by name, and all variables after the first step that took them."""
    head = {n: v for n, v in auxiliary_head_variables(unfrozen.child).items() if "/moving_" not in n}
    images, labels = unfrozen.batch(0)
    _, gradients_of_head = unfrozen.child.differentiate(
        lambda outputs, labels: (AUXILIARY_WEIGHT * cross_entropy(outputs.auxiliary_logits, labels),),
        images,
        labels,
        unfrozen.arcs[0],
        [variable.value for variable in head.values()],
    )
    unfrozen.reset()
    unfrozen.train_step(0)
    return dict(zip(head, gradients_of_head, strict=True)), read_variables(unfrozen.variables)


def test_without_the_quirk_the_auxiliary_head_moves_and_does_not_decay(unfrozen, unfrozen_step):
    gradients_of_head, after = unfrozen_step
    rate = unfrozen.golden.arrays["step/0/lr"] * (1 + MOMENTUM)
    for name, gradient in gradients_of_head.items():
        before = unfrozen.golden.arrays[f"var/{name}"]
        assert np.any(gradient), name
        decay = rate * 2 * unfrozen.config.optimizer.l2_reg * np.abs(before).max()
        tolerance = max(decay / 10, 1e-7)  # a tenth of a decay would show
        np.testing.assert_allclose(after[name] - before, -rate * gradient, rtol=1e-3, atol=tolerance, err_msg=name)


def test_the_quirk_changes_nothing_but_the_head(run, unfrozen_step):
    gradients_of_head, after = unfrozen_step
    run.reset()
    run.train_step(0)
    for name, value in read_variables(run.variables).items():
        if name in gradients_of_head:
            np.testing.assert_array_equal(value, run.golden.arrays[f"var/{name}"], err_msg=name)
        else:
            assert_close(value, after[name], 1e-6, name)


def test_parameters_of_the_published_size():
    config = ChildConfig(num_layers=6, out_filters=20, use_aux_heads=True)
    assert num_trunk_parameters(MicroChild(MicroSpace(5), config, IMAGE_SHAPE, NUM_CLASSES)) == 5_373_140


@pytest.mark.long
def test_a_trajectory_is_that_of_the_original_up_to_its_edge():
    comparison = compare_golden(load("micro_trajectory"))
    assert not any(row.num_left_out for row in comparison.rows)
    assert passes(row for row in comparison.rows if not row.name.startswith(("step/", "var_after/")))
    before = [row for row in comparison.steps if int(row.name.split("/")[1]) < STEPS_BEFORE_THE_EDGE]
    assert len(before) == 4 * STEPS_BEFORE_THE_EDGE
    assert passes(before)
