import itertools

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.models.channel_controller import MacroChannelController
from enas_tf.original.naming import controller_variables
from enas_tf.search_space import MacroChannelSpace
from enas_tf.strategies.controller import ControllerConfig
from tests.models.numpy_controller import PENALTY_ROUNDING, NumpyController, log_softmax, sigmoid

SMALL = ControllerConfig(lstm_size=8, skip_target=0.4)


def _controller(num_layers=3, num_channels=5, operations=("a", "b"), config=SMALL, sharpness=1.0, **kwargs):
    """A small controller; `sharpness` scales its weights, as initial policies are all but uniform."""
    controller = MacroChannelController(MacroChannelSpace(num_layers, num_channels, operations), config, **kwargs)
    for weight in controller.weights:
        weight.assign(sharpness * weight)
    return controller


def test_equal_seeds_draw_equal_valid_arcs_in_and_outside_of_a_graph():
    controller = _controller(sharpness=10.0)
    arcs = controller.sample(300, (1, 2)).numpy()
    assert arcs.dtype == np.int32
    assert all(controller.space.validate(arc) for arc in arcs)
    np.testing.assert_array_equal(arcs, controller.sample(300, (1, 2)))
    np.testing.assert_array_equal(arcs, tf.function(controller.sample)(300, tf.constant([1, 2])))


def test_every_valid_pair_is_drawn_and_no_other():
    arcs = _controller(num_channels=4).sample(2000, (3, 4)).numpy()
    pairs = {tuple(pair) for pair in arcs[:, 4:6]}
    assert pairs == {(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)}


def test_drawn_frequencies_are_the_policy():
    controller = _controller(num_layers=2, sharpness=30.0)
    arcs = controller.sample(4000, (3, 4)).numpy()
    ranges, _ = (p.numpy() for p in controller.policy(arcs))
    first_values = [0, 1, 0, 1, 0, 1, 0, 1]
    for choice, first in enumerate(first_values):
        frequencies = np.bincount(arcs[:, choice] - first, minlength=5) / len(arcs)
        np.testing.assert_allclose(frequencies, ranges[:, choice].mean(axis=0), atol=0.025)
    assert np.ptp(ranges[0, 0]) > 0.1  # not the uniform policy


def test_the_policy_forbids_counts_that_end_beyond_the_channels():
    controller = _controller(num_layers=2, operations=("a",))
    starts = np.arange(5)
    arcs = np.stack([starts, np.ones(5), np.zeros(5), np.ones(5), np.ones(5)], axis=1).astype(np.int32)
    counts = controller.policy(arcs)[0].numpy()[:, 1]
    allowed = np.array([[1, 1, 1, 1, 0], [1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
    np.testing.assert_array_equal(counts > 0, allowed)
    np.testing.assert_allclose(counts.sum(axis=1), 1, rtol=1e-5)


def test_probabilities_of_all_arcs_sum_to_one():
    controller = _controller(num_layers=2, num_channels=3, operations=("a",), sharpness=20.0)
    pairs = [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1)]
    arcs = [(*first, *second, bit) for first, second, bit in itertools.product(pairs, pairs, range(2))]
    np.testing.assert_allclose(np.exp(-controller.score(np.array(arcs)).neg_log_prob).sum(), 1, rtol=1e-5)


def test_log_probability_and_entropy_are_sums_over_the_policy():
    controller = _controller(config=ControllerConfig(lstm_size=8, tanh_constant=1.5), sharpness=30.0)
    arcs = controller.sample(5, (1, 1)).numpy()
    ranges, skip_probabilities = (p.numpy() for p in controller.policy(arcs))
    scores = controller.score(arcs)
    for k, arc in enumerate(arcs):
        layers = controller.space.layers(arc)
        options = [option for layer in layers for start, count in layer.ranges for option in (start, count - 1)]
        skips = np.array([bit for layer in layers for bit in layer.skips])
        chosen = [ranges[k, choice, option] for choice, option in enumerate(options)]
        chosen += list(np.where(skips, skip_probabilities[k], 1 - skip_probabilities[k]))
        np.testing.assert_allclose(scores.neg_log_prob[k], -np.log(chosen).sum(), rtol=1e-5)
        np.testing.assert_allclose(scores.entropy[k], -(chosen * np.log(chosen)).sum(), rtol=1e-5)
        np.testing.assert_allclose(scores.skip_rate[k], skips.mean(), rtol=1e-6)


class _Reference(NumpyController):
    """Two layers of one branch each, written out."""

    def score(self, arc):
        start_1, count_1, start_2, count_2, bit = arc
        anchor_inputs, first = self.layer(self.w["g_emb"][0], start_1, count_1)
        anchor = self.step(anchor_inputs)
        skip_inputs, second = self.layer(self.w["g_emb"][0], start_2, count_2)
        q = self.attend(anchor @ self.w["attention/w_1"], self.step(skip_inputs))
        logits_skip = self.shape(np.array([-q, q]))
        log_probs = np.array([*first, *second, log_softmax(logits_skip)[bit]])
        p, target = sigmoid(logits_skip), np.array([1 - self.config.skip_target, self.config.skip_target])
        return -log_probs.sum(), -(log_probs * np.exp(log_probs)).sum(), (p * np.log(p / target)).sum()

    def layer(self, inputs, start, count):
        """The input after a start and a count were chosen, and the log-probabilities of both."""
        starts = self.shape(self.step(inputs) @ self.w["softmax/branch_0/w_start"])
        counts = self.shape(self.step(self.w["emb/branch_0/w_start"][start]) @ self.w["softmax/branch_0/w_count"])
        counts[np.arange(len(counts)) > len(starts) - 1 - start] = -np.inf
        log_probs = log_softmax(starts)[start], log_softmax(counts)[count - 1]
        return self.w["emb/branch_0/w_count"][count - 1], log_probs


@pytest.mark.parametrize("arc", [(0, 3, 2, 2, 1), (3, 1, 1, 1, 0)])
def test_two_layers_by_hand_with_stacked_lstm_and_temperature(arc):
    config = ControllerConfig(lstm_size=4, lstm_num_layers=2, temperature=2.0, tanh_constant=2.5, skip_target=0.3)
    controller = _controller(num_layers=2, num_channels=4, operations=("a",), config=config, sharpness=30.0)
    scores = controller.score(np.array([arc]))
    actual = [scores.neg_log_prob[0], scores.entropy[0], scores.skip_penalty[0]]
    np.testing.assert_allclose(actual, _Reference(controller).score(arc), rtol=1e-5, atol=PENALTY_ROUNDING)


def test_no_gradient_is_lost_in_what_is_forbidden():
    controller = _controller(num_channels=2, sharpness=30.0)  # most counts have one option left
    with tf.GradientTape() as tape:
        scores = controller.score(controller.sample(20, (1, 1)))
        loss = tf.reduce_sum(scores.neg_log_prob + scores.skip_penalty)
    for gradient in tape.gradient(loss, controller.trainable_variables):
        assert np.isfinite(tf.convert_to_tensor(gradient)).all()


def test_weights_have_the_originals_names_and_shapes():
    shapes = {name: tuple(weight.shape) for name, weight in controller_variables(_controller()).items()}
    assert {name: shape for name, shape in shapes.items() if "branch" in name} == {
        f"controller/{group}/branch_{branch}/w_{kind}": (n, 8) if group == "emb" else (8, n)
        for group in ("emb", "softmax")
        for branch in range(2)
        for kind, n in (("start", 5), ("count", 4))
    }
    assert set(shapes) - {name for name in shapes if "branch" in name} == {
        *("controller/g_emb", "controller/lstm/layer_0/w"),
        *("controller/attention/w_1", "controller/attention/w_2", "controller/attention/v"),
    }
