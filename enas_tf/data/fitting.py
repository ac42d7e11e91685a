"""Images from elsewhere, brought to the shape of those a network was trained on."""

import pathlib

import numpy as np

from enas_tf.data.decoding import decode_image
from enas_tf.data.resizing import resize_to
from enas_tf.errors import InputError

_GREY, _COLOUR = 1, 3


def read_fitting_image(path: pathlib.Path, image_shape: tuple[int, int, int]) -> np.ndarray:
    """Reads an image file as the images of a run are read: resized where it has another size, grey made coloured.

    Args:
      path: The file.
      image_shape: (height, width, channels) to give it.

    Returns:
      uint8 [height, width, channels].

    Raises:
      InputError: If it cannot be read, or has other channels.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(str(path), "an image file", error.strerror) from None
    image = decode_image(content, str(path))
    *size, channels = image_shape
    if (image.shape[-1], channels) == (_GREY, _COLOUR):
        image = np.repeat(image, _COLOUR, axis=-1)
    if image.shape[-1] != channels:
        expected = f"an image of {channels} channels, as those that the network was trained on"
        raise InputError(str(path), expected, f"one of {image.shape[-1]}")
    return image if image.shape[:2] == tuple(size) else resize_to(image, size).numpy()
