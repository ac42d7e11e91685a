import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import OptimizerConfig
from enas_tf.training.child_optimizer import ChildOptimizer

# Two shapes stand twice, in between other ones.
SHAPES = [(3,), (2, 2), (3,), (), (1, 2, 1, 3), (2, 2)]
WITHOUT_GRADIENT = 2


def _variables(seed=0):
    rng = np.random.default_rng(seed)
    return [tf.Variable(rng.normal(size=shape), dtype=tf.float32) for shape in SHAPES]


def _gradients(step):
    """Of norms from far below to far above the bound of 1; none for one variable of those that share a shape."""
    rng = np.random.default_rng(100 + step)
    scales = [0.01, 10.0, 1.0, 2.0, 0.5, 0.1]
    gradients = [scale * rng.normal(size=shape) for scale, shape in zip(scales, SHAPES, strict=True)]
    gradients[WITHOUT_GRADIENT] = None
    return gradients


class _ByHand:
    """One variable: m ← 0.9·m + g, v ← v − lr·(g + 0.9·m), with g the clipped sum of gradient and 2·l2·v."""

    def __init__(self, value, l2_reg, bound):
        self.value, self.momentum = value.astype(np.float64), np.zeros(value.shape)
        self._l2_reg, self._bound = l2_reg, bound

    def step(self, gradient, learning_rate):
        """Returns the squared norm before clipping."""
        g = (0.0 if gradient is None else gradient) + 2 * self._l2_reg * self.value
        norm = np.sqrt(np.sum(np.square(g)))
        if self._bound is not None and norm > self._bound:
            g = g * self._bound / norm
        self.momentum = 0.9 * self.momentum + g
        self.value = self.value - learning_rate * (g + 0.9 * self.momentum)
        return norm**2


def _tensors(gradients):
    return [None if gradient is None else tf.constant(gradient, tf.float32) for gradient in gradients]


@pytest.mark.parametrize("l2_reg", [0.0, 0.3])
@pytest.mark.parametrize("clip", [True, False])
def test_three_steps_by_hand(clip, l2_reg):
    variables = _variables()
    optimizer = ChildOptimizer(variables, OptimizerConfig(l2_reg=l2_reg, grad_bound=1.0), clip=clip)
    by_hand = [_ByHand(variable.numpy(), l2_reg, 1.0 if clip else None) for variable in variables]
    for step, learning_rate in enumerate([0.1, 0.05, 0.2]):
        norm = optimizer.apply(_tensors(_gradients(step)), learning_rate)
        squares = [one.step(g, learning_rate) for one, g in zip(by_hand, _gradients(step), strict=True)]
        assert norm.dtype == tf.float32
        np.testing.assert_allclose(norm, np.sqrt(sum(squares)), rtol=1e-5)
        for variable, one in zip(variables, by_hand, strict=True):
            np.testing.assert_allclose(variable.numpy(), one.value, rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(optimizer.momentum_of(variable), one.momentum, rtol=1e-4, atol=1e-6)


def _one(value, clip=True, **config):
    variable = tf.Variable(value)
    return variable, ChildOptimizer([variable], OptimizerConfig(**config), clip=clip)


def test_nesterov_in_numbers():
    variable, optimizer = _one(1.0, l2_reg=0.0)
    optimizer.apply([tf.constant(0.5)], 0.1)  # m = 0.5; v = 1 − 0.1·(0.5 + 0.45)
    np.testing.assert_allclose(variable, 0.905, rtol=1e-6)
    optimizer.apply([tf.constant(1.0)], 0.1)  # m = 1.45; v = 0.905 − 0.1·(1 + 1.305)
    np.testing.assert_allclose(variable, 0.6745, rtol=1e-6)
    np.testing.assert_allclose(optimizer.momentum_of(variable), 1.45, rtol=1e-6)


def test_a_variable_without_gradient_decays_and_coasts():
    variable, optimizer = _one(2.0, l2_reg=0.1)
    norm = optimizer.apply([None], 0.5)  # g = 2·0.1·2 = 0.4; v = 2 − 0.5·0.4·1.9
    np.testing.assert_allclose(norm, 0.4, rtol=1e-6)
    np.testing.assert_allclose(variable, 1.62, rtol=1e-6)
    optimizer.apply([None], 0.0)
    np.testing.assert_allclose(optimizer.momentum_of(variable), 0.9 * 0.4 + 0.2 * 1.62, rtol=1e-6)


def test_a_tensor_is_clipped_with_its_l2_term_included():
    variable, optimizer = _one([3.0, 4.0], l2_reg=0.5, grad_bound=2.0)
    norm = optimizer.apply([tf.constant([0.0, 0.0])], 1.0)  # g = (3, 4) of norm 5 becomes (1.2, 1.6)
    np.testing.assert_allclose(norm, 5.0, rtol=1e-6)
    np.testing.assert_allclose(variable, [3 - 1.9 * 1.2, 4 - 1.9 * 1.6], rtol=1e-5)


def test_a_zero_gradient_stays_zero_when_clipped():
    variable, optimizer = _one([3.0, 4.0], l2_reg=0.0)
    np.testing.assert_array_equal(optimizer.apply([None], 1.0), 0.0)
    np.testing.assert_array_equal(variable, [3.0, 4.0])


def test_the_learning_rate_is_no_part_of_the_momentum():
    variable, optimizer = _one(1.0, l2_reg=0.0)
    optimizer.apply([tf.constant(1.0)], 0.0)
    np.testing.assert_array_equal(variable, 1.0)
    np.testing.assert_allclose(optimizer.momentum_of(variable), 1.0)


def test_takes_one_gradient_per_variable():
    _, optimizer = _one(1.0)
    with pytest.raises(ValueError):
        optimizer.apply([None, None], 0.1)


def test_a_restored_optimizer_goes_on_as_the_saved_one(tmp_path):
    variables, config = _variables(), OptimizerConfig()
    optimizer = ChildOptimizer(variables, config)
    optimizer.apply(_tensors(_gradients(0)), 0.1)
    path = tf.train.Checkpoint(optimizer=optimizer).write(str(tmp_path / "saved"))
    copies = [tf.Variable(variable) for variable in variables]
    restored = ChildOptimizer(copies, config)
    tf.train.Checkpoint(optimizer=restored).read(path).expect_partial()
    for one in (optimizer, restored):
        one.apply(_tensors(_gradients(1)), 0.1)
    for variable, copy in zip(variables, copies, strict=True):
        np.testing.assert_array_equal(variable.numpy(), copy.numpy())
