"""Reading a stream of single examples, some at a time."""

import math
import os
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from enas_tf.data.resizing import resize
from enas_tf.data.storage import Block
from enas_tf.data.stored_images import BYTES_AT_ONCE
from enas_tf.errors import InputError


def example_blocks(examples: tf.data.Dataset, image_size: int | None, what: str) -> Iterator[Block]:
    """Goes through all examples in the stream's order.

    Args:
      examples: Elements (uint8 image [H, W, C], label); the image's static shape may be unknown.
      image_size: Height and width to resize every image to, None for none.
      what: Flag to name in an error.

    Yields:
      Images uint8 [B, H, W, C] and labels int32 [B].

    Raises:
      InputError: If the images differ in shape.
    """
    if image_size is not None:
        examples = examples.map(
            lambda image, label: (resize(image, image_size), label), num_parallel_calls=os.cpu_count()
        )
    # Only images known to have one shape can be batched before that has been checked.
    shape = examples.element_spec[0].shape
    at_once = max(1, BYTES_AT_ONCE // math.prod(shape)) if shape.is_fully_defined() else 1
    first: tuple[int, ...] | None = None
    count = 0
    for images, labels in examples.batch(at_once).prefetch(2).as_numpy_iterator():
        first = images.shape[1:] if first is None else first
        _check_same_shape(first, images.shape[1:], what, count)
        count += len(labels)
        yield images, labels.astype(np.int32)


def _check_same_shape(first: tuple[int, ...], other: tuple[int, ...], what: str, number: int) -> None:
    latter = f"the latter in image {number}"
    if first[:2] != other[:2]:
        sizes = " and ".join(f"{height}x{width}" for height, width, _ in (first, other))
        raise InputError(what, "images of one size, or --image_size to resize them to", f"{sizes}, {latter}")
    if first != other:
        raise InputError(what, "images with one number of channels", f"{first[-1]} and {other[-1]}, {latter}")
