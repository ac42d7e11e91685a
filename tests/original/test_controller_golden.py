"""Both controllers and their training against numbers of the original."""

import numpy as np
import pytest

from enas_tf.original.golden import Golden
from enas_tf.original.golden_controller import GoldenController
from enas_tf.original.golden_kind import kind_of
from tests.conftest import GOLDENS
from tests.models.numpy_controller import PENALTY_ROUNDING
from tests.original.controller_late_reads import late_uses_of, update_reading_late
from tests.strategies.controller_reference import Adam, gradients, values

SCORES = ("neg_log_prob", "entropy", "skip_penalty", "skip_count", "skip_rate")
# Of the way that six steps take a weight, the share by which it may end elsewhere than the original's. A way is about
# a hundredth of the weight, so that this includes float32 rounding; a wrong late read is mostly beyond it.
LARGEST_DETOUR = 5e-5


@pytest.fixture(scope="module", params=["macro_controller", "micro_controller"])
def name(request):
    return request.param


@pytest.fixture(scope="module")
def golden(name):
    return Golden.load(GOLDENS / f"{name}.npz")


@pytest.fixture(scope="module")
def traced_run(golden):
    """Shared between tests, because it takes seconds to trace; tests use `run`."""
    return GoldenController(golden, kind_of(golden))


@pytest.fixture
def run(traced_run):
    """The controller at the starting values of the golden file."""
    traced_run.reset()
    return traced_run


@pytest.fixture
def config(run):
    return run.config.strategy


@pytest.fixture
def trainer(run):
    return run.trainer


@pytest.fixture
def controller(trainer):
    return trainer.controller


@pytest.fixture
def samples(golden):
    return list(zip(golden.arrays["arcs"], golden.arrays["valid_acc"], strict=True))


def test_naming_covers_every_weight_under_the_names_of_the_original(golden, run, controller):
    variables = run.variables
    assert {name: tuple(variable.shape) for name, variable in variables.items()} == {
        name: value.shape for name, value in golden.under("var/").items()
    }
    assert len({id(variable) for variable in variables.values()}) == len(controller.weights)


@pytest.mark.parametrize("field", SCORES)
def test_scores_are_those_of_the_original(golden, controller, field):
    arcs = golden.arrays["arcs"]
    # Without skips the original has no numbers of them: they are zero.
    expected = [golden.arrays.get(f"arc/{k}/{field}", 0.0) for k in range(len(arcs))]
    atol = PENALTY_ROUNDING if field == "skip_penalty" else 0
    np.testing.assert_allclose(getattr(controller.score(arcs), field), expected, rtol=1e-5, atol=atol)


def test_gradients_are_those_of_the_original(golden, config, controller, samples):
    arc, accuracy = samples[0]
    baseline = golden.arrays["arc/0/baseline_after"]
    loss = _loss(controller, config, arc, lambda entropy: accuracy + config.entropy_weight * entropy - baseline)
    np.testing.assert_allclose(loss(), [golden.arrays["arc/0/loss"]], rtol=1e-5)
    for name, gradient in gradients(controller, loss).items():
        expected = golden.arrays[f"grad/{name}"]
        atol = 1e-6 * np.abs(expected).max()
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=atol, err_msg=name)


def test_losses_and_baselines_of_single_arcs_are_those_of_the_original(golden, run):
    for k in range(len(run.arcs)):
        run.reset(golden.settings["baseline_before_each_arc"])
        metrics = run.update(k)
        for name, key in (("loss", "loss"), ("entropy", "entropy"), ("baseline", "baseline_after")):
            np.testing.assert_allclose(metrics[name], [golden.arrays[f"arc/{k}/{key}"]], rtol=1e-5)


def test_six_updates_are_those_of_the_original(name, golden, config, trainer, samples):
    for k, ((arc, accuracy), late_uses) in enumerate(zip(samples, late_uses_of(name), strict=True)):
        metrics, expected = update_reading_late(trainer, [arc], [accuracy], late_uses), golden.under(f"train/{k}/")
        for key in ("loss", "baseline", "grad_norm"):
            np.testing.assert_allclose(np.squeeze(metrics[key]), expected[key], rtol=1e-5, err_msg=f"step {k}: {key}")
        assert metrics["lr"] == np.float32(config.lr)
        assert metrics["train_step"] == k + 1
    before, after = golden.under("var/"), golden.under("var_after/")
    for weight, value in values(trainer.controller).items():
        np.testing.assert_allclose(value, after[weight], rtol=0, atol=1e-6 * np.abs(after[weight]).max())
        way, error = np.linalg.norm(after[weight] - before[weight]), np.linalg.norm(value - after[weight])
        assert error < LARGEST_DETOUR * way, weight


def test_updates_are_exactly_adam_on_the_exact_gradient(config, trainer, samples):
    controller, baseline, adam = trainer.controller, np.float32(0), Adam(config.lr)
    for arc, accuracy in samples[:3]:
        reward = accuracy + config.entropy_weight * controller.score([arc]).entropy.numpy()
        baseline = baseline - (1 - config.bl_dec) * (baseline - reward)
        advantage = reward - baseline
        loss = _loss(controller, config, arc, lambda _, advantage=advantage: advantage)
        expected = adam.apply(values(controller), gradients(controller, loss))
        trainer.update([arc], [accuracy])
        for weight, value in values(controller).items():
            np.testing.assert_allclose(value, expected[weight], rtol=1e-5, atol=1e-7, err_msg=weight)


def _loss(controller, config, arc, advantage_of):
    """The loss of one arc as a function, the advantage being one of the entropy."""

    def loss():
        scores = controller.score([arc])
        return scores.neg_log_prob * advantage_of(scores.entropy) + config.skip_weight * scores.skip_penalty

    return loss
