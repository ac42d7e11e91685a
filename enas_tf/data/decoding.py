"""Image files to arrays: by TensorFlow where it has a decoder for them, else by Pillow."""

import contextlib
import io

import numpy as np
import tensorflow as tf
from PIL import Image, UnidentifiedImageError

from enas_tf.errors import InputError

# How files begin that TensorFlow decodes: JPEG, PNG, GIF, BMP.
_JPEG = b"\xff\xd8\xff"
PNG = b"\x89PNG\r\n\x1a\n"
_BY_TENSORFLOW = (_JPEG, PNG, b"GIF8", b"BM")
PNG_BIT_DEPTH = 24  # where a PNG file says it
DEEP = b"\x10"  # and what it says there of 16 bits
_KEPT_COMPONENTS = (1, 3)  # of a JPEG: grey and YCbCr; what becomes of the four of print is the decoder's choice
# Of Pillow's modes those that are decoded as they are; most others become coloured.
_KEPT_MODES = ("L", "LA", "RGB", "RGBA")
_OTHER_MODES = {"1": "L", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}
_DEEP_MODES = ("I", "F")  # and whatever begins so: more than 8 bits a number


def decode_image(content: bytes, path: str) -> np.ndarray:
    """Decodes a file; of an animation its first frame.

    Args:
      content: Of the file.
      path: To name in an error.

    Returns:
      uint8 [H, W, C] with the channels it has.

    Raises:
      InputError: If neither TensorFlow nor Pillow can decode it, or its numbers have more than 8 bits.
    """
    if content.startswith(PNG) and content[PNG_BIT_DEPTH : PNG_BIT_DEPTH + 1] == DEEP:
        raise _too_deep(path, "16 bits")
    if content.startswith(_BY_TENSORFLOW):
        try:
            return tf.io.decode_image(content, expand_animations=False).numpy()
        except tf.errors.InvalidArgumentError:
            pass  # a variant that Pillow may know
    return _decode_by_pillow(content, path)


def image_shape(content: bytes, path: str) -> tuple[int, int, int]:
    """Returns height, width and channels of what `decode_image` gives (arguments and errors as there).

    Of a JPEG, whose header says it, no more is looked at.
    """
    if content.startswith(_JPEG):
        with contextlib.suppress(tf.errors.InvalidArgumentError):
            height, width, channels = tf.io.extract_jpeg_shape(content).numpy().tolist()
            if channels in _KEPT_COMPONENTS:
                return height, width, channels
    height, width, channels = decode_image(content, path).shape
    return height, width, channels


def _decode_by_pillow(content: bytes, path: str) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.mode.startswith(_DEEP_MODES):
                raise _too_deep(path, f"Pillow's mode {image.mode}")
            mode = image.mode if image.mode in _KEPT_MODES else _OTHER_MODES.get(image.mode, "RGB")
            pixels = np.asarray(image.convert(mode), np.uint8)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(path, "an image that TensorFlow or Pillow decodes", "something that cannot be") from None
    return pixels.reshape(*pixels.shape[:2], -1)


def _too_deep(path: str, received: str) -> InputError:
    return InputError(path, "an image of 8 bits a channel", received)
