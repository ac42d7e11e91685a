"""Finds the dropout masks behind logits of the original's micro search.

Its shared micro network takes itself to be training whenever it runs, in evaluation too, so that its dropout is on
there. Which features were dropped is not recorded, but follows from the logits: they are a sum over the features that
were kept, and of the 2^F sums of F features only one is equal to them in all classes.
"""

import numpy as np
import tensorflow as tf

from enas_tf.models.micro_child import MicroChild
from enas_tf.search_space import Arc

# Sums over subsets are tabulated for either half of the features; more features than these take too much memory.
MAX_FEATURES = 36
_TOLERANCE = 1e-4  # of the largest logit


def logits_under_masks(
    child: MicroChild, images: np.ndarray, arc: Arc, expected: np.ndarray, keep_prob: float
) -> np.ndarray:
    """The logits of an architecture under the masks that explain expected ones.

    Args:
      child: The network; it has at most `MAX_FEATURES` features.
      images: float32 [B, H, W, C].
      arc: The architecture.
      expected: float32 [B, num_classes].
      keep_prob: Of the dropout.

    Returns:
      float64 [B, num_classes]; of an image for which no mask is found, those without dropout.
    """
    features = features_of(child, images, arc)
    weights = child.classifier.fc.kernel.numpy().astype(np.float64)
    rows = []
    for image, logits in zip(features, expected, strict=True):
        parts = image[:, np.newaxis] * weights / keep_prob  # [F, num_classes]
        kept = find_subset(parts, logits)
        rows.append(image @ weights if kept is None else parts[kept].sum(axis=0))
    return np.array(rows)


def features_of(child: MicroChild, images: np.ndarray, arc: Arc) -> np.ndarray:
    """What the classifier's matrix is applied to, float64 [B, F]: its columns are read through
    matrices that pick them."""
    kernel = child.classifier.fc.kernel
    weights = kernel.numpy()
    num_features, num_classes = weights.shape
    padded = np.eye(num_features + num_classes, dtype=np.float32)[:num_features]
    columns = []
    try:
        for start in range(0, num_features, num_classes):
            kernel.assign(padded[:, start : start + num_classes])
            columns.append(child(tf.constant(images), arc=arc, training=False).numpy())
    finally:
        kernel.assign(weights)
    return np.concatenate(columns, axis=1)[:, :num_features].astype(np.float64)


def find_subset(parts: np.ndarray, total: np.ndarray) -> np.ndarray | None:
    """Finds which of some vectors add up to a given one.

    Args:
      parts: float64 [F, num_classes].
      total: [num_classes].

    Returns:
      bool [F]; None if no subset does.
    """
    half = len(parts) // 2
    left, right = _subset_sums(parts[:half]), _subset_sums(parts[half:])
    left_order = np.argsort(left[:, 0])
    tolerance = _TOLERANCE * np.max(np.abs(total))
    wanted = total - right  # what the left half has to add up to, for each subset of the right half
    first, last = (np.searchsorted(left[left_order, 0], wanted[:, 0] + sign * tolerance) for sign in (-1, 1))
    # All pairs of halves that agree in the first class, then those that agree in all.
    num_candidates = last - first
    in_right = np.repeat(np.arange(len(right)), num_candidates)
    rank = np.arange(len(in_right)) - np.repeat(np.cumsum(num_candidates) - num_candidates, num_candidates)
    in_left = left_order[first[in_right] + rank]
    errors = np.max(np.abs(left[in_left] - wanted[in_right]), axis=1, initial=0.0)
    if not np.any(errors < tolerance):
        return None
    best = int(np.argmin(errors))
    bits = ((in_left[best], half), (in_right[best], len(parts) - half))
    return np.array([bool(number >> k & 1) for number, count in bits for k in range(count)])


def _subset_sums(parts: np.ndarray) -> np.ndarray:
    """The sums over all subsets, bit k of a sum's index saying whether part k is in it."""
    sums = np.zeros((1, parts.shape[1]))
    for part in parts:
        sums = np.concatenate([sums, sums + part])
    return sums
