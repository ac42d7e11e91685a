"""Channel statistics against hand-computed values."""

import numpy as np
import pytest

from enas_tf.data.normalization import channel_statistics, normalize


def test_mean_and_deviation_of_each_channel():
    images = np.zeros((2, 1, 2, 2), np.uint8)
    images[..., 0] = np.array([[0, 10], [20, 30]]).reshape(2, 1, 2)
    images[..., 1] = 255
    mean, std = channel_statistics(images)
    np.testing.assert_allclose(mean, [15, 255])
    # sqrt((15² + 5² + 5² + 15²) / 4); a channel without variation is divided by 1.
    np.testing.assert_allclose(std, [np.sqrt(125), 1], rtol=1e-6)
    np.testing.assert_allclose(normalize(images, mean, std)[0, 0, 1], [-5 / np.sqrt(125), 0], rtol=1e-6)


@pytest.mark.parametrize("shape", [(1030, 9, 12, 2), (3, 8, 8, 4)])
def test_statistics_agree_with_numpy_in_double_precision(shape):
    images = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    mean, std = channel_statistics(images)
    np.testing.assert_allclose(mean, images.mean(axis=(0, 1, 2), dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(std, images.astype(np.float64).std(axis=(0, 1, 2)), rtol=1e-6)
