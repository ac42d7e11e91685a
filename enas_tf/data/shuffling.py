"""An endless shuffled stream whose every batch is a function of the seed and its number alone."""

import tensorflow as tf


def shuffled_indices(step: tf.Tensor, batch_size: int, num_images: int, seed: tuple[int, int]) -> tf.Tensor:
    """Returns which images make up a batch.

    Passes over the images follow each other without a gap, each in an order of its own: every batch is full, and
    one that lies across two passes takes from both.

    Args:
      step: int64 scalar, the batch's number.
      batch_size: Images in a batch, at most `num_images`.
      num_images: Images in a pass.
      seed: The stream's seed pair.

    Returns:
      int64 [batch_size], values in 0..num_images - 1.
    """
    positions = step * batch_size + tf.range(batch_size, dtype=tf.int64)
    passes = positions // num_images
    # At most two passes meet in a batch, so two orders are enough.
    first, last = (_shuffle(positions % num_images, num_images, seed, passes[end]) for end in (0, -1))
    return tf.where(tf.equal(passes, passes[0]), first, last)


def _shuffle(indices: tf.Tensor, num_images: int, seed: tuple[int, int], number: tf.Tensor) -> tf.Tensor:
    """Maps indices to where they lie in the order of one pass."""
    pass_seed = tf.random.experimental.stateless_fold_in(seed, number)
    last_index = tf.constant(num_images - 1, indices.dtype)
    return tf.random.experimental.index_shuffle(indices, pass_seed, last_index)
