import keras
import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.lstm import LSTMCell, StackedLSTM


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _step(w, inputs, cell, hidden):
    """One step as the formula says it, in numpy."""
    write, forget, read, candidate = np.split(np.concatenate([inputs, hidden], axis=1) @ w, 4, axis=1)
    cell = _sigmoid(write) * np.tanh(candidate) + _sigmoid(forget) * cell
    return cell, _sigmoid(read) * np.tanh(cell)


def _built(layer):
    layer.build()
    return layer


def test_one_unit_by_hand():
    cell = _built(LSTMCell(1))
    cell.w.assign([[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    memory, hidden = cell(tf.constant([[1.0]]), (tf.constant([[0.5]]), tf.constant([[3.0]])))
    # all gates are half open: c' = tanh(1)/2 + 0.5/2, h' = tanh(c')/2
    np.testing.assert_allclose(memory, [[0.630797]], rtol=1e-6)
    np.testing.assert_allclose(hidden, [[np.tanh(0.630797) / 2]], rtol=1e-6)


def test_gates_stand_in_the_order_input_forget_output_candidate():
    rng = np.random.default_rng(1)
    cell = _built(LSTMCell(3))
    inputs, memory, hidden = rng.normal(size=(3, 2, 3)).astype(np.float32)
    expected = _step(cell.w.numpy(), inputs, memory, hidden)
    for actual, wanted in zip(cell(inputs, (memory, hidden)), expected, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=1e-5, atol=1e-7)


def test_stacked_layers_feed_the_hidden_state_upward_for_several_steps():
    rng = np.random.default_rng(2)
    lstm = _built(StackedLSTM(4, num_layers=3))
    states = lstm.initial_states(2)
    expected = [(np.zeros((2, 4)), np.zeros((2, 4)))] * 3
    for inputs in rng.normal(size=(3, 2, 4)).astype(np.float32):
        output, states = lstm(inputs, states)
        for k, cell in enumerate(lstm.cells):
            expected[k] = _step(cell.w.numpy(), inputs, *expected[k])
            inputs = expected[k][1]
        np.testing.assert_allclose(output, inputs, rtol=1e-5, atol=1e-7)
    for state, wanted in zip(states, expected, strict=True):
        np.testing.assert_allclose(state, wanted, rtol=1e-5, atol=1e-7)


def test_initial_weights_are_uniform_seeded_and_differ_between_layers():
    first, again, other = (_built(StackedLSTM(32, num_layers=2, seed=seed)) for seed in (5, 5, 6))
    weights = [w.numpy() for w in first.weights]
    for w, same, different in zip(weights, again.weights, other.weights, strict=True):
        assert 0.099 < np.abs(w).max() <= 0.1
        assert abs(w.mean()) < 0.005
        np.testing.assert_array_equal(w, same.numpy())
        assert not np.array_equal(w, different.numpy())
    assert not np.array_equal(*weights)


@pytest.mark.parametrize("layer", [LSTMCell(4, seed=3), StackedLSTM(4, num_layers=2, seed=3)])
def test_rebuilds_from_its_configuration(layer):
    copy = _built(type(layer).from_config(layer.get_config()))
    for weight, same in zip(_built(layer).weights, copy.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), same.numpy())


def test_stacked_cells_follow_the_dtype_of_the_stack():
    lstm = _built(StackedLSTM(4, dtype=keras.DTypePolicy("float64")))
    assert {str(weight.dtype) for weight in lstm.weights} == {"float64"}
