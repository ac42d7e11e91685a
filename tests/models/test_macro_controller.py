import keras
import numpy as np
import pytest
import tensorflow as tf

from enas_tf.errors import InputError
from enas_tf.models.macro_controller import MacroController
from enas_tf.search_space import MacroSpace
from enas_tf.strategies.controller import ControllerConfig
from tests.models.numpy_controller import PENALTY_ROUNDING, NumpyController, log_softmax, sigmoid

SMALL = ControllerConfig(lstm_size=8, skip_target=0.4)


def _controller(num_layers=4, config=SMALL, operations=("a", "b", "c"), sharpness=1.0, **kwargs):
    """A small controller; `sharpness` scales its weights, as initial policies are all but uniform."""
    controller = MacroController(MacroSpace(num_layers, operations), config, **kwargs)
    for weight in controller.weights:
        weight.assign(sharpness * weight)
    return controller


def test_equal_seeds_draw_equal_valid_arcs_in_and_outside_of_a_graph():
    controller = _controller()
    arcs = controller.sample(50, (1, 2)).numpy()
    assert arcs.dtype == np.int32
    assert all(controller.space.validate(arc) for arc in arcs)
    np.testing.assert_array_equal(arcs, controller.sample(50, (1, 2)))
    np.testing.assert_array_equal(arcs, tf.function(controller.sample)(50, tf.constant([1, 2])))
    assert not np.array_equal(arcs, controller.sample(50, (1, 3)))


def test_drawn_frequencies_are_the_policy():
    controller = _controller(num_layers=3, sharpness=40.0)
    arcs = controller.sample(4000, (3, 4)).numpy()
    operation_probabilities, skip_probabilities = (p.numpy() for p in controller.policy(arcs))
    offsets = [0, 1, 3]
    for layer, offset in enumerate(offsets):
        frequencies = np.bincount(arcs[:, offset], minlength=3) / len(arcs)
        np.testing.assert_allclose(frequencies, operation_probabilities[:, layer].mean(axis=0), atol=0.025)
    np.testing.assert_allclose(arcs[:, [2, 4, 5]].mean(axis=0), skip_probabilities.mean(axis=0), atol=0.025)
    assert np.ptp(operation_probabilities[0, 0]) > 0.1  # not the uniform policy


def test_draws_at_different_positions_are_independent():
    bits = _controller(num_layers=4).sample(2000, (5, 6)).numpy()[:, [2, 4, 5, 7, 8, 9]]
    assert np.abs(np.corrcoef(bits.T) - np.eye(6)).max() < 0.08


def test_log_probability_and_entropy_are_sums_over_the_policy():
    controller = _controller(config=ControllerConfig(lstm_size=8, tanh_constant=1.5), sharpness=30.0)
    arcs = controller.sample(5, (1, 1)).numpy()
    operation_probabilities, skip_probabilities = (p.numpy() for p in controller.policy(arcs))
    layers = [controller.space.layers(arc) for arc in arcs]
    scores = controller.score(arcs)
    for k, arc in enumerate(layers):
        skips = np.array([bit for layer in arc for bit in layer.skips])
        chosen = [operation_probabilities[k, i, layer.operation] for i, layer in enumerate(arc)]
        chosen += list(np.where(skips, skip_probabilities[k], 1 - skip_probabilities[k]))
        np.testing.assert_allclose(scores.neg_log_prob[k], -np.log(chosen).sum(), rtol=1e-5)
        np.testing.assert_allclose(scores.entropy[k], -(chosen * np.log(chosen)).sum(), rtol=1e-5)
        assert scores.skip_count[k] == skips.sum()
        np.testing.assert_allclose(scores.skip_rate[k], skips.mean(), rtol=1e-6)


def test_each_arc_of_a_batch_is_scored_by_itself_and_by_its_past_alone():
    controller = _controller(sharpness=10.0)
    arcs = controller.sample(6, (2, 2)).numpy()
    scores = controller.score(arcs)
    alone = [controller.score(arcs[k : k + 1]).neg_log_prob[0] for k in range(6)]
    np.testing.assert_allclose(scores.neg_log_prob, alone, rtol=1e-5)

    changed = arcs.copy()
    changed[:, -1] = 1 - changed[:, -1]
    for probabilities, same in zip(controller.policy(arcs), controller.policy(changed), strict=True):
        np.testing.assert_allclose(probabilities, same, rtol=1e-5)
    changed[:, 0] = (changed[:, 0] + 1) % 3
    assert np.abs(controller.policy(arcs)[1] - controller.policy(changed)[1]).max() > 1e-3


def test_probabilities_of_all_arcs_sum_to_one():
    controller = _controller(num_layers=2, sharpness=10.0)
    arcs = [(first, second, bit) for first in range(3) for second in range(3) for bit in range(2)]
    np.testing.assert_allclose(np.exp(-controller.score(np.array(arcs)).neg_log_prob).sum(), 1, rtol=1e-5)


def test_entropy_carries_no_gradient():
    controller = _controller()
    with tf.GradientTape() as tape:
        entropy = controller.score(controller.sample(2, (1, 1))).entropy
    assert tape.gradient(entropy, controller.trainable_variables) == [None] * len(controller.weights)


class _Reference(NumpyController):
    """Two layers of the macro space, written out."""

    def score(self, first, second, bit):
        logits_first = self.shape(self.step(self.w["g_emb"][0]) @ self.w["softmax/w"])
        anchor = self.step(self.w["emb/w"][first])
        logits_second = self.shape(self.step(self.w["g_emb"][0]) @ self.w["softmax/w"])
        q = self.attend(anchor @ self.w["attention/w_1"], self.step(self.w["emb/w"][second]))
        logits_skip = self.shape(np.array([-q, q]))
        draws = ((logits_first, first), (logits_second, second), (logits_skip, bit))
        log_probs = np.array([log_softmax(logits)[k] for logits, k in draws])
        p, target = sigmoid(logits_skip), np.array([1 - self.config.skip_target, self.config.skip_target])
        return -log_probs.sum(), -(log_probs * np.exp(log_probs)).sum(), (p * np.log(p / target)).sum()


@pytest.mark.parametrize("arc", [(2, 0, 1), (1, 1, 0)])
def test_two_layers_by_hand_with_stacked_lstm_and_temperature(arc):
    config = ControllerConfig(lstm_size=4, lstm_num_layers=2, temperature=2.0, skip_target=0.3)
    controller = _controller(num_layers=2, config=config, sharpness=30.0)
    scores = controller.score(np.array([arc]))
    expected = _Reference(controller).score(*arc)
    actual = [scores.neg_log_prob[0], scores.entropy[0], scores.skip_penalty[0]]
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=PENALTY_ROUNDING)


def test_fixed_operation_is_no_choice():
    controller = _controller(sharpness=5.0, fixed_operation=True)
    arcs = controller.sample(100, (1, 2)).numpy()
    assert not arcs[:, [0, 1, 3, 6]].any()
    assert arcs[:, [2, 4, 5, 7, 8, 9]].any()
    operation_probabilities, skip_probabilities = (p.numpy() for p in controller.policy(arcs))
    np.testing.assert_allclose(operation_probabilities, np.broadcast_to([1, 0, 0], (100, 4, 3)), rtol=1e-6)
    bits = arcs[:, [2, 4, 5, 7, 8, 9]]
    chosen = np.where(bits, skip_probabilities, 1 - skip_probabilities)
    with tf.GradientTape() as tape:
        scores = controller.score(arcs)
    np.testing.assert_allclose(scores.neg_log_prob, -np.log(chosen).sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(scores.entropy, -(chosen * np.log(chosen)).sum(axis=1), rtol=1e-5)
    assert not np.any(tape.gradient(scores.neg_log_prob, controller.operation_softmax))


def test_many_and_repeated_operations():
    controller = _controller(num_layers=3, operations=("good",) * 6 + ("bad",) * 300)
    arcs = controller.sample(200, (9, 9)).numpy()
    assert controller.policy(arcs)[0].shape == (200, 3, 306)
    assert 200 < arcs[:, [0, 1, 3]].max() < 306
    assert np.isfinite(controller.score(arcs).neg_log_prob).all()


def test_weights_are_float32_uniform_and_a_function_of_the_seed():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        first, again, other = (_controller(config=ControllerConfig(), seed=seed) for seed in (1, 1, 2))
        assert first.score(first.sample(2, (0, 0))).neg_log_prob.dtype == tf.float32
    finally:
        keras.config.set_dtype_policy("float32")
    for weight, same, different in zip(first.weights, again.weights, other.weights, strict=True):
        assert weight.dtype == "float32"
        assert 0.08 < np.abs(weight).max() <= 0.1
        np.testing.assert_array_equal(weight.numpy(), same.numpy())
        assert not np.array_equal(weight.numpy(), different.numpy())
    assert not np.array_equal(first.attention_key.numpy(), first.attention_query.numpy())


def test_says_what_is_wrong_with_its_settings():
    with pytest.raises(InputError, match="--child_num_layers"):
        _controller(num_layers=1)
    with pytest.raises(InputError, match=r"--controller_skip_target.*received 1\.0"):
        _controller(config=ControllerConfig(skip_target=1.0))
