"""What the goldens' runs are made of: every variable of the original under its name, quirks, published sizes."""

import numpy as np
import pytest

from enas_tf.config import ChildConfig
from enas_tf.models.macro_child import MacroChild
from enas_tf.models.micro_child import MicroChild
from enas_tf.original.child_naming import auxiliary_head_variables
from enas_tf.original.golden_controller import GoldenController
from enas_tf.original.golden_kind import kind_of
from enas_tf.original.values import read_variables
from enas_tf.search_space import MacroSpace, MicroSpace
from enas_tf.training.child_optimizer import MOMENTUM
from enas_tf.training.child_trainer import AUXILIARY_WEIGHT, cross_entropy
from tests.original.golden_files import IMAGE_SHAPE, NUM_CLASSES, child_of, load
from tests.strategies.controller_reference import Adam, gradients, values

CHILDREN = ("macro_search", "macro_search_as_written", "micro_search", "macro_fixed", "micro_fixed")


def assert_close(actual, expected, tolerance: float, what: str) -> None:
    """Compares to `tolerance` relative to the largest expected value."""
    scale = np.max(np.abs(expected))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * max(scale, 1e-6), err_msg=what)


def num_trunk_parameters(child) -> int:
    """Parameters without the auxiliary head's, as the original counts them."""
    auxiliary = {id(variable) for variable in child.auxiliary_variables}
    return sum(int(np.prod(v.shape)) for v in child.trainable_variables if id(v) not in auxiliary)


@pytest.fixture(scope="module")
def runs():
    return {name: child_of(load(name)) for name in CHILDREN}


@pytest.mark.parametrize("name", CHILDREN)
def test_every_variable_of_the_original_is_found(runs, name):
    run = runs[name]
    assert set(run.variables) == set(run.golden.under("var/"))
    assert num_trunk_parameters(run.child) == run.golden.settings["trainable_parameters"]
    found = {variable.path for variable in run.variables.values()}
    assert {variable.path for variable in run.child.trainable_variables} <= found


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


def test_the_quirk_changes_nothing_but_the_head(runs, unfrozen_step):
    gradients_of_head, after = unfrozen_step
    run = runs["micro_search"]
    run.reset()
    run.train_step(0)
    for name, value in read_variables(run.variables).items():
        if name in gradients_of_head:
            np.testing.assert_array_equal(value, run.golden.arrays[f"var/{name}"], err_msg=name)
        else:
            assert_close(value, after[name], 1e-6, name)


def test_parameters_of_the_published_sizes():
    macro = MacroChild(MacroSpace(12), ChildConfig(num_layers=12, out_filters=36), IMAGE_SHAPE, NUM_CLASSES)
    assert num_trunk_parameters(macro) == 697_860
    config = ChildConfig(num_layers=6, out_filters=20, use_aux_heads=True)
    assert num_trunk_parameters(MicroChild(MicroSpace(5), config, IMAGE_SHAPE, NUM_CLASSES)) == 5_373_140


@pytest.fixture(scope="module", params=["macro_controller", "micro_controller"])
def controller_golden(request):
    return load(request.param)


@pytest.fixture(scope="module")
def controller_run(controller_golden):
    return GoldenController(controller_golden, kind_of(controller_golden))


def test_every_weight_of_the_originals_controller_is_found(controller_golden, controller_run):
    expected, variables = controller_golden.under("var/"), controller_run.variables
    assert {n: tuple(variable.shape) for n, variable in variables.items()} == {n: v.shape for n, v in expected.items()}
    assert len({id(variable) for variable in variables.values()}) == len(controller_run.trainer.controller.weights)


def test_updates_are_exactly_adam_on_the_exact_gradient(controller_run):
    controller_run.reset()
    config, trainer = controller_run.config.strategy, controller_run.trainer
    controller, baseline, adam = trainer.controller, np.float32(0), Adam(config.lr)
    for k, (arc, accuracy) in enumerate(zip(controller_run.arcs[:3], controller_run.accuracies, strict=False)):
        reward = accuracy + config.entropy_weight * controller.score([arc]).entropy.numpy()
        baseline = baseline - (1 - config.bl_dec) * (baseline - reward)
        loss = _loss(controller, config, arc, reward - baseline)
        expected = adam.apply(values(controller), gradients(controller, loss))
        metrics = trainer.update([arc], [accuracy])
        for weight, value in values(controller).items():
            np.testing.assert_allclose(value, expected[weight], rtol=1e-5, atol=1e-7, err_msg=weight)
        assert (metrics["lr"], metrics["train_step"]) == (np.float32(config.lr), k + 1)


def _loss(controller, config, arc, advantage):
    """The loss of one arc as a function."""

    def loss():
        scores = controller.score([arc])
        return scores.neg_log_prob * advantage + config.skip_weight * scores.skip_penalty

    return loss
