"""Reading a stream of single examples into memory."""

import numpy as np
import tensorflow as tf

from enas_tf.data.resizing import resize
from enas_tf.errors import InputError

_EXAMPLES_AT_ONCE = 1024


def stack_examples(examples: tf.data.Dataset, image_size: int | None, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads all examples into two arrays.

    Args:
      examples: Elements (uint8 image [H, W, C], label); the image's static shape may be unknown.
      image_size: Height and width to resize every image to, None for none.
      what: Flag to name in an error.

    Returns:
      Images uint8 [N, H, W, C] and labels int32 [N], in the stream's order.

    Raises:
      InputError: If there is no example, or the images differ in shape.
    """
    if image_size is not None:
        examples = examples.map(
            lambda image, label: (resize(image, image_size), label), num_parallel_calls=tf.data.AUTOTUNE
        )
    # Only images known to have one shape can be batched before that has been checked.
    one_shape = examples.element_spec[0].shape.is_fully_defined()
    batches = examples.batch(_EXAMPLES_AT_ONCE if one_shape else 1).prefetch(tf.data.AUTOTUNE)
    images, labels = [], []
    for image_batch, label_batch in batches.as_numpy_iterator():
        images.append(image_batch)
        labels.append(label_batch)
        _check_same_shape(images[0].shape[1:], image_batch.shape[1:], what, sum(map(len, images)))
    if not images:
        raise InputError(what, "at least one image", "none")
    return np.concatenate(images), np.concatenate(labels).astype(np.int32)


def _check_same_shape(first: tuple[int, ...], other: tuple[int, ...], what: str, number: int) -> None:
    latter = f"the latter in image {number}"
    if first[:2] != other[:2]:
        sizes = " and ".join(f"{height}x{width}" for height, width, _ in (first, other))
        raise InputError(what, "images of one size, or --image_size to resize them to", f"{sizes}, {latter}")
    if first != other:
        raise InputError(what, "images with one number of channels", f"{first[-1]} and {other[-1]}, {latter}")
