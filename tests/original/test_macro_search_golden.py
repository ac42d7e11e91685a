"""The shared macro network against numbers from running the original."""

import numpy as np
import pytest

from enas_tf.config import ChildConfig
from enas_tf.models.macro_child import MacroChild
from enas_tf.original.golden import Golden, assign_variables, read_variables
from enas_tf.original.child_naming import macro_child_variables
from enas_tf.search_space import MACRO_OPERATIONS, MacroSpace
from enas_tf.training.child_optimizer import ChildOptimizer
from enas_tf.training.child_trainer import ChildTrainer
from enas_tf.training.schedules import make_schedule
from tests.conftest import GOLDENS

# What the original does at every step (SPEC 14), besides what each file says.
QUIRKS = {
    "macro_search": frozenset({"unclipped", "restart_glitch", "all_branch_statistics"}),
    "macro_search_as_written": frozenset({"unclipped", "restart_glitch", "all_branch_statistics", "last_branch"}),
}


class Run:
    """A child at a golden file's starting values, and its trainer."""

    def __init__(self, name, quirks):
        self.golden = Golden.load(GOLDENS / f"{name}.npz")
        settings = self.golden.settings
        space = MacroSpace(settings["num_layers"], MACRO_OPERATIONS[: settings["num_branches"]])
        self.child = MacroChild(space, self.golden.child_config(), (32, 32, 3), 10, quirks=quirks)
        self.variables = macro_child_variables(self.child)
        trainable = [variable.value for variable in self.child.trainable_variables]
        config = self.golden.optimizer_config()
        self.trainer = ChildTrainer(
            self.child,
            ChildOptimizer(trainable, config, clip="unclipped" not in quirks),
            make_schedule(config, settings["batches_per_epoch"], "restart_glitch" in quirks),
        )
        self.arcs = [space.validate(arc) for arc in self.golden.arrays["arcs"]]
        self.reset()

    def reset(self):
        assign_variables(self.variables, self.golden.under("var/"))
        for variable in self.child.non_trainable_variables:
            if variable.name in ("biased_mean", "biased_variance", "num_updates"):
                variable.assign(np.zeros(variable.shape))

    def images(self, step):
        return self.golden.arrays["images"][step], self.golden.arrays["labels"][step]


@pytest.fixture(scope="module", params=sorted(QUIRKS))
def run(request):
    return Run(request.param, QUIRKS[request.param])


def assert_close(actual, expected, tolerance, what):
    """Compares to `tolerance` relative to the largest expected value."""
    scale = np.max(np.abs(expected))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * max(scale, 1e-6), err_msg=what)


def test_every_variable_of_the_original_is_found(run):
    assert set(run.variables) == set(run.golden.under("var/"))
    trainable = sum(int(np.prod(variable.shape)) for variable in run.child.trainable_variables)
    assert trainable == run.golden.settings["trainable_parameters"]


@pytest.mark.parametrize("training", [False, True])
def test_logits_of_every_arc(run, training):
    images, _ = run.images(0)
    expected = run.golden.under(f"logits_{'train' if training else 'eval'}/")
    for k, arc in enumerate(run.arcs):
        run.reset()
        assert_close(run.child(images, arc=arc, training=training), expected[str(k)], 1e-4, f"arc {k}")


def test_moving_statistics_of_all_branches_after_one_forward(run):
    run.reset()
    run.child(run.images(0)[0], arc=run.arcs[0], training=True)
    actual = read_variables(run.variables)
    for name, expected in run.golden.under("moving_after_forward/").items():
        assert_close(actual[name], expected, 1e-4, name)


def test_three_training_steps(run):
    run.reset()
    for t in range(3):
        metrics = run.trainer.step(*run.images(t), run.arcs[t])
        expected = run.golden.under(f"step/{t}/")
        for name in ("loss", "lr", "grad_norm"):
            assert_close(metrics[name], expected[name], 1e-4, f"step {t}, {name}")
        assert metrics["correct"] == expected["train_correct"]
    actual = read_variables(run.variables)
    for name, expected in run.golden.under("var_after/").items():
        assert_close(actual[name], expected, 1e-4, name)


def test_without_the_quirk_unsampled_branches_keep_their_statistics():
    run = Run("macro_search", frozenset())
    before = read_variables(run.variables)
    run.child(run.images(0)[0], arc=run.arcs[0], training=True)
    after = read_variables(run.variables)
    sampled = {f"child/layer_{i}/branch_{layer.operation}/" for i, layer in enumerate(run.child.space.layers(run.arcs[0]))}
    for name, value in after.items():
        if "/branch_" in name and not any(name.startswith(scope) for scope in sampled):
            np.testing.assert_array_equal(value, before[name], err_msg=name)
    moved = run.golden.under("moving_after_forward/")
    for name in moved:
        if any(name.startswith(scope) for scope in sampled):
            assert_close(after[name], moved[name], 1e-4, name)


def test_parameters_of_the_published_size():
    child = MacroChild(MacroSpace(12), ChildConfig(num_layers=12, out_filters=36), (32, 32, 3), 10)
    assert sum(int(np.prod(variable.shape)) for variable in child.trainable_variables) == 697_860
