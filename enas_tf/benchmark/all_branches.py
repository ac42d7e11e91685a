"""The original's way to run a sampled architecture: every operation is computed, then one result is selected.

These networks have the layers and weights of the library's; their only use is to be compared with.
"""

from collections.abc import Sequence

import tensorflow as tf

from enas_tf.models.macro_child import MacroChild
from enas_tf.models.micro_child import MicroChild
from enas_tf.search_space import MacroSpace, MicroSpace


class AllBranchesMacroChild(MacroChild):
    """A macro network that computes all operations of a layer and selects one, as `tf.case` does in the original.

    Operations that are not selected receive a gradient of zeros, with which their backward pass is computed.
    """

    def _run_operation(self, i: int, operation: str, maps: tf.Tensor, training: bool) -> tf.Tensor:
        run, names = super()._run_operation, list(self.operations[i])
        return _select(names.index(operation), *(run(i, name, maps, training) for name in names))


class AllBranchesMicroChild(MicroChild):
    """A micro network that computes all operations on an input and takes one out of their stack, as the original."""

    def _run_operation(
        self, modules: dict, operation: str, entries: Sequence[tf.Tensor], index: int, training: bool
    ) -> tf.Tensor:
        run, names = super()._run_operation, list(modules)
        branches = tf.stack([run(modules, name, entries, index, training) for name in names])
        return branches[names.index(operation)]


ALL_BRANCHES_CHILDREN = {MacroSpace: AllBranchesMacroChild, MicroSpace: AllBranchesMicroChild}


def _select(chosen: int, *branches: tf.Tensor) -> tf.Tensor:
    @tf.custom_gradient
    def select(*branches):
        def gradient(upstream):
            return [upstream if k == chosen else tf.zeros_like(upstream) for k in range(len(branches))]

        return tf.identity(branches[chosen]), gradient

    return select(*branches)
