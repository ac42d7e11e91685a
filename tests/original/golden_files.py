"""The golden files of the original, small ones of this port, and runs of what they hold."""

import pathlib

import numpy as np

from enas_tf.config import ChildConfig, DataConfig, OptimizerConfig, RunConfig, SearchConfig
from enas_tf.original.comparison import CONTROLLER_ROUNDING, OK, ROUNDING, largest
from enas_tf.original.golden import Golden
from enas_tf.original.golden_child import GoldenChild
from enas_tf.original.golden_comparison import compare_golden
from enas_tf.original.golden_kind import KINDS, kind_of
from enas_tf.original.golden_writer import make_golden
from enas_tf.strategies.controller import ControllerConfig
from tests.conftest import GOLDENS

IMAGE_SHAPE, NUM_CLASSES = (32, 32, 3), 10


def load(name: str) -> Golden:
    """Reads a file of the original."""
    return Golden.load(GOLDENS / f"{name}.npz")


def child_of(golden: Golden, without: frozenset[str] = frozenset()) -> GoldenChild:
    """A child at a file's starting values, without some of the departures the file was written with."""
    kind = kind_of(golden)
    return GoldenChild(golden, kind, kind.quirks - without)


def assert_close(actual, expected, tolerance: float, what: str) -> None:
    """Compares to `tolerance` relative to the largest expected value."""
    scale = np.max(np.abs(expected))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * max(scale, 1e-6), err_msg=what)


def assert_every_array_is_that_of_the_original(name: str) -> None:
    """Compares all numbers of a file of the original, to rounding, from the start that it holds."""
    comparison = compare_golden(load(name))
    tolerance = CONTROLLER_ROUNDING if name.endswith("controller") else ROUNDING
    assert comparison.verdict == OK
    assert all(row.tolerance == tolerance and not row.num_left_out for row in comparison.rows)
    assert largest(comparison.rows) <= tolerance.relative


def assert_every_variable_of_the_original_is_found(run: GoldenChild) -> None:
    """Checks that a child has the variables of its file under their names, and trains no others."""
    assert set(run.variables) == set(run.golden.under("var/"))
    assert num_trunk_parameters(run.child) == run.golden.settings["trainable_parameters"]
    found = {variable.path for variable in run.variables.values()}
    assert {variable.path for variable in run.child.trainable_variables} <= found


def num_trunk_parameters(child) -> int:
    """Parameters without the auxiliary head's, as the original counts them."""
    auxiliary = {id(variable) for variable in child.auxiliary_variables}
    return sum(int(np.prod(v.shape)) for v in child.trainable_variables if id(v) not in auxiliary)


def write(directory: pathlib.Path, name: str, num_steps: int | None = None) -> Golden:
    """Writes a file of a kind, of three layers of two filters on images of 8 x 8, and reads it back."""
    kind = KINDS[name]
    config = SearchConfig(
        RunConfig(search_whole_channels=True, seed=5, search_for=kind.search_for or "macro"),
        DataConfig(image_size=8),
        ChildConfig(num_layers=3, out_filters=2, num_branches=4, num_cells=1),
        OptimizerConfig(lr_cosine=True, lr_max=0.05, lr_min=0.001, lr_t_0=2, lr_t_mul=3),
        ControllerConfig(lstm_size=4, lstm_num_layers=2, entropy_weight=1e-4),
    )
    golden = make_golden(directory / f"{name}.npz", kind, config, kind.quirks, num_steps)
    golden.save()
    return Golden.load(golden.path)
