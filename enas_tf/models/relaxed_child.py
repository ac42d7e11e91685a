"""Shared networks that can also run relaxed: every operation at once, weighted.

An architecture runs as in any shared network, piece by piece, and only what it samples. The relaxed network runs all
there is, at every step the same, so nothing is gained by pieces: it is laid out directly, as part of whatever graph is
being traced, and TensorFlow overlaps what does not depend on each other.

Reference: DARTS (Liu et al., 2019), section 2.2, here on ENAS's own spaces and weights.
"""

import functools
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.layers.relaxed_operations import Relaxed, RelaxedMicroOperation, RelaxedOperation
from enas_tf.models.factory import ChildKinds, make_child_of
from enas_tf.models.macro_child import MacroChild
from enas_tf.models.micro_child import MicroChild
from enas_tf.models.pieces import Choice
from enas_tf.search_space import NUM_CELL_INPUTS, MacroSpace, MicroSpace
from enas_tf.search_space.relaxation import MacroRelaxation, MicroRelaxation, Relaxation

# Logits by the names of `Relaxation.shapes`, float32.
Logits = Mapping[str, tf.Tensor]


class RelaxedMacroChild(MacroChild):
    """A macro network of operations of one scale.

    Layer l gives Σ_o softmax(alpha_l)_o · op_o(x); what skips to it is weighted by sigmoid(gamma).

    Args:
      *args: Of `MacroChild`.
      relaxation: Which parameters mean what.
      affine: As `RelaxedOperation` describes.
      **kwargs: Of `MacroChild`.
    """

    def __init__(self, *args: Any, relaxation: MacroRelaxation, affine: bool = False, **kwargs: Any) -> None:
        self._relaxation, self._affine = relaxation, affine
        super().__init__(*args, **kwargs)

    def _make_operation(self, **kwargs: Any) -> RelaxedOperation:
        return RelaxedOperation(affine=self._affine, **kwargs)

    @property
    def operations_without_weights(self) -> frozenset[str]:
        """Names of the operations that have no weights of their own."""
        return _without_weights(self.operations[0])

    def relaxed_logits(self, images: tf.Tensor, parameters: Logits, training: bool) -> tf.Tensor:
        """Runs the relaxed network.

        Args:
          images: float32 [B, H, W, C], whatever the network's own data format.
          parameters: Its logits.
          training: Whether batch statistics are used and moving averages follow, and dropout and noise are on.

        Returns:
          float32 [B, num_classes].
        """
        relaxation = self._relaxation
        weights = _name_weights(relaxation, parameters["alpha"])  # [num_layers, names]
        gates = tf.sigmoid(parameters["gamma"])

        def compute(i: int, maps: tf.Tensor) -> tf.Tensor:
            outputs = [self._call_operation(_call, i, name, maps, training) for name in relaxation.names]
            return _mixed(outputs, weights[i])

        def skip(i: int, outputs: list[tf.Tensor]) -> list[tf.Tensor]:
            return _weighted(outputs[:i], gates[relaxation.skips_of(i)])

        return self._stack(_call, images, compute, skip, training).logits


class RelaxedMicroChild(MicroChild):
    """A micro network of operations of one scale.

    A side of a block gives Σ_i softmax(beta)_i Σ_o softmax(alpha_i)_o · op_o(h_i), and all blocks together are the
    cell's output. Weights belong to a block, side, input and operation, as for one architecture.

    Args:
      *args: Of `MicroChild`.
      relaxation: Which parameters mean what.
      affine: As `RelaxedOperation` describes.
      **kwargs: Of `MicroChild`.
    """

    def __init__(self, *args: Any, relaxation: MicroRelaxation, affine: bool = False, **kwargs: Any) -> None:
        self._relaxation, self._affine = relaxation, affine
        super().__init__(*args, **kwargs)

    def _make_operation(self, **kwargs: Any) -> RelaxedMicroOperation:
        return RelaxedMicroOperation(affine=self._affine, **kwargs)

    @property
    def operations_without_weights(self) -> frozenset[str]:
        """Names of the operations that have no weights of their own."""
        return _without_weights(self.operations[0][0][0])

    def relaxed_logits(self, images: tf.Tensor, parameters: Logits, training: bool) -> tf.Tensor:
        """Runs the relaxed network, as `RelaxedMacroChild.relaxed_logits`; averages are kept and nothing reads them."""
        weights = _name_weights(self._relaxation, parameters["alpha"])  # [2, rows, names]

        def wire_cell(i: int, entries: list[tf.Tensor]) -> tf.Tensor:
            kind = int(i in self.reductions)
            return self._mix_cell(i, entries, weights[kind], parameters["beta"][kind], training)

        return self._stack(_call, images, wire_cell, training).logits

    def _mix_cell(
        self, i: int, entries: list[tf.Tensor], weights: tf.Tensor, beta: tf.Tensor, training: bool
    ) -> tf.Tensor:
        """Gives a cell's output from its calibrated inputs, weights [rows, names] and logits of inputs [rows]."""
        entries = list(entries)
        for b in self._blocks:
            terms = []
            for side, modules in enumerate(self.operations[i][b]):
                rows = self._relaxation.rows_of(b, side)
                shares = tf.nn.softmax(beta[rows])[:, tf.newaxis] * weights[rows]  # [inputs, names]
                for k in range(NUM_CELL_INPUTS + b):
                    outputs = [
                        self._call_operation(_call, modules, name, entries, k, training)
                        for name in self._relaxation.names
                    ]
                    terms.append(_mixed(outputs, shares[k]))
            entries.append(tf.add_n(terms))
        blocks = tuple(range(NUM_CELL_INPUTS, len(entries)))
        return _call(self.cell_outputs[i], entries[NUM_CELL_INPUTS:], True, blocks)


RelaxedChild = RelaxedMacroChild | RelaxedMicroChild
RELAXED_CHILDREN: ChildKinds[RelaxedChild] = {MacroSpace: RelaxedMacroChild, MicroSpace: RelaxedMicroChild}


def make_relaxed_child(
    config: SearchConfig,
    relaxation: Relaxation,
    affine: bool,
    image_shape: tuple[int, int, int],
    num_classes: int,
) -> RelaxedChild:
    """Makes the shared network of a relaxed space (arguments as `make_child` and `RelaxedMacroChild`)."""
    kinds: ChildKinds[RelaxedChild] = {
        kind: functools.partial(child, relaxation=relaxation, affine=affine) for kind, child in RELAXED_CHILDREN.items()
    }
    return make_child_of(kinds, config, relaxation.space, image_shape, num_classes)


class FunctionalNetwork:
    """A relaxed network as a function of all its numbers, which changes none.

    Weights that are tried and given up, and several passes from one state of random generators and moving averages,
    are then nothing but other arguments.

    Args:
      child: The network.

    Attributes:
      weights: What its trainable variables hold, in the order of the arguments.
      state: Likewise of all others: moving averages, and states of random generators.
    """

    def __init__(self, child: RelaxedChild) -> None:
        self._child = child
        self._trainable, self._others = child.trainable_variables, child.non_trainable_variables
        self.weights = [variable.value for variable in self._trainable]
        self.state = [variable.value for variable in self._others]

    def __call__(
        self, weights: list[tf.Tensor], parameters: Logits, state: list[tf.Tensor], images: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Runs the network in training mode.

        Returns:
          Its logits, float32 [B, num_classes], and the state after it.
        """
        variables, values = [*self._trainable, *self._others], [*weights, *state]
        with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)) as scope:
            logits = self._child.relaxed_logits(images, parameters, training=True)
        return logits, [tf.convert_to_tensor(scope.get_current_value(variable)) for variable in self._others]


def _call(
    layer: keras.layers.Layer, inputs: tf.Tensor | list[tf.Tensor], training: bool, choice: Choice = None
) -> tf.Tensor:
    """Calls a layer as compiled pieces do, without Keras's own casts of weights."""
    choices = [] if choice is None else [tf.constant(choice, tf.int32)]
    return layer.call(inputs, *choices, training=training)


def _without_weights(modules: Mapping[str, keras.layers.Layer]) -> frozenset[str]:
    return frozenset(name for name, module in modules.items() if isinstance(module, Relaxed) and not module.has_weights)


def _name_weights(relaxation: Relaxation, alpha: tf.Tensor) -> tf.Tensor:
    """softmax(alpha) [..., operations], instances of one name summed: [..., names]."""
    return tf.linalg.matvec(tf.constant(relaxation.instances, alpha.dtype), tf.nn.softmax(alpha), transpose_a=True)


def _weighted(maps: list[tf.Tensor], weights: tf.Tensor) -> list[tf.Tensor]:
    return [each * tf.cast(weight, each.dtype) for each, weight in zip(maps, tf.unstack(weights), strict=True)]


def _mixed(maps: list[tf.Tensor], weights: tf.Tensor) -> tf.Tensor:
    return tf.add_n(_weighted(maps, weights))
