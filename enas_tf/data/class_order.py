"""Orders of images that follow their classes, and the one arbitrary order that replaces them.

The validation set is the last part of the training images, and fewer test images are the first ones: where images lie
sorted by class, either would be of a few classes only.
"""

import dataclasses

import numpy as np

from enas_tf.data.image_set import PART_NAMES, ImageSet, shuffled_once


def is_sorted_by_class(labels: np.ndarray) -> bool:
    """Tells whether images lie class by class, or in several stretches that each do.

    In an arbitrary order of n images, n_i of them of class i, the class changes n - sum(n_i^2) / n times on average
    (expected neighbours of unlike class, as in the runs test of Wald and Wolfowitz, 1940). Fewer than half of that
    is an order that follows the class; CIFAR-10's published order has all of it.

    Args:
      labels: int [N].
    """
    counts = np.unique(labels, return_counts=True)[1]
    if len(counts) < 2 or len(counts) == len(labels):
        return False
    num_changes = np.count_nonzero(np.diff(labels))
    expected = len(labels) - np.square(counts.astype(np.float64)).sum() / len(labels)
    return bool(num_changes == len(counts) - 1 or num_changes < expected / 2)


def without_class_order(image_set: ImageSet) -> ImageSet:
    """Puts images of a part that lie sorted by class into an arbitrary order, the same in every run.

    Args:
      image_set: As its source delivers it; what lies in another order stays as it is.

    Returns:
      The set, with a note if an order was changed.
    """
    found = [part for part, (_, labels) in image_set.parts.items() if is_sorted_by_class(labels)]
    if not found:
        return image_set
    shuffled = image_set.with_parts({part: shuffled_once(*image_set.parts[part]) for part in found})
    words = " and ".join(PART_NAMES[part] for part in found)
    note = f"Sorted by class in {image_set.name}, so read in one shuffled order, whatever the seed: {words} images"
    return dataclasses.replace(shuffled, notes=(*image_set.notes, note))
