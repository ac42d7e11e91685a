"""What an architecture costs on the network whose weights are shared: a sum over the layers that it calls."""

from collections.abc import Callable, Sequence

import keras

from enas_tf.layers.base import ChildLayer
from enas_tf.layers.joined_branches import JoinedBranches
from enas_tf.models.flow import Placed
from enas_tf.models.shared_child import SharedChild

# What one call of a layer costs.
CallCost = Callable[[Placed], float]

_ARCS_KEPT = 10_000


def multiply_adds_of(placed: Placed) -> float:
    """Returns the multiply-adds of a call for one image."""
    return placed.piece.multiply_adds


def parameters_of(placed: Placed) -> float:
    """Returns the trainable numbers that a call uses."""
    if isinstance(placed.layer, ChildLayer):
        return placed.layer.num_parameters(placed.choice)
    return sum(variable.shape.num_elements() for variable in placed.piece.trainable)


class ArcCost:
    """Says what architectures cost, stem and classifier with them; what was said once is known.

    A layer that takes a range of channels from every operation costs what it does as a whole times the share of its
    operations' costs that the ranges take: they all run while weights are shared, so that the whole alone would cost
    the same for every architecture.

    Args:
      child: The network.
      call_cost: What one call costs.
    """

    def __init__(self, child: SharedChild, call_cost: CallCost) -> None:
        self._child = child
        self._call_cost = call_cost
        self._known: dict[tuple[int, ...], float] = {}

    def of(self, arc: Sequence[int]) -> float:
        """Returns the cost of an architecture."""
        key = tuple(map(int, arc))
        if key not in self._known:
            if len(self._known) == _ARCS_KEPT:
                self._known.clear()
            self._known[key] = float(sum(map(self._cost, self._child.layout(key))))
        return self._known[key]

    def _cost(self, placed: Placed) -> float:
        cost = self._call_cost(placed)
        if not isinstance(placed.layer, JoinedBranches) or not isinstance(placed.choice, tuple):
            return cost
        layer, counts = placed.layer, placed.choice[1::2]  # start and count of each branch in turn
        branches = [self._call_cost(self._branch(placed, branch)) for branch in layer.branches]
        taken = sum(each * count / layer.filters for each, count in zip(branches, counts, strict=True))
        return cost * taken / sum(branches)

    def _branch(self, placed: Placed, branch: keras.layers.Layer) -> Placed:
        """A branch alone, with all of its channels."""
        return Placed(branch, self._child.flow.pieces.bind(branch, placed.inputs[0], False), placed.inputs, None)
