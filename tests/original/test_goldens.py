"""The files of the original; its schedules and controllers: every number to rounding, weights by name, updates."""

import numpy as np
import pytest

from enas_tf.original.golden_controller import GoldenController
from enas_tf.original.golden_kind import kind_of
from tests.conftest import GOLDENS
from tests.original.golden_files import assert_every_array_is_that_of_the_original, load
from tests.strategies.controller_reference import Adam, gradients, values

CONTROLLERS = ("macro_controller", "micro_controller")


def test_all_files_are_there():
    children = {"macro_search", "macro_search_as_written", "micro_search", "macro_fixed", "micro_fixed"}
    trajectories = {"macro_trajectory", "micro_trajectory"}
    steps = {path.stem: load(path.stem).settings.get("steps") for path in GOLDENS.glob("*.npz")}
    assert set(steps) == children | trajectories | {*CONTROLLERS, "lr_schedule"}
    assert {name for name, count in steps.items() if count == 20} == trajectories


@pytest.mark.parametrize("name", ["lr_schedule", *CONTROLLERS])
def test_every_array_is_that_of_the_original(name):
    assert_every_array_is_that_of_the_original(name)


@pytest.fixture(scope="module", params=[CONTROLLERS[0], pytest.param(CONTROLLERS[1], marks=pytest.mark.long)])
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
