"""What the layers of a child compute, written once more in numpy; maps are [B, H, W, C]."""

import numpy as np


def windows(x, size, padding_value=0.0):
    """The size×size neighbourhood of every pixel: [size, size, B, H, W, C], `padding_value` beyond the border."""
    border, (height, width) = size // 2, x.shape[1:3]
    padded = np.pad(x, [(0, 0), (border, border), (border, border), (0, 0)], constant_values=padding_value)
    return np.array([[padded[:, r : r + height, c : c + width] for c in range(size)] for r in range(size)])


def conv(x, kernel):
    """SAME convolution at stride 1; kernel [k, k, C, F]."""
    return np.einsum("rcbhwi,rcio->bhwo", windows(x, kernel.shape[0]), kernel)


def depthwise(x, kernel):
    """SAME convolution of each channel with its own filter; kernel [k, k, C, 1]."""
    return np.einsum("rcbhwi,rci->bhwi", windows(x, kernel.shape[0]), kernel[..., 0])


def normalize(x, scale, offset, epsilon, mean=None, variance=None):
    """Batch normalization; with the batch's own mean and (biased) variance unless both are given."""
    mean = x.mean(axis=(0, 1, 2)) if mean is None else mean
    variance = x.var(axis=(0, 1, 2)) if variance is None else variance
    return scale * (x - mean) / np.sqrt(variance + epsilon) + offset


def relu(x):
    """Negative values become zero."""
    return np.maximum(x, 0)


def average_pool(x):
    """3×3 at stride 1; what lies beyond the border counts neither as value nor as pixel."""
    return np.nanmean(windows(x, 3, np.nan), axis=(0, 1))


def max_pool(x):
    """3×3 at stride 1."""
    return windows(x, 3, -np.inf).max(axis=(0, 1))


def randomize(layer, seed=0):
    """Gives every weight that starts at 0 or 1 a value that shows: scales, offsets, moving averages."""
    rng = np.random.default_rng(seed)
    for weight in layer.weights:
        if weight.name in ("scale", "moving_variance"):
            weight.assign(rng.uniform(0.5, 2.0, weight.shape))
        elif weight.name in ("offset", "moving_mean"):
            weight.assign(rng.normal(size=weight.shape))
    return layer


def apply_norm(norm, x, epsilon, training):
    """What a normalization layer makes of x, by its present weights."""
    statistics = () if training else (norm.moving_mean.numpy(), norm.moving_variance.numpy())
    return normalize(x, norm.scale.numpy(), norm.offset.numpy(), epsilon, *statistics)
