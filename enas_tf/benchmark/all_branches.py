"""The original's way to run a sampled architecture: every operation is computed, then one result is selected.

These networks have the layers and weights of the library's; their only use is to be compared with.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.micro_operations import MicroOperation
from enas_tf.models.factory import ChildKinds
from enas_tf.models.macro_child import MacroChild
from enas_tf.models.micro_child import MicroChild
from enas_tf.models.pieces import CallLayer, Known
from enas_tf.models.shared_child import SharedChild
from enas_tf.search_space import MacroSpace, MicroSpace


class AllBranchesMacroChild(MacroChild):
    """A macro network that computes all operations of a layer and selects one, as `tf.case` does in the original.

    Operations that are not selected receive a gradient of zeros, with which their backward pass is computed.
    """

    def _call_operation(self, call: CallLayer, i: int, operation: str, maps: Known, training: bool) -> Known:
        call_one, names = super()._call_operation, list(self.operations[i])
        branches = [call_one(call, i, name, maps, training) for name in names]
        return call(_made(_Selection, branches[0].shape, names.index(operation)), branches, training)


class AllBranchesMicroChild(MicroChild):
    """A micro network that computes all operations on an input and takes one out of their stack, as the original."""

    def _call_operation(
        self,
        call: CallLayer,
        modules: Mapping[str, MicroOperation],
        operation: str,
        entries: Sequence[Known],
        index: int,
        training: bool,
    ) -> Known:
        call_one, names = super()._call_operation, list(modules)
        branches = [call_one(call, modules, name, entries, index, training) for name in names]
        return call(_made(_StackEntry, branches[0].shape), branches, training, names.index(operation))


ALL_BRANCHES_CHILDREN: ChildKinds[SharedChild] = {MacroSpace: AllBranchesMacroChild, MicroSpace: AllBranchesMicroChild}


class _Selection(keras.layers.Layer):
    """Gives one of several maps; the gradient to the others is zero."""

    def __init__(self, chosen: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.chosen = chosen

    def call(self, inputs: list[tf.Tensor], training: bool = False) -> tf.Tensor:
        @tf.custom_gradient
        def select(*branches: tf.Tensor) -> tuple[tf.Tensor, Callable]:
            def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
                return [upstream if k == self.chosen else tf.zeros_like(upstream) for k in range(len(branches))]

            return tf.identity(branches[self.chosen]), gradient

        return select(*inputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "chosen": self.chosen}


class _StackEntry(keras.layers.Layer):
    """Gives one of several maps, out of their stack."""

    def call(self, inputs: list[tf.Tensor], chosen: tf.Tensor, training: bool = False) -> tf.Tensor:
        return tf.stack(inputs)[chosen]


@functools.cache
def _made(kind: type[keras.layers.Layer], shape: tf.TensorShape, *arguments: int) -> keras.layers.Layer:
    """The one layer of a kind for maps of a shape, built."""
    layer = kind(*arguments)
    layer.build(shape)
    return layer
