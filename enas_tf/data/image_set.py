"""Labelled images in memory, as every source delivers them, and what the networks ask of them."""

import dataclasses
from typing import Any

import numpy as np

from enas_tf.errors import InputError
from enas_tf.seeds import named_generator

# Both reductions halve the map; 8 pixels leave 2 for the last layers.
SMALLEST_SIDE = 8
MOST_CHANNELS = 4

TEST_FRACTION = 0.2


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """The training and the test images of one data set.

    Attributes:
      name: The TFDS name or the directory.
      train_images: uint8 [N, H, W, C], 0 to 255.
      train_labels: int32 [N], 0 to num_classes - 1.
      test_images: uint8 [M, H, W, C].
      test_labels: int32 [M].
      num_classes: Number of classes.
      class_names: Their names by label; empty if the source has none.
      notes: Sentences for the log on what a reader of results should know of the images.
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    num_classes: int
    class_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        return self.train_images.shape[1:]


def shuffled_once(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Puts images that lie in a meaningful order into an arbitrary one, the same in every run.

    The validation set is the last part of the training images, so their order must not depend on the class, and
    what is test and what is training must not depend on a run's seed.

    Args:
      images: [N, H, W, C].
      labels: [N].
    """
    order = named_generator(0, "source order").permutation(len(images))
    return images[order], labels[order]


def hold_out_test(images: np.ndarray, labels: np.ndarray, **fields: Any) -> ImageSet:
    """Makes an image set of images that come without a test set: a fixed fifth of them becomes it.

    Args:
      images: uint8 [N, H, W, C], in any order.
      labels: int32 [N].
      **fields: The other attributes of `ImageSet`.
    """
    images, labels = shuffled_once(images, labels)
    num_train = len(images) - int(len(images) * TEST_FRACTION)
    return ImageSet(
        train_images=images[:num_train],
        train_labels=labels[:num_train],
        test_images=images[num_train:],
        test_labels=labels[num_train:],
        **fields,
    )


def check_image_set(image_set: ImageSet, what: str) -> None:
    """Refuses images no network of this package can be trained on.

    Args:
      image_set: The images, already resized.
      what: Flag to name in an error.

    Raises:
      InputError: If there are no images, or too small ones, or their channels, shapes or labels do not fit.
    """
    for part, images in (("training", image_set.train_images), ("test", image_set.test_images)):
        if not len(images):
            raise InputError(what, f"{part} images", "none")
    height, width, channels = image_set.image_shape
    size = f"{height}x{width} pixels"
    if image_set.test_images.shape[1:] != image_set.image_shape:
        received = f"{image_set.image_shape} and {image_set.test_images.shape[1:]}"
        raise InputError(what, "training and test images of one shape (see --image_size)", received)
    if min(height, width) < SMALLEST_SIDE:
        expected = f"images of at least {SMALLEST_SIDE}x{SMALLEST_SIDE} pixels, to survive two reductions"
        raise InputError(what, f"{expected} (--image_size enlarges them)", size)
    if not 1 <= channels <= MOST_CHANNELS:
        raise InputError(what, f"images of 1 to {MOST_CHANNELS} channels", channels)
    if image_set.train_images.min() == image_set.train_images.max():
        value = image_set.train_images.flat[0]
        raise InputError(what, "training images that differ somewhere", f"constant ones, all of value {value}")
    if image_set.num_classes < 2:
        raise InputError(what, "at least 2 classes", image_set.num_classes)
    for labels in (image_set.train_labels, image_set.test_labels):
        if labels.min() < 0 or labels.max() >= image_set.num_classes:
            received = f"labels from {labels.min()} to {labels.max()}"
            raise InputError(what, f"labels in 0..{image_set.num_classes - 1} for every image", received)
