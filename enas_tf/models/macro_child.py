"""The shared network of the macro space: one set of weights that every architecture of the space runs on."""

from typing import Any

import keras

from enas_tf.layers.operations import MACRO_OPERATION_LAYERS
from enas_tf.models.layered_child import LayeredChild
from enas_tf.models.pieces import CallLayer, Known
from enas_tf.models.shared_child import MapSize
from enas_tf.search_space import MacroLayer, MacroSpace


class MacroChild(LayeredChild[MacroLayer, dict[str, keras.layers.Layer]]):
    """A shared network whose layers run one sampled operation each (arguments as `LayeredChild`).

    The quirks `last_branch` and `all_branch_statistics` concern this network.
    """

    space: MacroSpace

    def _layer_operations(self, i: int, size: MapSize) -> dict[str, keras.layers.Layer]:
        """The modules of one layer by operation; instances of one name share a module."""
        return {
            operation: self._part(
                self._make_operation, f"layer_{i}_{operation}", size, operation=operation, filters=size.channels
            )
            for operation in dict.fromkeys(self.space.operations)
        }

    def _make_operation(self, **kwargs: Any) -> keras.layers.Layer:
        """Makes the module of an operation (arguments as `OperationRegistry.make`)."""
        return MACRO_OPERATION_LAYERS.make(**kwargs)

    def _compute(self, call: CallLayer, i: int, layer: MacroLayer, maps: Known, training: bool) -> Known:
        sampled = self.space.operations[-1 if "last_branch" in self.quirks else layer.operation]
        output = self._call_operation(call, i, sampled, maps, training)
        # Where the last branch is wired in for all operations, the original's graph never reaches the other branches.
        if training and "all_branch_statistics" in self.quirks and "last_branch" not in self.quirks:
            for operation in self.operations[i]:
                if operation != sampled:
                    self._call_operation(call, i, operation, maps, training)
        return output

    def _call_operation(self, call: CallLayer, i: int, operation: str, maps: Known, training: bool) -> Known:
        return call(self.operations[i][operation], maps, training)
