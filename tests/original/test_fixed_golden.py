"""Networks of one arc against numbers from running the original.

Logits, statistics and the first loss are compared as they are. The original's gradients carry the outcome of a race
(`late_reads.py` tells it), so its training steps are compared within the size of the race's effect only; an exact
comparison needs that outcome for `macro_fixed`. `micro_fixed` has no steps to compare: in its run of the original
the very first gradient is NaN, and with it all that follows.
"""

import numpy as np
import pytest

from enas_tf.original.golden import Golden
from enas_tf.original.values import read_variables
from tests.original.golden_run import NUM_STEPS, GoldenRun, assert_close

NAMES = ("macro_fixed", "micro_fixed")


@pytest.fixture(scope="module")
def runs():
    return {name: GoldenRun(name) for name in NAMES}


@pytest.fixture(params=NAMES)
def run(request, runs):
    run = runs[request.param]
    run.reset()
    return run


def _unread_reductions(golden: Golden) -> set[str]:
    """What the original makes without effect: in this arc nothing reads entries 2 and 3 behind layer 3."""
    scopes = tuple(f"child/layer_3/pool_at_3/from_{entry}/" for entry in (2, 3))
    return {name for name in golden.under("var/") if name.startswith(scopes)}


def test_every_variable_of_the_original_that_has_an_effect_is_found(run):
    assert set(run.variables) == set(run.golden.under("var/")) - _unread_reductions(run.golden)
    found = {variable.path for variable in run.variables.values()}
    assert {variable.path for variable in run.child.trainable_variables} <= found


def test_parameters(run):
    unread = (name for name in _unread_reductions(run.golden) if "/moving_" not in name)
    num_unread = sum(run.golden.arrays[f"var/{name}"].size for name in unread)
    num_parameters = sum(int(np.prod(variable.shape)) for variable in run.child.network.network.trainable_variables)
    assert num_parameters + num_unread == run.golden.settings["trainable_parameters"]


@pytest.mark.parametrize("training", [False, True])
def test_logits(run, training):
    logits, auxiliary_logits = run.outputs(0, training)
    assert_close(logits, run.golden.arrays[f"logits_{'train' if training else 'eval'}/0"], 1e-4, "logits")
    expected = run.golden.arrays.get("aux_logits_train/0") if training else None
    if expected is None:
        assert auxiliary_logits is None
    else:
        assert_close(auxiliary_logits, expected, 1e-4, "auxiliary logits")


def test_moving_statistics_after_one_forward(run):
    """The file's forward pass left the auxiliary head out."""
    run.child.network.network(run.batch(0)[0], training=True)
    actual, expected = read_variables(run.variables), run.golden.under("moving_after_forward/")
    for name in expected.keys() - _unread_reductions(run.golden):
        assert_close(actual[name], expected[name], 1e-4, name)


def test_three_training_steps_with_exact_gradients(runs):
    """Exact in the original too: the first loss, which no gradient has touched, and the learning rate."""
    run = runs["macro_fixed"]
    run.reset()
    for t in range(NUM_STEPS):
        metrics, expected = run.train_step(t), run.golden.under(f"step/{t}/")
        assert_close(metrics["lr"], expected["lr"], 1e-6, f"step {t}, lr")
        assert_close(metrics["loss"], expected["loss"], 1e-2 if t else 1e-6, f"step {t}, loss")
        assert_close(metrics["grad_norm"], expected["grad_norm"], 2e-2, f"step {t}, grad_norm")
    actual, expected = read_variables(run.variables), run.golden.under("var_after/")
    for name in expected.keys() - _unread_reductions(run.golden):
        assert_close(actual[name], expected[name], 5e-2, name)


def test_the_first_training_step_of_the_micro_network(runs):
    run = runs["micro_fixed"]
    run.reset()
    metrics, expected = run.train_step(0), run.golden.under("step/0/")
    assert_close(metrics["loss"], expected["loss"], 1e-6, "loss")
    assert_close(metrics["lr"], expected["lr"], 1e-6, "lr")
    assert np.isnan(expected["grad_norm"])
    assert np.isfinite(metrics["grad_norm"])
    assert all(np.all(np.isfinite(value)) for value in read_variables(run.variables).values())
