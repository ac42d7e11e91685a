"""Shared macro children of the original: every number of their files to rounding, its departures, published sizes."""

import numpy as np
import pytest

from enas_tf.config import ChildConfig
from enas_tf.models.macro_child import MacroChild
from enas_tf.original.values import read_variables
from enas_tf.search_space import MacroSpace
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

CHILDREN = ("macro_search", "macro_search_as_written")


@pytest.fixture(scope="module")
def runs():
    return {name: child_of(load(name)) for name in CHILDREN}


@pytest.mark.parametrize("name", [*CHILDREN, "macro_trajectory"])
def test_every_array_is_that_of_the_original(name):
    assert_every_array_is_that_of_the_original(name)


def test_every_variable_of_the_original_is_found(runs):
    assert_every_variable_of_the_original_is_found(runs["macro_search"])


@pytest.mark.parametrize("name", ["macro_search", "macro_search_as_written"])
def test_a_file_says_whether_only_the_last_branch_ran(runs, name):
    quirks = runs[name].config.run.original_quirks
    assert ("last_branch" in quirks) == (name == "macro_search_as_written")


def test_without_the_quirk_unsampled_branches_keep_their_statistics():
    run = child_of(load("macro_search"), without=frozenset({"all_branch_statistics"}))
    before = read_variables(run.variables)
    run.child(run.batch(0)[0], arc=run.arcs[0], training=True)
    after = read_variables(run.variables)
    layers = enumerate(run.child.space.layers(run.arcs[0]))
    sampled = tuple(f"child/layer_{i}/branch_{layer.operation}/" for i, layer in layers)
    for name, value in after.items():
        if "/branch_" in name and not name.startswith(sampled):
            np.testing.assert_array_equal(value, before[name], err_msg=name)
    for name, moved in run.golden.under("moving_after_forward/").items():
        if name.startswith(sampled):
            assert_close(after[name], moved, 1e-4, name)


def test_parameters_of_the_published_size():
    child = MacroChild(MacroSpace(12), ChildConfig(num_layers=12, out_filters=36), IMAGE_SHAPE, NUM_CLASSES)
    assert num_trunk_parameters(child) == 697_860
