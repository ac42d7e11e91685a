"""Runs networks made of pieces: what does not depend on each other overlaps.

Kernels seldom keep all cores of a CPU busy, and between two of them the host has to call the next function. So every
call of a layer is a task for a few host threads, in the forward and in the backward pass: kernels of several layers
share the cores, and one is called while another computes. What is computed, and in which order it is added up, does not
depend on the threads.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import TypeVar

import keras
import tensorflow as tf

from enas_tf.models.pieces import CallLayer, Choice, Known, Piece, Pieces, Traced
from enas_tf.models.tasks import Task, Tasks

Structure = TypeVar("Structure")
Key = TypeVar("Key")

# The backward pass of a call: gradients to its inputs and weights.
_Pass = Task[list[tf.Tensor | None]]


class _PieceOutput:
    """Stands for the tensor that a call of a piece gives."""

    piece: Piece

    @property
    def shape(self) -> tf.TensorShape:
        """Of the tensor, the size of the batch left open."""
        return self.piece.output.shape

    @property
    def dtype(self) -> tf.DType:
        """Of the tensor."""
        return self.piece.output.dtype


@dataclasses.dataclass(frozen=True, eq=False)
class Call(_PieceOutput):
    """One call of a layer; stands for the tensor it gives.

    Attributes:
      piece: The layer.
      task: Has that tensor, and what the backward pass needs, as its result.
      followers: What layers without variables make of that tensor, by the kind of layer and the choice.
    """

    piece: Piece
    task: Task[tuple[tf.Tensor, list[tf.Tensor]]]
    followers: dict[tuple[Traced, Choice], "Call"] = dataclasses.field(default_factory=dict)

    @property
    def output(self) -> tf.Tensor:
        """The tensor, once the task is done."""
        return self.task.result[0]

    def take_residuals(self) -> list[tf.Tensor]:
        """Returns what the backward pass needs, and makes room."""
        _, residuals = self.task.result
        del self.task.result
        return residuals


@dataclasses.dataclass(frozen=True, eq=False)
class Placed(_PieceOutput):
    """A call of a layer that is laid out and not made; stands for the tensor it would give.

    Attributes:
      layer: The layer.
      piece: Compiled.
      inputs: What it would be called with, the size of the batch left open.
      choice: As `Pieces.bind` was told.
      followers: As those of a `Call`.
    """

    layer: keras.layers.Layer
    piece: Piece
    inputs: tuple[tf.TensorSpec, ...]
    choice: Choice
    followers: dict[tuple[Traced, Choice], "Placed"] = dataclasses.field(default_factory=dict)


class Flow:
    """Runs networks whose layers are called as compiled pieces.

    A network is given as a function that is handed `call(layer, inputs, training, choice=None)` (arguments as
    `Pieces.bind`), calls its layers by it, and returns its outputs. What `call` returns stands for a tensor: it is an
    input of other calls, or an output.

    Args:
      jit_compile: Whether the pieces are compiled with XLA.

    Attributes:
      pieces: The layers, compiled.
    """

    def __init__(self, jit_compile: bool = False) -> None:
        self.pieces = Pieces(jit_compile)
        self._counted: dict[tuple, tuple[int, tf.TensorSpec]] = {}

    def run(self, wire: Callable[[CallLayer], Structure]) -> Structure:
        """Returns the outputs of a network."""
        tasks = Tasks()

        def call(layer: keras.layers.Layer, inputs: Known | list[Known], training: bool, choice: Choice = None) -> Call:
            return _call(tasks, self.pieces.bind(layer, inputs, training, choice), _as_list(inputs), choice)

        outputs = wire(call)
        tasks.wait()
        return tf.nest.map_structure(_output, outputs)

    def multiply_adds(self, wire: Callable[[CallLayer], Structure]) -> int:
        """Counts those that one image takes through a network, without computing any; layers once counted are known."""
        total = 0

        def call(
            layer: keras.layers.Layer, inputs: Known | list[Known], training: bool, choice: Choice = None
        ) -> tf.TensorSpec:
            nonlocal total
            parts = _as_list(inputs)
            # The first input tells the size of all. What pieces give is one object a kind of piece, and shapes take
            # their time to compare.
            first = parts[0].shape if isinstance(parts[0], tf.Tensor) else id(parts[0])
            key = (id(layer), first, len(parts), training)
            if key not in self._counted:
                piece = self.pieces.bind(layer, inputs, training, choice)
                self._counted[key] = (piece.multiply_adds, piece.output)
            number, output = self._counted[key]
            total += number
            return output

        wire(call)
        return total

    def layout(self, wire: Callable[[CallLayer], Structure]) -> list[Placed]:
        """Returns the calls that a run of a network makes, in their order, without making any."""
        placed: list[Placed] = []

        def call(
            layer: keras.layers.Layer, inputs: Known | list[Known], training: bool, choice: Choice = None
        ) -> Placed:
            piece, parts = self.pieces.bind(layer, inputs, training, choice), _as_list(inputs)
            source, kind = parts[0], (piece.traced, choice)
            # As in a run, what has no variables is called once for the same input.
            known = source.followers if isinstance(source, Placed) and not piece.handles and len(parts) == 1 else {}
            if kind not in known:
                specs = tuple(tf.TensorSpec([None, *part.shape[1:]], part.dtype) for part in parts)
                known[kind] = Placed(layer, piece, specs, choice)
                placed.append(known[kind])
            return known[kind]

        wire(call)
        return placed

    def differentiate(
        self, wire: Callable[[CallLayer], Structure], objective: Callable[[Structure], tuple[tuple, Structure]]
    ) -> tuple[tuple[tf.Tensor, ...], dict[int, tf.Tensor]]:
        """Runs a network and differentiates.

        Args:
          wire: The network.
          objective: From its outputs to scalars, and the gradient of the first of these to each output.

        Returns:
          The scalars; the gradient of the first by the identity of the variable, of those that it depends on.
        """
        tasks = Tasks()
        sources_of: dict[Call, list[Call]] = {}

        def call(layer: keras.layers.Layer, inputs: Known | list[Known], training: bool, choice: Choice = None) -> Call:
            parts = _as_list(inputs)
            sources = {k: part for k, part in enumerate(parts) if isinstance(part, Call)}
            made = _call(tasks, self.pieces.bind(layer, inputs, training, choice, tuple(sources)), parts, choice)
            sources_of[made] = list(sources.values())
            return made

        outputs = wire(call)
        tasks.wait()
        scalars, gradients = objective(tf.nest.map_structure(_output, outputs))
        upstreams: dict[Call, tf.Tensor] = {}
        for end, gradient in zip(tf.nest.flatten(outputs), tf.nest.flatten(gradients), strict=True):
            if isinstance(end, Call):
                _add(upstreams, end, gradient)
        return scalars, _gradients(sources_of, upstreams)


def _call(tasks: Tasks, piece: Piece, parts: list[Known], choice: Choice) -> Call:
    """Calls a layer as soon as its inputs are there; one without variables only once for the same input."""
    if piece.handles or len(parts) > 1 or not isinstance(parts[0], Call):
        return _start(tasks, piece, parts, choice)
    known, kind = parts[0].followers, (piece.traced, choice)
    if kind not in known:
        known[kind] = _start(tasks, piece, parts, choice)
    return known[kind]


def _start(tasks: Tasks, piece: Piece, parts: list[Known], choice: Choice) -> Call:
    needed = [part.task for part in parts if isinstance(part, Call)]
    return Call(piece, tasks.add(lambda: piece.forward([_output(part) for part in parts], choice), needed))


def _as_list(inputs: Known | list[Known]) -> list[Known]:
    return inputs if isinstance(inputs, list) else [inputs]


def _output(part: Known) -> tf.Tensor:
    return part.output if isinstance(part, Call) else part


def _gradients(sources_of: dict[Call, list[Call]], upstreams: Mapping[Call, tf.Tensor]) -> dict[int, tf.Tensor]:
    """Differentiates with respect to the weights of all calls.

    Args:
      sources_of: The calls in the order they were made, and which of them each has as inputs.
      upstreams: The gradients to those that are the network's outputs.

    Returns:
      By the variables' identities.
    """
    tasks = Tasks()
    arrivals: dict[Call, list[tuple[_Pass, int]]] = {call: [] for call in sources_of}
    passes: dict[Call, _Pass] = {}
    for call, sources in reversed(sources_of.items()):
        differentiate = functools.partial(_differentiate, call, arrivals[call], upstreams.get(call))
        passes[call] = tasks.add(differentiate, [task for task, _ in arrivals[call]])
        for k, source in enumerate(sources):
            arrivals[source].append((passes[call], k))
    tasks.wait()
    found: dict[int, tf.Tensor] = {}
    for call, sources in sources_of.items():
        for weight, gradient in zip(call.piece.trainable, passes[call].result[len(sources) :], strict=True):
            _add(found, id(weight), gradient)
    return found


def _add(sums: dict[Key, tf.Tensor], key: Key, gradient: tf.Tensor | None) -> None:
    """Adds a gradient, if there is one, to the sum for a key."""
    if gradient is not None:
        sums[key] = sums[key] + gradient if key in sums else gradient


def _differentiate(call: Call, arrivals: list[tuple[_Pass, int]], upstream: tf.Tensor | None) -> list[tf.Tensor | None]:
    """The gradients to a call's inputs and weights, from those that other calls hand to it, and one from outside."""
    upstreams = [upstream]
    for task, k in arrivals:
        upstreams.append(task.result[k])
        task.result[k] = None  # nobody else needs it
    upstreams = [gradient for gradient in upstreams if gradient is not None]
    residuals = call.take_residuals()
    if not upstreams:
        return call.piece.no_gradients()
    return call.piece.backward(upstreams[0] if len(upstreams) == 1 else tf.add_n(upstreams), residuals)
