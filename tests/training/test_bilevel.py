"""The second-order gradient against differences of the loss itself, on a network that is smooth and exact enough."""

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.training.bilevel import Momentum, along, finite_distance, unrolling_correction

RATE, RADIUS = tf.constant(0.1, tf.float64), 1e-5
MOMENTUM = Momentum(momentum=0.9, decay=3e-4)


class SmoothNetwork:
    """Three tanh layers of a hidden one, mixed by softmax(α), in float64."""

    def __init__(self):
        generator = np.random.default_rng(0)
        shapes = ((4, 6), (6, 6), (6, 6), (6, 6), (6, 3))
        self.weights = [tf.constant(generator.normal(size=shape)) for shape in shapes]
        self.velocities = [tf.constant(generator.normal(size=shape)) for shape in shapes]
        self.alpha = tf.constant(generator.normal(size=3))
        self.train, self.valid = (
            (tf.constant(generator.normal(size=(8, 4))), tf.constant(generator.integers(0, 3, 8))) for _ in range(2)
        )

    @staticmethod
    def loss(weights, alpha, batch):
        images, labels = batch
        first, *mixed, last = weights
        hidden = tf.tanh(images @ first)
        weighted = zip(tf.unstack(tf.nn.softmax(alpha)), mixed, strict=True)
        outputs = tf.add_n([share * tf.tanh(hidden @ matrix) for share, matrix in weighted])
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs @ last))

    def gradient(self, weights, alpha, batch):
        """To weights, and to α."""
        with tf.GradientTape() as tape:
            tape.watch([weights, alpha])
            loss = self.loss(weights, alpha, batch)
        return tape.gradient(loss, [weights, alpha])

    def weights_after(self, alpha):
        """w'(α)."""
        to_weights, _ = self.gradient(self.weights, alpha, self.train)
        return MOMENTUM.moved(self.weights, self.velocities, to_weights, RATE)

    def correction(self, radius):
        direction, direct = self.gradient(self.weights_after(self.alpha), self.alpha, self.valid)
        (correction,) = unrolling_correction(
            lambda weights: [self.gradient(weights, self.alpha, self.train)[1]], self.weights, direction, RATE, radius
        )
        return direct.numpy(), correction.numpy()


def differences(function, at: tf.Tensor, step: float = 1e-5) -> np.ndarray:
    """Central differences of a function of a vector."""
    units = tf.unstack(tf.eye(len(at), dtype=at.dtype))
    return np.array([float(function(at + step * unit) - function(at - step * unit)) / (2 * step) for unit in units])


def test_the_correction_alone_is_how_the_unrolled_weights_follow():
    network = SmoothNetwork()
    expected = differences(
        lambda alpha: network.loss(network.weights_after(alpha), network.alpha, network.valid), network.alpha
    )
    _, correction = network.correction(RADIUS)
    assert np.max(np.abs(expected)) > 1e-3  # there is something to be wrong about
    np.testing.assert_allclose(correction, expected, atol=1e-4 * np.max(np.abs(expected)))


def test_with_it_the_gradient_is_that_of_the_loss_after_the_step():
    network = SmoothNetwork()
    expected = differences(
        lambda alpha: network.loss(network.weights_after(alpha), alpha, network.valid), network.alpha
    )
    direct, correction = network.correction(RADIUS)
    np.testing.assert_allclose(direct + correction, expected, atol=1e-6)
    assert np.max(np.abs(direct - expected)) > 1e-3


def test_a_step_adds_decay_to_the_gradient_and_keeps_velocities_without_the_rate():
    weights, velocities, gradients = [tf.constant([2.0, -1.0])], [tf.constant([1.0, 0.5])], [tf.constant([0.1, 0.2])]
    step = Momentum(momentum=0.9, decay=0.5)
    expected = np.array([0.9 * 1.0 + 0.1 + 0.5 * 2.0, 0.9 * 0.5 + 0.2 - 0.5 * 1.0])
    np.testing.assert_allclose(step.velocities(weights, velocities, gradients)[0], expected, rtol=1e-6)
    moved = step.moved(weights, velocities, gradients, tf.constant(0.1))
    np.testing.assert_allclose(moved[0], np.array([2.0, -1.0]) - 0.1 * expected, rtol=1e-6)


def test_the_distance_is_a_radius_over_all_weights_together():
    direction = [tf.constant([3.0]), tf.constant([[4.0]])]
    assert float(finite_distance(direction, 0.01)) == pytest.approx(0.01 / 5)
    ahead = along([tf.constant([1.0])], direction[:1], finite_distance(direction, 0.01))
    assert float(ahead[0][0]) == pytest.approx(1.0 + 3 * 0.01 / 5)


def test_where_nothing_is_to_be_gained_on_the_validation_images_there_is_no_correction():
    zeros = [tf.zeros([3])]
    (correction,) = unrolling_correction(lambda weights: [tf.ones([2])], zeros, zeros, tf.constant(0.1), 0.01)
    np.testing.assert_array_equal(correction, np.zeros(2))
