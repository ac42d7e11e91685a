import keras
import numpy as np
import pytest
import tensorflow as tf

from enas_tf.models.micro_controller import MicroController
from enas_tf.search_space import MICRO_OPERATIONS, MicroSpace
from enas_tf.strategies.controller import ControllerConfig
from tests.models.numpy_controller import NumpyController, log_softmax

SMALL = ControllerConfig(lstm_size=8)
UNBIASED = ("a", "b", "c")


def _controller(num_blocks=2, config=SMALL, operations=UNBIASED, sharpness=1.0, **kwargs):
    """A small controller; `sharpness` scales its weights but the bias, as initial policies are all but uniform."""
    controller = MicroController(MicroSpace(num_blocks, operations), config, **kwargs)
    for weight in controller.weights:
        if weight is not controller.operation_bias:
            weight.assign(sharpness * weight)
    return controller


def _policy(controller, arcs):
    return [probabilities.numpy() for probabilities in controller.policy(arcs)]


def test_equal_seeds_draw_equal_valid_arcs_in_and_outside_of_a_graph():
    controller = _controller()
    arcs = controller.sample(50, (1, 2)).numpy()
    assert arcs.shape == (50, 16)
    assert arcs.dtype == np.int32
    assert all(controller.space.validate(arc) for arc in arcs)
    np.testing.assert_array_equal(arcs, controller.sample(50, (1, 2)))
    np.testing.assert_array_equal(arcs, tf.function(controller.sample)(50, tf.constant([1, 2])))
    assert not np.array_equal(arcs, controller.sample(50, (1, 3)))


def test_drawn_frequencies_are_the_policy():
    controller = _controller(sharpness=20.0)
    arcs = controller.sample(4000, (3, 4)).numpy()
    operations, indices = (probabilities.mean(axis=0) for probabilities in _policy(controller, arcs))
    assert operations.shape == (8, 3)
    assert indices.shape == (8, 3)
    for draw in range(8):
        for position, expected in ((2 * draw, indices[draw]), (2 * draw + 1, operations[draw])):
            frequencies = np.bincount(arcs[:, position], minlength=3) / len(arcs)
            np.testing.assert_allclose(frequencies, expected, atol=0.025)
    assert np.ptp(operations[0]) > 0.1  # not the uniform policy


def test_draws_at_different_positions_are_independent():
    arcs = _controller().sample(2000, (5, 6)).numpy()
    assert np.abs(np.corrcoef(arcs.T) - np.eye(16)).max() < 0.1


def test_entries_that_do_not_stand_before_a_block_have_probability_zero():
    controller = _controller(num_blocks=3)
    _, indices = _policy(controller, controller.sample(2, (1, 1)))
    exists = np.repeat([[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]], 2, axis=0)
    np.testing.assert_array_equal(indices > 0, np.broadcast_to(np.tile(exists, (2, 1)), (2, 12, 4)))
    np.testing.assert_allclose(indices.sum(axis=2), 1, rtol=1e-6)


def test_log_probability_and_entropy_are_sums_over_the_policy():
    controller = _controller(config=ControllerConfig(lstm_size=8, tanh_constant=1.5), sharpness=30.0)
    arcs = controller.sample(5, (1, 1)).numpy()
    scores = controller.score(arcs)
    operations, indices = _policy(controller, arcs)
    chosen = [
        np.take_along_axis(probabilities, arcs[:, first::2, np.newaxis], axis=2)
        for first, probabilities in ((0, indices), (1, operations))
    ]
    np.testing.assert_allclose(scores.neg_log_prob, -np.log(chosen).sum(axis=(0, 2, 3)), rtol=1e-5)
    entropies = [-np.sum(p * np.log(np.where(p > 0, p, 1)), axis=(1, 2)) for p in (operations, indices)]
    np.testing.assert_allclose(scores.entropy, np.sum(entropies, axis=0), rtol=1e-5)


def test_there_are_no_skips():
    controller = _controller()
    scores = controller.score(controller.sample(3, (1, 1)))
    for of_skips in (scores.skip_penalty, scores.skip_count, scores.skip_rate):
        np.testing.assert_array_equal(of_skips, np.zeros(3))


def test_each_arc_of_a_batch_is_scored_by_itself():
    controller = _controller(sharpness=10.0)
    arcs = controller.sample(6, (2, 2)).numpy()
    alone = [controller.score(arcs[k : k + 1]).neg_log_prob[0] for k in range(6)]
    np.testing.assert_allclose(controller.score(arcs).neg_log_prob, alone, rtol=1e-5)


# One cell of one block draws index_1, index_2, operation_1, operation_2; the reduction cell follows the normal one.
DRAWN = [("index", 0), ("index", 1), ("operation", 0), ("operation", 1)]
DRAWN += [(kind, draw + 2) for kind, draw in DRAWN]


@pytest.mark.parametrize(("kind", "draw"), DRAWN)
def test_a_choice_bears_on_those_after_it_alone(kind, draw):
    # Anchors of a cell's inputs are zero, whichever is chosen, so that an index bears on nothing before block 1.
    controller = _controller(num_blocks=1, sharpness=10.0)
    arc = np.zeros((1, 8), np.int32)
    changed = arc.copy()
    changed[0, 2 * draw + (kind == "operation")] = 1
    before, after = (dict(zip(("operation", "index"), _policy(controller, a), strict=True)) for a in (arc, changed))
    for other_kind, other in DRAWN:
        same = np.allclose(before[other_kind][0, other], after[other_kind][0, other], rtol=1e-5)
        later = DRAWN.index((other_kind, other)) > DRAWN.index((kind, draw))
        assert same != (later and kind == "operation"), (other_kind, other)


def test_the_entry_chosen_is_fed_to_the_next_step():
    controller = _controller(num_blocks=2, sharpness=10.0)
    arcs = np.zeros((2, 16), np.int32)
    arcs[1, 4] = 2  # the output of block 0, whose anchor is not zero
    _, indices = _policy(controller, arcs)
    np.testing.assert_allclose(indices[0, :3], indices[1, :3], rtol=1e-5)
    assert np.abs(indices[0, 3] - indices[1, 3]).max() > 1e-3


def test_probabilities_of_all_arcs_sum_to_one():
    controller = _controller(num_blocks=1, operations=("a", "b"), sharpness=10.0)
    arcs = np.indices((2,) * 8).reshape(8, -1).T
    np.testing.assert_allclose(np.exp(-controller.score(arcs).neg_log_prob).sum(), 1, rtol=1e-5)


def test_entropy_carries_no_gradient():
    controller = _controller()
    with tf.GradientTape() as tape:
        entropy = controller.score(controller.sample(2, (1, 1))).entropy
    assert tape.gradient(entropy, controller.trainable_variables) == [None] * len(controller.weights)


def test_separable_convolutions_are_favoured_most_in_the_normal_cell():
    config = ControllerConfig(lstm_size=8, tanh_constant=1.1, op_tanh_reduce=2.5)
    controller = _controller(config=config, operations=MICRO_OPERATIONS, sharpness=0.0)
    np.testing.assert_array_equal(controller.operation_bias, [[10, 10, 0, 0, 0]])
    operations, indices = _policy(controller, controller.sample(1, (1, 1)))
    learned = np.array([1.1 / 2.5, 1.1 / 2.5, 0, 0, 0])  # tanh(10) is 1
    constant = np.array([0.25, 0.25, -0.25, -0.25, -0.25])
    np.testing.assert_allclose(operations[0, :4], [np.exp(log_softmax(learned + constant))] * 4, rtol=1e-5)
    np.testing.assert_allclose(operations[0, 4:], [np.exp(log_softmax(learned))] * 4, rtol=1e-5)
    np.testing.assert_allclose(indices[0, ::2], [[1 / 2, 1 / 2, 0], [1 / 3] * 3] * 2, rtol=1e-6)


def test_biases_go_by_name():
    controller = _controller(operations=("identity", "separable_conv_7x7", "conv_3x3", "separable_conv_3x3"))
    np.testing.assert_array_equal(controller.operation_bias, [[0, 10, 0, 10]])
    np.testing.assert_array_equal(controller.normal_cell_bias, [-0.25, 0.25, -0.25, 0.25])


def test_many_and_repeated_operations():
    controller = _controller(operations=("good",) * 6 + ("bad",) * 300)
    arcs = controller.sample(200, (9, 9)).numpy()
    assert controller.policy(arcs)[0].shape == (200, 8, 306)
    assert 200 < arcs[:, 1::2].max() < 306
    assert np.isfinite(controller.score(arcs).neg_log_prob).all()


class _Reference(NumpyController):
    """The whole walk over one arc, written out."""

    def score(self, cells):
        self.log_prob = self.entropy = 0.0
        for cell, bias in zip(cells, (np.array([0.25, 0.25, -0.25, -0.25, -0.25]), 0.0), strict=True):
            self.walk(cell, bias)
        return -self.log_prob, self.entropy

    def walk(self, cell, bias):
        hiddens = [self.step(self.w["g_emb"][0]) for _ in range(2)]
        for block in cell.blocks:
            x = self.w["g_emb"][0]
            for index in (block.index_1, block.index_2):
                h = self.step(x)
                q = np.array([self.attend(earlier @ self.w["attention/w_1"], h) for earlier in hiddens])
                self.choose(self.shape(q), index)
                x = hiddens[index] if index >= 2 else np.zeros_like(h)
            for operation in (block.operation_1, block.operation_2):
                raw = self.step(x) @ self.w["softmax/w"] + self.w["softmax/b"][0]
                self.choose(self.shape(raw, self.config.op_tanh_reduce) + bias, operation)
                x = self.w["emb/w"][operation]
            hiddens.append(self.step(x))

    def choose(self, logits, chosen):
        log_probs = log_softmax(logits)
        self.log_prob += log_probs[chosen]
        self.entropy -= (log_probs * np.exp(log_probs)).sum()


@pytest.mark.parametrize("tanh_constant", [1.1, None])
def test_a_walk_by_hand_with_stacked_lstm_and_temperature(tanh_constant):
    config = ControllerConfig(
        lstm_size=4, lstm_num_layers=2, temperature=3.0, tanh_constant=tanh_constant, op_tanh_reduce=2.5
    )
    controller = _controller(num_blocks=5, config=config, operations=MICRO_OPERATIONS, sharpness=20.0)
    controller.operation_bias.assign([[0.5, 2.0, -1.0, 0.0, 1.0]])
    arc = controller.space.uniform(np.random.default_rng(3), 1)
    scores = controller.score(arc)
    expected = _Reference(controller).score(controller.space.cells(arc[0]))
    np.testing.assert_allclose([scores.neg_log_prob[0], scores.entropy[0]], expected, rtol=1e-5)


def test_weights_are_float32_and_a_function_of_the_seed():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        first, again, other = (_controller(config=ControllerConfig(), seed=seed) for seed in (1, 1, 2))
        assert first.score(first.sample(2, (0, 0))).neg_log_prob.dtype == tf.float32
    finally:
        keras.config.set_dtype_policy("float32")
    for weight, same, different in zip(first.weights, again.weights, other.weights, strict=True):
        assert weight.dtype == "float32"
        np.testing.assert_array_equal(weight.numpy(), same.numpy())
        random = weight is not first.operation_bias
        assert np.array_equal(weight.numpy(), different.numpy()) != random
