"""Bringing images to the size `--image_size` asks for."""

from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from enas_tf.data.fingerprint import Fingerprint
from enas_tf.data.image_set import ImageSet
from enas_tf.data.storage import IN_MEMORY, Block, Storage, Stream
from enas_tf.data.stored_images import BYTES_AT_ONCE, Images


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


def resize_image_set(
    image_set: ImageSet, size: int, storage: Storage = IN_MEMORY, what: str = "--image_size"
) -> ImageSet:
    """Returns the same images at `size` x `size` pixels; the very same set if they have that size already.

    Args:
      image_set: The images.
      size: Height and width of the result.
      storage: Where resized images go.
      what: Flag to name in an error.
    """
    if all(images.shape[1:3] == (size, size) for images, _ in image_set.parts.values()):
        return image_set
    streams = {
        part: Stream(len(labels), _resized(images, labels, size)) for part, (images, labels) in image_set.parts.items()
    }

    def key() -> str:
        return f"{Fingerprint(image_set, what).state()}-{size}"

    return image_set.with_parts(storage.keep(streams, key, what))


def _resized(images: Images, labels: np.ndarray, size: int) -> Iterator[Block]:
    at_once = max(1, BYTES_AT_ONCE // (size * size * images.shape[-1]))
    for start in range(0, len(images), at_once):
        some = slice(start, start + at_once)
        yield resize(np.asarray(images[some]), size).numpy(), labels[some]
