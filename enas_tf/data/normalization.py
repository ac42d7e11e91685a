"""Per-channel normalisation with the statistics of the training images."""

import math

import numpy as np
import tensorflow as tf

from enas_tf.data.stored_images import Images, blocks_of


def channel_statistics(images: Images) -> tuple[np.ndarray, np.ndarray]:
    """Computes each channel's mean and standard deviation over all pixels of all images.

    Sums are of integers and so exact, whatever the number of images.

    Args:
      images: uint8 [N, H, W, C].

    Returns:
      Mean and standard deviation, float32 [C], in units of 0..255; a deviation of zero is given as 1.
    """
    # Summed over the images first, which keeps the inner loop long, then over the places.
    total, total_of_squares = np.zeros((2, *images.shape[1:]), np.int64)
    for block in blocks_of(images):
        pixels = block.astype(np.int32)
        total += pixels.sum(axis=0)
        total_of_squares += np.square(pixels).sum(axis=0)
    count = math.prod(images.shape[:-1])
    mean = total.sum(axis=(0, 1)) / count
    variance = total_of_squares.sum(axis=(0, 1)) / count - np.square(mean)
    std = np.sqrt(np.maximum(variance, 0.0))
    return mean.astype(np.float32), np.where(std > 0, std, 1.0).astype(np.float32)


def normalize(images: tf.Tensor, mean: np.ndarray, std: np.ndarray) -> tf.Tensor:
    """Subtracts the mean and divides by the standard deviation.

    Args:
      images: uint8 [..., C].
      mean: float32 [C], in units of 0..255.
      std: float32 [C], in units of 0..255.

    Returns:
      float32 [..., C].
    """
    return (tf.cast(images, tf.float32) - mean) / std
