"""scikit-learn's 1,797 real handwritten digits of 8x8 pixels: images that need no download."""

import numpy as np
from sklearn.datasets import load_digits

from enas_tf.data.image_set import ImageSet, hold_out_test

NAME = "digits"

# The digits are counts of set pixels in blocks of 4x4.
_BRIGHTEST = 16


def read_digits() -> ImageSet:
    """Returns the digits, 8x8x1 and scaled to 0..255; a fixed fifth of them is the test set."""
    digits = load_digits()
    images = np.rint(digits.images * (255 / _BRIGHTEST)).astype(np.uint8)[..., np.newaxis]
    return hold_out_test(
        images,
        digits.target.astype(np.int32),
        name=NAME,
        num_classes=len(digits.target_names),
        class_names=tuple(str(name) for name in digits.target_names),
    )
