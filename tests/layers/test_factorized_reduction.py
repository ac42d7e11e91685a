import numpy as np
import pytest

from enas_tf.layers.factorized_reduction import FactorizedReduction
from tests.layers import numpy_layers
from tests.layers.numpy_layers import randomize


def _built(height, width, channels=3, filters=4, **kwargs):
    layer = FactorizedReduction(filters, **kwargs)
    layer.build((None, height, width, channels))
    return layer


def _paths_only(layer):
    """Makes the normalization pass on what it gets, up to its epsilon."""
    layer.norm.moving_variance.assign(np.full(layer.norm.moving_variance.shape, 1 - 1e-5))
    return layer


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("height", "width"), [(4, 6), (5, 7), (5, 4), (1, 1)])
def test_both_paths(height, width, training):
    layer = randomize(_built(height, width))
    x = np.random.default_rng(1).normal(size=(3, height, width, 3)).astype(np.float32)
    bordered = np.pad(x, [(0, 0), (0, 2), (0, 2), (0, 0)])
    rows, columns = (height + 1) // 2, (width + 1) // 2
    entries = (x[:, ::2, ::2], bordered[:, 1::2, 1::2][:, :rows, :columns])
    halves = [numpy_layers.conv(e, path.kernel.numpy()) for e, path in zip(entries, layer.paths, strict=True)]
    expected = numpy_layers.apply_norm(layer.norm, np.concatenate(halves, axis=-1), 1e-5, training)
    assert expected.shape == (3, rows, columns, 4)
    np.testing.assert_allclose(layer(x, training=training), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "first", "second"),
    [
        (4, [[0, 2], [8, 10]], [[5, 7], [13, 15]]),
        (3, [[0, 2], [6, 8]], [[4, 0], [0, 0]]),
    ],
)
def test_paths_see_these_pixels(size, first, second):
    layer = _paths_only(_built(size, size, channels=1, filters=2))
    for path in layer.paths:
        path.kernel.assign(np.ones((1, 1, 1, 1)))
    outputs = layer(np.arange(size * size, dtype=np.float32).reshape(1, size, size, 1)).numpy()
    np.testing.assert_allclose(outputs[0, :, :, 0], first, rtol=1e-5)
    np.testing.assert_allclose(outputs[0, :, :, 1], second, rtol=1e-5)


def test_is_not_rectified():
    layer = _built(4, 4)
    assert layer(np.random.default_rng(2).normal(size=(2, 4, 4, 3)), training=True).numpy().min() < 0


def test_paths_start_from_different_weights():
    first, second = (path.kernel.numpy() for path in _built(4, 4).paths)
    assert first.shape == second.shape == (1, 1, 3, 2)
    assert not np.array_equal(first, second)


def test_channels_first_has_the_same_weights():
    first = FactorizedReduction(4, data_format="NCHW")
    first.build((None, 3, 8, 9))
    for weight, same in zip(first.weights, _built(8, 9).weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), same.numpy())
