"""Labelled images, as every source delivers them, and what the networks ask of them."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from enas_tf.data.stored_images import Images, blocks_of
from enas_tf.errors import InputError
from enas_tf.seeds import named_generator

# Both reductions halve the map; 8 pixels leave 2 for the last layers.
SMALLEST_SIDE = 8
MOST_CHANNELS = 4

TEST_FRACTION = 0.2

# What parts of a set are called in messages.
PART_NAMES = {"train": "training", "test": "test", "valid": "validation"}
_KINDS = ("images", "labels")


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """The training and the test images of one data set.

    Attributes:
      name: The TFDS name or the directory.
      train_images: uint8 [N, H, W, C], 0 to 255; like all images in memory, or on disk and read by index.
      train_labels: int32 [N], 0 to num_classes - 1.
      test_images: uint8 [M, H, W, C].
      test_labels: int32 [M].
      num_classes: Number of classes.
      class_names: Their names by label; empty if the source has none.
      valid_images: The source's own validation images, uint8 [L, H, W, C]; None where training images are held out.
      valid_labels: Theirs, int32 [L].
      notes: Sentences for the log on what a reader of results should know of the images.
    """

    name: str
    train_images: Images
    train_labels: np.ndarray
    test_images: Images
    test_labels: np.ndarray
    num_classes: int
    class_names: tuple[str, ...] = ()
    valid_images: Images | None = None
    valid_labels: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> dict[str, tuple[Images, np.ndarray]]:
        """Images and labels of `train`, `test` and, if the source has it, `valid`: the prefixes of the attributes."""
        parts = {"train": (self.train_images, self.train_labels), "test": (self.test_images, self.test_labels)}
        if self.valid_images is not None and self.valid_labels is not None:
            parts["valid"] = (self.valid_images, self.valid_labels)
        return parts

    @classmethod
    def of_parts(cls, parts: Mapping[str, tuple[Images, np.ndarray]], **fields: Any) -> "ImageSet":
        """Makes a set of what `parts` gives and the other attributes."""
        return cls(**_attributes(parts), **fields)

    def with_parts(self, parts: Mapping[str, tuple[Images, np.ndarray]]) -> "ImageSet":
        """Returns the set with some of its `parts` replaced."""
        return dataclasses.replace(self, **_attributes(parts))

    @property
    def has_validation(self) -> bool:
        """Whether the source has validation images of its own."""
        return self.valid_images is not None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        return self.train_images.shape[1:]


def _attributes(parts: Mapping[str, tuple[Images, np.ndarray]]) -> dict[str, Any]:
    return {f"{part}_{kind}": array for part, pair in parts.items() for kind, array in zip(_KINDS, pair, strict=True)}


def shuffled_once(images: Images, labels: np.ndarray) -> tuple[Images, np.ndarray]:
    """Puts images that lie in a meaningful order into an arbitrary one, the same in every run.

    The validation set is the last part of the training images, so their order must not depend on the class, and
    what is test and what is training must not depend on a run's seed.

    Args:
      images: [N, H, W, C].
      labels: [N].
    """
    order = named_generator(0, "source order").permutation(len(images))
    return images[order], labels[order]


def hold_out_test(images: Images, labels: np.ndarray, **fields: Any) -> ImageSet:
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
    for part, (images, _) in image_set.parts.items():
        if not len(images):
            raise InputError(what, f"{PART_NAMES[part]} images", "none")
    height, width, channels = image_set.image_shape
    size = f"{height}x{width} pixels"
    for part, (images, _) in image_set.parts.items():
        if images.shape[1:] != image_set.image_shape:
            received = f"{image_set.image_shape} and {images.shape[1:]}"
            raise InputError(what, f"training and {PART_NAMES[part]} images of one shape (see --image_size)", received)
    if min(height, width) < SMALLEST_SIDE:
        expected = f"images of at least {SMALLEST_SIDE}x{SMALLEST_SIDE} pixels, to survive two reductions"
        raise InputError(what, f"{expected} (--image_size enlarges them)", size)
    if not 1 <= channels <= MOST_CHANNELS:
        raise InputError(what, f"images of 1 to {MOST_CHANNELS} channels", channels)
    value = np.asarray(image_set.train_images[:1]).flat[0]
    if all((block == value).all() for block in blocks_of(image_set.train_images)):
        raise InputError(what, "training images that differ somewhere", f"constant ones, all of value {value}")
    if image_set.num_classes < 2:
        raise InputError(what, "at least 2 classes", image_set.num_classes)
    for _, labels in image_set.parts.values():
        if labels.min() < 0 or labels.max() >= image_set.num_classes:
            received = f"labels from {labels.min()} to {labels.max()}"
            raise InputError(what, f"labels in 0..{image_set.num_classes - 1} for every image", received)
