"""Which images a run began with, so that one that goes on does not take others for them."""

import hashlib
import itertools

import numpy as np

from enas_tf.data.image_set import ImageSet
from enas_tf.data.stored_images import blocks_of
from enas_tf.errors import InputError


class Fingerprint:
    """A hash of all images and labels of a set.

    Args:
      image_set: The images.
      what: Flag to name in an error.
    """

    def __init__(self, image_set: ImageSet, what: str):
        self._what = what
        digest = hashlib.blake2b(digest_size=16)
        for array in itertools.chain(*image_set.parts.values()):
            digest.update(f"{array.dtype} {array.shape}".encode())
            for block in blocks_of(array):
                digest.update(np.ascontiguousarray(block).data)
        self._digest = digest.hexdigest()

    def state(self) -> str:
        """Returns what a checkpoint keeps."""
        return self._digest

    def restore(self, state: str) -> None:
        """Compares with what a checkpoint kept.

        Raises:
          InputError: If it is of other images or labels.
        """
        if state != self._digest:
            expected = "the images and labels that the run found there began with (or --reset_output_dir)"
            raise InputError(self._what, expected, "others")
