"""Named random streams: every random thing draws from the one root seed by its own name.

A draw is a function of (root seed, name, counters) and of nothing else, so a run that is resumed at step t
draws what an undisturbed run draws at step t, without any generator state to store.
"""

import hashlib

import numpy as np


def derive_seed(root: int, name: str, *counters: int) -> tuple[int, int]:
    """Derives a stateless seed pair, the form `tf.random.stateless_*` and `tf.random.experimental` take.

    Args:
      root: The run's `--seed`.
      name: The stream, for example "augmentation".
      *counters: Position within the stream, for example the global step.

    Returns:
      Two integers in [0, 2**31).
    """
    text = ":".join([str(root), name, *(str(int(counter)) for counter in counters)])
    digest = hashlib.sha256(text.encode()).digest()
    low, high = (int.from_bytes(digest[i : i + 4], "big") & 0x7FFFFFFF for i in (0, 4))
    return low, high


def named_generator(root: int, name: str, *counters: int) -> np.random.Generator:
    """Returns numpy's generator for one position of one named stream (arguments as `derive_seed`)."""
    return np.random.default_rng(derive_seed(root, name, *counters))
