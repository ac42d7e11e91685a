import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.cell_output import SharedCellOutput
from tests.layers import numpy_layers
from tests.layers.numpy_layers import relu

FILTERS, NUM_ENTRIES = 3, 7


def _entries(count):
    return list(np.random.default_rng(0).normal(size=(count, 2, 4, 5, FILTERS)).astype(np.float32))


def _built(num_entries=NUM_ENTRIES, **kwargs):
    layer = SharedCellOutput(FILTERS, num_entries, name="layer_0_output", **kwargs)
    layer.build((None, 4, 5, FILTERS))
    return layer


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("entries", [(6,), (0, 3), (1, 2, 4, 5, 6)])
def test_entries_meet_their_own_rows(entries, training):
    layer = _built()
    numpy_layers.randomize(layer.norm)
    maps = _entries(len(entries))
    rows = layer.kernel.numpy()[list(entries)].reshape(1, 1, len(entries) * FILTERS, FILTERS)
    expected = numpy_layers.apply_norm(
        layer.norm, numpy_layers.conv(relu(np.concatenate(maps, axis=-1)), rows), 1e-5, training
    )
    outputs = layer(maps, tf.constant(entries), training=training)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)


def test_only_the_rows_of_the_entries_have_a_gradient():
    layer = _built()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(layer(_entries(2), tf.constant([1, 4]), training=True) ** 3)
    gradient = tape.gradient(loss, layer.kernel.value)
    assert isinstance(gradient, tf.Tensor)
    assert np.flatnonzero(np.any(gradient, axis=1)).tolist() == [1, 4]


def test_the_fan_in_of_the_kernel_is_the_number_of_entries():
    kernel = _built(num_entries=500).kernel.numpy()
    assert kernel.shape == (500, FILTERS**2)
    assert kernel.std() == pytest.approx(np.sqrt(2 / 500), rel=0.05)


def test_the_seed_fixes_the_kernel():
    first, again, other = (_built(seed=seed).kernel.numpy() for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
