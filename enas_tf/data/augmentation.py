"""Random crops, flips and CutOut of whole batches, each a function of its seed alone.

Batches are float32 [B, H, W, C], already normalised, so that the zeros filled in are the mean colour.
"""

import dataclasses

import tensorflow as tf

from enas_tf.seeds import derive_seed

# 4 pixels of padding at 32, as in the original.
_SIZE_PER_PADDING = 8


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """What happens to a training batch: crop, then flip, then CutOut.

    Attributes:
      seed: The run's seed.
      horizontal_flip: Whether images are flipped left-right at random.
      cutout_size: Side in pixels of the square CutOut blanks; None for no CutOut.
    """

    seed: int
    horizontal_flip: bool
    cutout_size: int | None

    def __call__(self, images: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        """Augments the batch of a step.

        Args:
          images: float32 [B, H, W, C].
          step: int64 scalar, the global step.
        """
        images = random_crop(images, self._seed_at("crop", step))
        if self.horizontal_flip:
            images = random_flip(images, self._seed_at("flip", step))
        if self.cutout_size is not None:
            images = cutout(images, self.cutout_size, self._seed_at("cutout", step))
        return images

    def _seed_at(self, name: str, step: tf.Tensor) -> tf.Tensor:
        return tf.random.experimental.stateless_fold_in(derive_seed(self.seed, name), step)


def padding_of(side: int) -> int:
    """Returns the padding of one border: 4 at 32 pixels, in proportion at other sides, at least 1."""
    return max(1, side // _SIZE_PER_PADDING)


def random_crop(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Pads every border with zeros and crops each image back to its size at a place of its own.

    Args:
      images: float32 [B, H, W, C].
      seed: Stateless seed pair.
    """
    _, height, width, _ = images.shape
    above, left = padding_of(height), padding_of(width)
    padded = tf.pad(images, [[0, 0], [above, above], [left, left], [0, 0]])
    tops, lefts = _corners(tf.shape(images)[0], (0, 0), (2 * above + 1, 2 * left + 1), seed)
    rows = tops[:, tf.newaxis] + tf.range(height)  # [B, H]
    columns = lefts[:, tf.newaxis] + tf.range(width)  # [B, W]
    return _take_columns(tf.gather(padded, rows, axis=1, batch_dims=1), columns)


def random_flip(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Flips each image left-right with probability one half.

    Args:
      images: float32 [B, H, W, C].
      seed: Stateless seed pair.
    """
    width = images.shape[2]
    flipped = tf.random.stateless_uniform([tf.shape(images)[0], 1], seed) < 0.5
    return _take_columns(images, tf.where(flipped, tf.range(width)[::-1], tf.range(width)))


def cutout(images: tf.Tensor, size: int, seed: tf.Tensor) -> tf.Tensor:
    """Sets a square of each image to zero (CutOut, DeVries and Taylor 2017).

    All places at which the square covers at least one pixel are equally likely: it may hang over any border.

    Args:
      images: float32 [B, H, W, C].
      size: Side of the square in pixels.
      seed: Stateless seed pair.
    """
    _, height, width, _ = images.shape
    tops, lefts = _corners(tf.shape(images)[0], (1 - size, 1 - size), (height, width), seed)
    rows, columns = _covered(tops, size, height), _covered(lefts, size, width)
    square = rows[:, :, tf.newaxis, tf.newaxis] & columns[:, tf.newaxis, :, tf.newaxis]  # [B, H, W, 1]
    return tf.where(square, 0.0, images)


def _take_columns(images: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Puts each image together from columns of its own, int32 [B, W]."""
    return tf.gather(images, columns, axis=2, batch_dims=1)


def _corners(
    num_images: tf.Tensor, low: tuple[int, int], high: tuple[int, int], seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws the top and the left of a rectangle for each image, two int32 [B], from low (included) to high (not)."""
    top_seed, left_seed = tf.unstack(tf.random.experimental.stateless_split(seed, num=2))
    tops = tf.random.stateless_uniform([num_images], top_seed, minval=low[0], maxval=high[0], dtype=tf.int32)
    lefts = tf.random.stateless_uniform([num_images], left_seed, minval=low[1], maxval=high[1], dtype=tf.int32)
    return tops, lefts


def _covered(starts: tf.Tensor, size: int, length: int) -> tf.Tensor:
    """Marks the `size` positions from each start on; bool [B, length]."""
    distances = tf.range(length) - starts[:, tf.newaxis]
    return (distances >= 0) & (distances < size)
