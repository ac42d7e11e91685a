"""A run that goes on refuses other images than those it began with."""

import dataclasses

import numpy as np
import pytest

from enas_tf.data import ImageSet
from enas_tf.data.fingerprint import Fingerprint
from enas_tf.errors import InputError

IMAGES = np.arange(2 * 8 * 8, dtype=np.uint8).reshape(2, 8, 8, 1)
LABELS = np.array([0, 1], np.int32)
SET = ImageSet("made", IMAGES, LABELS, IMAGES[::-1], LABELS[::-1], 2)


def test_the_same_images_are_the_same_whatever_their_layout_in_memory():
    copied = dataclasses.replace(SET, test_images=np.ascontiguousarray(SET.test_images), name="elsewhere")
    Fingerprint(copied, "--data_path").restore(Fingerprint(SET, "--dataset").state())


@pytest.mark.parametrize(
    "changed",
    [
        {"train_images": IMAGES + 1},
        {"train_labels": LABELS[::-1]},
        {"test_images": IMAGES},
        {"test_labels": LABELS},
        {"train_images": IMAGES.reshape(2, 16, 4, 1)},
    ],
)
def test_others_are_refused(changed):
    with pytest.raises(InputError, match="--data_path: expected the images and labels that the run found there began"):
        Fingerprint(dataclasses.replace(SET, **changed), "--data_path").restore(Fingerprint(SET, "").state())
