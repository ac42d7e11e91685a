"""Moving averages of one architecture's own, where a shared network has those of many.

Reference: Guo et al. (2020), arXiv 1904.00420, who recompute them for every candidate from training images.
"""

import contextlib
from collections.abc import Iterator, Sequence

import tensorflow as tf

from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.models.shared_child import SharedChild


class Recalibration:
    """Gives architectures moving averages of their own, one architecture at a time.

    Args:
      child: The shared network.
      batches: Training images, float32 [B, H, W, C] each; the same ones for every architecture.
    """

    def __init__(self, child: SharedChild, batches: Sequence[tf.Tensor]) -> None:
        self._child = child
        self._batches = batches
        # All state, for the passes move the states of random generators, too.
        self._state = [variable.value for variable in child.non_trainable_variables]
        # Keras has no public walk over all layers within layers.
        self._norms = [layer for layer in child._flatten_layers() if isinstance(layer, BatchNormalization)]
        # A network has hundreds of both, which a graph goes through in a tenth of the time.
        self._begin, self._complete, self._put_back = (
            tf.function(function, autograph=False) for function in (self._forget, self._make_up, self._restore)
        )

    @contextlib.contextmanager
    def of(self, arc: Sequence[int]) -> Iterator[None]:
        """Within the block the network has the moving averages of an architecture, and afterwards its own again."""
        kept = self._begin()
        try:
            for images in self._batches:
                self._child.outputs(images, arc, training=True)
            self._complete()
            yield
        finally:
            self._put_back(kept)

    def _forget(self) -> list[tf.Tensor]:
        """Begins all averages anew; returns the state before."""
        kept = [tf.identity(variable) for variable in self._state]
        for norm in self._norms:
            norm.forget()
        return kept

    def _make_up(self) -> None:
        for norm in self._norms:
            norm.make_up_for_start(len(self._batches))

    def _restore(self, kept: list[tf.Tensor]) -> None:
        for variable, value in zip(self._state, kept, strict=True):
            variable.assign(value)
