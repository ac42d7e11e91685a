"""Image files to arrays: by TensorFlow where it has a decoder for them, else by Pillow."""

import io

import numpy as np
import tensorflow as tf
from PIL import Image, UnidentifiedImageError

from enas_tf.errors import InputError

# How files begin that TensorFlow decodes: JPEG, PNG, GIF, BMP.
_PNG = b"\x89PNG\r\n\x1a\n"
_BY_TENSORFLOW = (b"\xff\xd8\xff", _PNG, b"GIF8", b"BM")
_PNG_BIT_DEPTH = 24  # where a PNG file says it
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
    if content.startswith(_PNG) and content[_PNG_BIT_DEPTH : _PNG_BIT_DEPTH + 1] == b"\x10":
        raise _too_deep(path, "16 bits")
    if content.startswith(_BY_TENSORFLOW):
        try:
            return tf.io.decode_image(content, expand_animations=False).numpy()
        except tf.errors.InvalidArgumentError:
            pass  # a variant that Pillow may know
    return _decode_by_pillow(content, path)


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
