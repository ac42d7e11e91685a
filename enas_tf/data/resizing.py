"""Bringing images to the size `--image_size` asks for."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from enas_tf.data.image_set import ImageSet

# Bounds the float32 copy that resizing needs.
_IMAGES_AT_ONCE = 1024


def resize(images: tf.Tensor, size: int) -> tf.Tensor:
    """Resizes uint8 images to a square, bilinearly and with antialiasing; the aspect ratio is not kept.

    Args:
      images: uint8 [..., H, W, C], one image or a batch.
      size: Height and width of the result.

    Returns:
      uint8 [..., size, size, C].
    """
    return resize_to(images, (size, size))


def resize_to(images: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """The same to any height and width."""
    resized = tf.image.resize(images, size, method="bilinear", antialias=True)
    return tf.saturate_cast(tf.round(resized), tf.uint8)


def resize_image_set(image_set: ImageSet, size: int) -> ImageSet:
    """Returns the same images at `size` x `size` pixels; the very same set if they have that size already."""
    if all(images.shape[1:3] == (size, size) for images, _ in image_set.parts.values()):
        return image_set
    return image_set.with_parts(
        {part: (_resize_array(images, size), labels) for part, (images, labels) in image_set.parts.items()}
    )


def _resize_array(images: np.ndarray, size: int) -> np.ndarray:
    starts = range(0, len(images), _IMAGES_AT_ONCE)
    return np.concatenate([resize(images[start : start + _IMAGES_AT_ONCE], size).numpy() for start in starts])
