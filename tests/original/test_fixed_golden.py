"""Networks of one arc against numbers from running the original.

Logits, statistics and the first loss are compared as they are. The original's gradients carry the outcome of a race
(`late_reads.py` tells it), so the training steps of `macro_fixed` are compared twice: to 1e-4 with that outcome
repeated, and, within the size of the race's effect, with the exact gradients this library takes.

`micro_fixed` has no gradient to compare: from the first one on, all that its run of the original computed is NaN. The
race ran away in it. A kernel w that is read late has already been moved by its own gradient, which is proportional to
what comes down, dy. So dx = transpose(w)·dy holds a square of dy: where the moved kernel is larger than the old one,
dx is about the square of dy, and the next kernel squares it again. With all depthwise kernels read late, the largest
dy is 1 in layer 1 and 100 where it enters layer 0, whose blocks take it to 1e5, 1e10 and 4e20. The next square is
larger than float32's 3.4e38: the convolution that computes dx (Conv2DBackpropInput,
DepthwiseConv2dNativeBackpropInput) sums infinities of both signs, which is NaN. The exact gradient's norm is 31.7.
"""

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.original.golden import Golden
from enas_tf.original.values import read_variables
from enas_tf.training.child_optimizer import ChildOptimizer
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


def test_three_training_steps(runs):
    """The norms lack what L2 gives the reductions that nothing reads: 3e-6 of them."""
    runs["macro_fixed"].assert_training_is_the_originals()


def test_repeating_no_late_read_is_the_exact_step(runs):
    runs["macro_fixed"].assert_no_late_read_is_the_exact_step(1e-5)


def test_what_nothing_reads_only_decays_in_the_original(runs):
    """So that leaving it out changes nothing else."""
    golden, config = runs["macro_fixed"].golden, runs["macro_fixed"].config.optimizer
    weights = {n: tf.Variable(golden.arrays[f"var/{n}"]) for n in _unread_reductions(golden) if "/moving_" not in n}
    optimizer = ChildOptimizer(list(weights.values()), config, clip=False)
    for t in range(NUM_STEPS):
        optimizer.apply([None] * len(weights), golden.arrays[f"step/{t}/lr"])
    for name, weight in weights.items():
        assert_close(weight, golden.arrays[f"var_after/{name}"], 1e-6, name)


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
    assert metrics["correct"] == expected["train_correct"]
    assert np.isnan(expected["grad_norm"])
    assert np.isfinite(metrics["grad_norm"])
    assert all(np.all(np.isfinite(value)) for value in read_variables(run.variables).values())


def test_late_reads_alone_make_the_first_gradient_of_the_micro_network_nan(runs):
    run = runs["micro_fixed"]
    run.reset()
    metrics = run.train_step_reading_late(0, [name for name in run.variables if name.endswith("/w_depth")])
    assert_close(metrics["loss"], run.golden.arrays["step/0/loss"], 1e-6, "loss")
    assert np.isnan(metrics["grad_norm"])
    after = read_variables(run.variables)
    assert np.all(np.isnan(after["child/stem_conv/w"]))
    assert np.all(np.isfinite(after["child/fc/w"]))  # no gradient came through a kernel to reach it


def test_after_the_first_step_the_originals_micro_network_holds_nothing_but_nan(runs):
    """Its forward passes too, so that there is nothing more to compare."""
    golden = runs["micro_fixed"].golden
    assert np.isnan([golden.arrays[f"step/{t}/{name}"] for t in (1, 2) for name in ("loss", "grad_norm")]).all()
    assert all(np.all(np.isnan(value)) for value in golden.under("var_after/").values())
