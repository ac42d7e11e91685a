import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.models.macro_controller import MacroController
from enas_tf.models.micro_controller import MicroController
from enas_tf.search_space import MacroSpace, MicroSpace
from enas_tf.seeds import derive_seed
from enas_tf.strategies.controller import ControllerConfig
from enas_tf.strategies.reinforce import ControllerTrainer
from tests.strategies.controller_reference import Adam, gradients, values

SMALL = ControllerConfig(lstm_size=8, skip_target=0.4, skip_weight=0.8, entropy_weight=1e-2, num_aggregate=3)


def _trainer(config=SMALL, num_layers=4, operations=("a", "b", "c")):
    return ControllerTrainer(MacroController(MacroSpace(num_layers, operations), config), config)


@pytest.mark.parametrize("l2_reg", [0.0, 0.1])
def test_an_aggregate_is_the_mean_of_its_samples_gradients_each_with_its_own_baseline(l2_reg):
    trainer = _trainer(dataclasses.replace(SMALL, l2_reg=l2_reg))
    controller, before = trainer.controller, values(trainer.controller)
    arcs, accuracies = trainer.sample(3, (1, 2)), [0.2, 0.9, 0.5]
    scores = controller.score(arcs)
    rewards = accuracies + 1e-2 * scores.entropy.numpy()
    baselines, b = [], 0.0
    for reward in rewards:
        b = b - 0.01 * (b - reward)
        baselines.append(b)

    def loss(k):
        one = controller.score(arcs[k : k + 1])
        return one.neg_log_prob * (rewards[k] - baselines[k]) + 0.8 * one.skip_penalty

    each = [gradients(controller, lambda k=k: loss(k)) for k in range(3)]
    mean = {name: sum(g[name] for g in each) / 3 + 2 * l2_reg * value for name, value in before.items()}
    losses = [float(loss(k)[0]) for k in range(3)]
    metrics = trainer.update(arcs, accuracies)

    np.testing.assert_allclose(metrics["baseline"], baselines, rtol=1e-5)
    np.testing.assert_allclose(metrics["reward"], rewards, rtol=1e-5)
    np.testing.assert_allclose(metrics["loss"], losses, rtol=1e-5)
    np.testing.assert_allclose(metrics["neg_log_prob"], scores.neg_log_prob, rtol=1e-5)
    np.testing.assert_allclose(metrics["skip_rate"], scores.skip_rate, rtol=1e-5)
    for name, expected in Adam(1e-3).apply(before, mean).items():
        np.testing.assert_allclose(values(trainer.controller)[name], expected, rtol=1e-4, atol=1e-7, err_msg=name)
    if l2_reg:
        norm = np.sqrt(sum(np.square(gradient).sum() for gradient in mean.values()))
        np.testing.assert_allclose(metrics["grad_norm"], norm, rtol=1e-5)


def _macro(config):
    return MacroController(MacroSpace(4, ("a", "b", "c")), config)


def _micro(config):
    return MicroController(MicroSpace(2, ("a", "b", "c")), config)


@pytest.mark.parametrize("make_controller", [_macro, _micro])
def test_reinforce_finds_the_choices_that_are_rewarded(make_controller):
    config = ControllerConfig(lstm_size=16, lr=0.01, tanh_constant=2.5, num_aggregate=8, bl_dec=0.9)
    trainer = ControllerTrainer(make_controller(config), config)

    def share_of_rewarded():
        return (trainer.sample(500, derive_seed(0, "measure")) == 0).mean()

    uniform = np.mean(1 / np.array(trainer.controller.space.num_options))
    assert share_of_rewarded() == pytest.approx(uniform, abs=0.03)
    for step in range(100):
        arcs = trainer.sample(8, derive_seed(0, "arcs", step))
        trainer.update(arcs, (arcs == 0).mean(axis=1))
    assert share_of_rewarded() > 0.6


def test_a_restored_trainer_goes_on_as_the_saved_one(tmp_path):
    trainer, accuracies = _trainer(), [0.1, 0.5, 0.7]
    trainer.update(trainer.sample(3, (1, 1)), accuracies)
    path = tf.train.Checkpoint(trainer=trainer).write(str(tmp_path / "saved"))
    restored = _trainer()
    tf.train.Checkpoint(trainer=restored).read(path).assert_consumed()
    assert restored.train_step == 1
    arcs = trainer.sample(3, (2, 2))
    np.testing.assert_array_equal(arcs, restored.sample(3, (2, 2)))
    expected, actual = (one.update(arcs, accuracies) for one in (trainer, restored))
    for name, value in expected.items():
        np.testing.assert_array_equal(actual[name], value, err_msg=name)
    for name, value in values(trainer.controller).items():
        np.testing.assert_array_equal(values(restored.controller)[name], value, err_msg=name)


def test_samples_are_those_of_the_controller():
    trainer = _trainer()
    arcs = trainer.sample(20, (4, 5))
    assert isinstance(arcs, np.ndarray)
    np.testing.assert_array_equal(arcs, trainer.controller.sample(20, (4, 5)))


def test_takes_exactly_one_aggregate_at_a_time():
    trainer = _trainer()
    with pytest.raises(ValueError, match="num_aggregate=3"):
        trainer.update(trainer.sample(2, (1, 1)), [0.5, 0.5])


def test_a_gradient_moves_nothing_until_it_is_applied():
    trainer, other = _trainer(), _trainer()
    arcs, accuracies = trainer.sample(3, (1, 2)), np.array([0.2, 0.9, 0.5], np.float32)
    before = values(trainer.controller)
    gradient = trainer.gradient(tf.constant(arcs), tf.constant(accuracies), tf.constant(0.0))
    for name, value in values(trainer.controller).items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)
    assert (float(trainer.baseline), trainer.train_step) == (0.0, 0)
    trainer.apply(gradient)
    metrics = other.update(arcs, accuracies)
    assert float(trainer.baseline) == pytest.approx(float(metrics["baseline"][-1]), rel=1e-6)
    for name, value in values(other.controller).items():
        np.testing.assert_allclose(values(trainer.controller)[name], value, rtol=1e-5, atol=1e-7, err_msg=name)
