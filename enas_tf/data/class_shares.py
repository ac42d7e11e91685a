"""How the classes share the images of a split."""

from collections.abc import Sequence

import numpy as np

from enas_tf.errors import listed


def largest_class_share(labels: np.ndarray) -> float:
    """Returns the share of the largest class, which is the accuracy of always naming it.

    Args:
      labels: int [N], at least one.
    """
    return float(np.bincount(labels).max() / len(labels))


def lacking_note(part: str, labels: np.ndarray, num_classes: int, class_names: Sequence[str]) -> str | None:
    """Names the classes of which a split has no image, in a sentence; None if it has all.

    Args:
      part: Whose images: `training`, `validation`, `test`.
      labels: int [N].
      num_classes: Number of classes.
      class_names: Their names by label; empty if they have none.
    """
    lacking = np.flatnonzero(np.bincount(labels, minlength=num_classes) == 0)
    if not len(lacking):
        return None
    names = listed(class_names[label] if class_names else str(label) for label in lacking.tolist())
    return f"Warning: of {num_classes} classes, {len(lacking)} without a {part} image: {names}"


def in_proportion(labels: np.ndarray, count: int) -> np.ndarray:
    """Chooses images of every class in proportion to its size, of each class the last ones.

    Numbers of images are rounded by largest remainder, of equal ones the lower label first; but where there is room
    for all classes, each of two images or more is chosen from.

    Args:
      labels: int [N].
      count: How many images are chosen, less than N.

    Returns:
      bool [N], true for `count` of them.
    """
    sizes = np.bincount(labels)
    exact = sizes * count / len(labels)
    taken = np.floor(exact).astype(np.int64)
    if count >= np.count_nonzero(sizes):
        taken = np.maximum(taken, sizes >= 2)
    for label in np.argsort(taken - exact, kind="stable")[: max(0, count - taken.sum())]:
        taken[label] += 1
    while taken.sum() > count:  # room made for small classes is taken from where most is taken
        taken[np.argmax(taken)] -= 1
    chosen = np.zeros(len(labels), bool)
    for label in np.flatnonzero(taken):
        chosen[np.flatnonzero(labels == label)[-taken[label] :]] = True
    return chosen
