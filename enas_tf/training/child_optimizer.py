"""The child's optimizer: L2, per-tensor clipping and Nesterov momentum in one compiled update of all variables.

Unsampled operations get no gradient, but their weights still decay and coast on their momentum, as in the original,
where L2 and momentum act on every child variable at every step.
"""

import functools
import math
from collections.abc import Sequence

import tensorflow as tf

from enas_tf.config import OptimizerConfig
from enas_tf.models.compiled_function import CompiledFunction
from enas_tf.models.tasks import NUM_THREADS, run_all

MOMENTUM = 0.9


class ChildOptimizer(tf.Module):
    """Nesterov momentum in TensorFlow 1's form: m ← 0.9·m + g; v ← v − lr·(g + 0.9·m).

    g is the gradient of the loss plus l2_reg·Σ v² over the decayed variables (no factor ½), each tensor clipped to norm
    `grad_bound`. Variables of one shape are updated as one stacked tensor.

    Args:
      variables: All variables to update.
      config: With `l2_reg` and `grad_bound`.
      clip: Whether gradients are clipped; the original computes clipped gradients and then uses the others.
      undecayed: Those of the variables that are left out of L2.
    """

    def __init__(
        self,
        variables: Sequence[tf.Variable],
        config: OptimizerConfig,
        clip: bool = True,
        undecayed: Sequence[tf.Variable] = (),
    ) -> None:
        super().__init__(name="child_optimizer")
        self._grad_bound = config.grad_bound if clip else None
        self.targets = tuple(variables)
        without_decay = {id(variable) for variable in undecayed}
        groups: dict[tuple, list[int]] = {}  # by shape and factor of L2
        for i, variable in enumerate(self.targets):
            l2_reg = 0.0 if id(variable) in without_decay else config.l2_reg
            groups.setdefault((tuple(variable.shape), l2_reg), []).append(i)
        self._groups = tuple(map(tuple, groups.values()))
        self._l2_regs = tuple(l2_reg for _, l2_reg in groups)
        self.momenta = [tf.Variable(tf.zeros([len(group), *shape])) for (shape, _), group in groups.items()]
        zeros = {shape: tf.zeros(shape) for shape, _ in groups}
        self._zeros = tuple(zeros[tuple(variable.shape)] for variable in self.targets)
        self._shares = _shares_of([math.prod(momentum.shape) for momentum in self.momenta])
        self._compiled: tuple[CompiledFunction, ...] = ()  # what updates each part

    def apply(self, gradients: Sequence[tf.Tensor | None], learning_rate: float | tf.Tensor) -> tf.Tensor:
        """Updates all variables.

        Args:
          gradients: Of the loss without its L2 term, one per variable; None stands for zero.
          learning_rate: Of this step.

        Returns:
          float32 scalar: the global norm of the gradients, L2 included, before clipping.
        """
        dense = [zero if gradient is None else gradient for gradient, zero in zip(gradients, self._zeros, strict=True)]
        learning_rate = tf.convert_to_tensor(learning_rate, tf.float32)
        self._compiled = self._compiled or tuple(map(self._compile, self._shares))
        updates = [functools.partial(self._update, k, dense, learning_rate) for k in range(len(self._shares))]
        # A graph that is being traced will run in parallel what it can.
        squares = run_all(updates) if tf.executing_eagerly() else [update() for update in updates]
        return tf.sqrt(tf.add_n(squares))

    def momentum_of(self, variable: tf.Variable) -> tf.Tensor:
        """The momentum of one variable, in its shape."""
        group, member = self._place_of(variable)
        return self.momenta[group][member]

    def set_momentum(self, variable: tf.Variable, momentum: tf.Tensor) -> None:
        """Gives one variable another momentum, in its shape."""
        group, member = self._place_of(variable)
        self.momenta[group].scatter_nd_update([[member]], [momentum])

    def _place_of(self, variable: tf.Variable) -> tuple[int, int]:
        index = next(i for i, known in enumerate(self.targets) if known is variable)
        group = next(k for k, members in enumerate(self._groups) if index in members)
        return group, self._groups[group].index(index)

    def _update(self, k: int, gradients: Sequence[tf.Tensor], learning_rate: tf.Tensor) -> tf.Tensor:
        """Moves the variables of part k; returns the squared norm of their gradients."""
        # Stacked here, for a compiled function takes its time over every argument, and a shared network has more than a
        # thousand variables.
        stacked = [tf.raw_ops.Pack(values=[gradients[i] for i in self._groups[group]]) for group in self._shares[k]]
        (squared_norm,) = self._compiled[k]([*stacked, learning_rate, *self._compiled[k].captured])
        return squared_norm

    def _compile(self, part: tuple[int, ...]) -> CompiledFunction:
        """Compiles what moves the variables of a part, given their stacked gradients and the learning rate."""

        def update(gradients: Sequence[tf.Tensor], learning_rate: tf.Tensor) -> list[tf.Tensor]:
            moved = [
                self._move(group, gradient, learning_rate) for group, gradient in zip(part, gradients, strict=True)
            ]
            return [tf.add_n(moved)]

        gradients = [tf.TensorSpec(self.momenta[group].shape, tf.float32) for group in part]
        with tf.init_scope():
            traced = tf.function(update, autograph=False)
            return CompiledFunction(traced.get_concrete_function(gradients, tf.TensorSpec([], tf.float32)))

    def _move(self, group: int, gradient: tf.Tensor, learning_rate: tf.Tensor) -> tf.Tensor:
        """Moves the variables of a group by their gradients, [members, …shape]; returns the squared norm of these."""
        members, momentum = self._groups[group], self.momenta[group]
        values = tf.stack([self.targets[i] for i in members])
        gradient += 2.0 * self._l2_regs[group] * values
        squares = tf.reduce_sum(tf.square(gradient), axis=range(1, len(gradient.shape)), keepdims=True)
        if self._grad_bound is not None:
            gradient *= self._grad_bound / tf.maximum(tf.sqrt(squares), self._grad_bound)
        momentum.assign(MOMENTUM * momentum + gradient)
        values -= learning_rate * (gradient + MOMENTUM * momentum)
        for i, value in zip(members, tf.unstack(values), strict=True):
            self.targets[i].assign(value)
        return tf.reduce_sum(squares)


def _shares_of(sizes: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Divides groups of these sizes into parts of about equal size, as many as there are threads at most."""
    parts: list[list[int]] = [[] for _ in range(NUM_THREADS)]
    for k in sorted(range(len(sizes)), key=lambda k: -sizes[k]):
        min(parts, key=lambda part: sum(sizes[k] for k in part)).append(k)
    return tuple(tuple(part) for part in parts if part)
