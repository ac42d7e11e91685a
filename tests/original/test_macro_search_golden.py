"""The shared macro network against numbers from running the original.

Logits, losses and statistics of a forward pass are compared as they are. The original's gradients carry the outcome of
a race (`late_reads.py` tells it), so its training steps are compared twice: to 1e-4 with that outcome repeated, which
proves schedule, loss, L2, momentum, averages and every other part of the gradients, and, within the size of the race's
effect, with the exact gradients this library takes.
"""

import numpy as np
import pytest

from enas_tf.config import ChildConfig
from enas_tf.models.macro_child import MacroChild
from enas_tf.original.values import read_variables
from enas_tf.search_space import MacroSpace
from tests.original.golden_run import IMAGE_SHAPE, NUM_CLASSES, NUM_STEPS, GoldenRun, assert_close


def sampled_branches(child, arcs):
    """The original's scopes of the operations that these architectures run."""
    last = len(child.space.operations) - 1
    return tuple(
        f"child/layer_{i}/branch_{last if 'last_branch' in child.quirks else layer.operation}/"
        for arc in arcs
        for i, layer in enumerate(child.space.layers(arc))
    )


@pytest.fixture(scope="module", params=["macro_search", "macro_search_as_written"])
def run(request):
    return GoldenRun(request.param)


def test_the_file_says_whether_only_the_last_branch_ran(run):
    assert ("last_branch" in run.config.run.original_quirks) == (run.name == "macro_search_as_written")


def test_every_variable_of_the_original_is_found(run):
    assert set(run.variables) == set(run.golden.under("var/"))
    trainable = sum(int(np.prod(variable.shape)) for variable in run.child.trainable_variables)
    assert trainable == run.golden.settings["trainable_parameters"]


@pytest.mark.parametrize("training", [False, True])
def test_logits_of_every_arc(run, training):
    images, _ = run.batch(0)
    expected = run.golden.under(f"logits_{'train' if training else 'eval'}/")
    for k, arc in enumerate(run.arcs):
        run.reset()
        assert_close(run.child(images, arc=arc, training=training), expected[str(k)], 1e-4, f"arc {k}")


def test_moving_statistics_of_all_branches_after_one_forward(run):
    run.reset()
    run.child(run.batch(0)[0], arc=run.arcs[0], training=True)
    actual = read_variables(run.variables)
    for name, expected in run.golden.under("moving_after_forward/").items():
        assert_close(actual[name], expected, 1e-4, name)


def test_three_training_steps(run):
    run.assert_training_is_the_originals()


def test_three_training_steps_with_exact_gradients(run):
    """The same steps as this library takes them.

    Exact in the original too: the first loss, which no gradient has touched, and variables no gradient reaches. The
    rest stays within what late reads change.
    """
    run.reset()
    metrics = [run.train_step(t) for t in range(NUM_STEPS)]
    assert_close(metrics[0]["loss"], run.golden.arrays["step/0/loss"], 1e-6, "step 0, loss")
    for t in range(NUM_STEPS):
        expected = run.golden.under(f"step/{t}/")
        assert_close(metrics[t]["loss"], expected["loss"], 1e-3, f"step {t}, loss")
        assert_close(metrics[t]["grad_norm"], expected["grad_norm"], 2e-2, f"step {t}, grad_norm")
    actual = read_variables(run.variables)
    sampled = sampled_branches(run.child, run.arcs[:NUM_STEPS])
    for name, expected in run.golden.under("var_after/").items():
        untouched = "/branch_" in name and "/moving_" not in name and not name.startswith(sampled)
        assert_close(actual[name], expected, 1e-6 if untouched else 1e-2, name)


def test_repeating_no_late_read_is_the_exact_step(run):
    run.assert_no_late_read_is_the_exact_step(1e-5)


def test_without_the_quirk_unsampled_branches_keep_their_statistics():
    run = GoldenRun("macro_search", without=frozenset({"all_branch_statistics"}))
    before = read_variables(run.variables)
    run.child(run.batch(0)[0], arc=run.arcs[0], training=True)
    after = read_variables(run.variables)
    sampled = sampled_branches(run.child, run.arcs[:1])
    for name, value in after.items():
        if "/branch_" in name and not name.startswith(sampled):
            np.testing.assert_array_equal(value, before[name], err_msg=name)
    moved = run.golden.under("moving_after_forward/")
    for name in moved:
        if name.startswith(sampled):
            assert_close(after[name], moved[name], 1e-4, name)


def test_parameters_of_the_published_size():
    child = MacroChild(MacroSpace(12), ChildConfig(num_layers=12, out_filters=36), IMAGE_SHAPE, NUM_CLASSES)
    assert sum(int(np.prod(variable.shape)) for variable in child.trainable_variables) == 697_860
