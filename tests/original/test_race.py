"""What is compared of files whose steps the original's race has blurred."""

import numpy as np
import pytest

from enas_tf.original.comparison import ROUNDING, compare
from enas_tf.original.race import child_pairs, controller_pairs, runaway_step

ROWS = "child/layer_0/cell_0/x/conv_3x3/stack_0/w_depth"


def _file(norms):
    """Three steps, a weight of two rows, one without gradients, and an average."""
    arrays = {}
    for t, norm in enumerate(norms):
        step = {"loss": 2.0, "lr": 0.05, "grad_norm": norm, "train_correct": 1}
        arrays |= {f"step/{t}/{name}": np.float32(value) for name, value in step.items()}
    weights = {ROWS: np.ones((2, 3)), "child/fc/w": np.ones(3), "child/fc/bn/moving_mean": np.ones(3)}
    return arrays | {f"var_after/{name}": value for name, value in weights.items()} | {"logits_eval/0": np.ones(3)}


REACHED = {ROWS: np.array([True, False])}


def _tolerances(expected, actual):
    pairs = child_pairs(expected, actual, "micro", REACHED)
    return {pair.name: pair.tolerance for pair in pairs}


def test_what_no_gradient_has_touched_is_compared_to_rounding():
    tolerances = _tolerances(_file([1, 1, 1]), _file([1, 1, 1]))
    exact = {name for name, tolerance in tolerances.items() if tolerance is ROUNDING}
    assert exact == {
        "logits_eval/0",
        "step/0/loss",
        "step/0/train_correct",
        *(f"step/{t}/lr" for t in range(3)),
        f"var_after, no gradient/{ROWS}",
        "var_after, no gradient/child/fc/w",
    }
    named = {tolerance.name for name, tolerance in tolerances.items() if name not in exact}
    assert named == {"race in the original"}


def test_rows_are_told_apart():
    expected, actual = _file([1, 1, 1]), _file([1, 1, 1])
    actual[f"var_after/{ROWS}"] = np.array([[1.2] * 3, [1.0] * 3])  # within what a race may do
    assert all(row.verdict == "ok" for row in compare(child_pairs(expected, actual, "micro", REACHED)))
    actual[f"var_after/{ROWS}"] = np.array([[1.0] * 3, [1.01] * 3])
    misses = [row.name for row in compare(child_pairs(expected, actual, "micro", REACHED)) if row.verdict == "MISS"]
    assert misses == ["var_after, no gradient/*"]


@pytest.mark.parametrize(
    ("norms", "macro", "micro"),
    [
        ([1, 1, 1], np.inf, np.inf),
        ([1, 1.2, 0.9], np.inf, np.inf),
        ([1, 9, 0.7], np.inf, 1),
        ([1, 1, 0.05], 2, 2),
        ([np.nan, 1, 1], 0, 0),
        ([1, 1, np.inf], 2, 2),
    ],
)
def test_the_step_at_which_a_race_ran_away(norms, macro, micro):
    steps = [runaway_step(_file(norms), _file([1, 1, 1]), space) for space in ("macro", "micro")]
    assert steps == [macro, micro]


def test_behind_a_runaway_only_what_is_exact_is_compared():
    tolerances = _tolerances(_file([1, 1e6, 5]), _file([1, 1, 1]))
    incomparable = {name for name, tolerance in tolerances.items() if tolerance is None}
    assert incomparable == {
        "step/1/grad_norm",
        "step/2/loss",
        "step/2/grad_norm",
        "step/2/train_correct",
        f"var_after/{ROWS}",
        "var_after/child/fc/bn/moving_mean",
    }


def test_a_first_step_far_off_is_a_miss_and_no_runaway():
    rows = compare(child_pairs(_file([100, 1, 1]), _file([1, 1, 1]), "micro", REACHED))
    assert [row.name for row in rows if row.verdict == "MISS"] == ["step/0/grad_norm"]


def test_updates_of_a_controller():
    names = ("arc/0/loss", "grad/controller/g_emb", "train/0/baseline", "train/0/loss", "train/0/grad_norm")
    arrays = dict.fromkeys((*names, "var_after/controller/g_emb"), np.ones(2))
    tolerances = {pair.name: pair.tolerance for pair in controller_pairs(arrays, arrays)}
    assert [tolerances[name] is ROUNDING for name in names] == [True, True, True, False, False]
    assert tolerances["train/0/grad_norm"].relative == 1e-2
    assert tolerances["var_after/controller/g_emb"].relative == 2e-3
