"""Each architecture as one static graph: what remains of a step once the host has nothing to do.

Tracing takes seconds per architecture, so this is no way to search. It shows what it costs to call pieces from the
host, and which kernels an architecture is made of.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from enas_tf.models.differentiation import ChildOutputs, DifferentiatedByTape
from enas_tf.models.factory import ChildKinds
from enas_tf.models.macro_child import MacroChild
from enas_tf.models.micro_child import MicroChild
from enas_tf.models.shared_child import SharedChild
from enas_tf.search_space import Arc, MacroSpace, MicroSpace
from enas_tf.training.child_optimizer import ChildOptimizer
from enas_tf.training.child_trainer import ChildTrainer
from enas_tf.training.evaluation import Evaluator
from enas_tf.training.schedules import Schedule


class _CallsLayers(DifferentiatedByTape, SharedChild):
    """A shared child that calls its layers as they are, so that a trace of it is one flat graph of kernels."""

    def outputs(self, images: tf.Tensor, arc: Sequence[int], training: bool) -> ChildOutputs:
        """Runs an architecture (arguments as `SharedChild`)."""
        return self.wire(_call, images, arc, training)


class _UncompiledMacroChild(_CallsLayers, MacroChild):
    pass


class _UncompiledMicroChild(_CallsLayers, MicroChild):
    pass


UNCOMPILED_CHILDREN: ChildKinds[SharedChild] = {MacroSpace: _UncompiledMacroChild, MicroSpace: _UncompiledMicroChild}


def _call(
    layer: keras.layers.Layer, inputs: tf.Tensor, training: bool, choice: int | Sequence[int] | None = None
) -> tf.Tensor:
    choices = [] if choice is None else [tf.constant(choice, tf.int32)]
    return layer(inputs, *choices, training=training)


class StaticTrainer(ChildTrainer):
    """Trains a child of `UNCOMPILED_CHILDREN`, an architecture by its own graph (arguments as `ChildTrainer`)."""

    def __init__(self, child: SharedChild, optimizer: ChildOptimizer, schedule: Schedule) -> None:
        super().__init__(child, optimizer, schedule)
        self._update = tf.function(super().update, autograph=False)  # a new value of `arc` is a new graph

    def update(
        self, images: tf.Tensor, labels: tf.Tensor, arc: Sequence[int], learning_rate: float | tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Computes a step, as `ChildTrainer` does."""
        return self._update(images, labels, arc, tf.constant(learning_rate))

    def graph(self, images: tf.Tensor, labels: tf.Tensor, arc: Arc) -> tf.Graph:
        """The graph of a step (arguments as `step`)."""
        return self._update.get_concrete_function(images, labels, arc, tf.constant(0.0)).graph


class StaticEvaluator(Evaluator):
    """Evaluates a child of `UNCOMPILED_CHILDREN`, an architecture by its own graph (arguments as `Evaluator`)."""

    def __init__(self, child: SharedChild) -> None:
        super().__init__(child)
        self._logits = tf.function(super().logits, autograph=False)

    def logits(self, images: tf.Tensor, arc: Sequence[int]) -> tf.Tensor:
        """Returns logits, as `Evaluator` does."""
        return self._logits(images, arc)

    def graph(self, images: tf.Tensor, arc: Arc) -> tf.Graph:
        """The graph of the logits of images under an architecture."""
        return self._logits.get_concrete_function(images, arc).graph
