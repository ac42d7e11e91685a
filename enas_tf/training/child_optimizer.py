"""The child's optimizer: L2, per-tensor clipping and Nesterov momentum in one compiled update of all variables.

Unsampled operations get no gradient, but their weights still decay and coast on their momentum, as in the original,
where L2 and momentum act on every child variable at every step.
"""

from collections.abc import Sequence

import tensorflow as tf

from enas_tf.config import OptimizerConfig

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
    ):
        super().__init__(name="child_optimizer")
        self._grad_bound = config.grad_bound if clip else None
        self.targets = tuple(variables)
        without_decay = {id(variable) for variable in undecayed}
        groups: dict[tuple, list[int]] = {}  # by shape and factor of L2
        for i, variable in enumerate(self.targets):
            l2_reg = 0.0 if id(variable) in without_decay else config.l2_reg
            groups.setdefault((tuple(variable.shape), l2_reg), []).append(i)
        self._groups = tuple(map(tuple, groups.values()))
        self._l2_regs = [l2_reg for _, l2_reg in groups]
        self.momenta = [tf.Variable(tf.zeros([len(group), *shape])) for (shape, _), group in groups.items()]
        zeros = {shape: tf.zeros(shape) for shape, _ in groups}
        self._zeros = tuple(zeros[tuple(variable.shape)] for variable in self.targets)

    def apply(self, gradients: Sequence[tf.Tensor | None], learning_rate: float | tf.Tensor) -> tf.Tensor:
        """Updates all variables.

        Args:
          gradients: Of the loss without its L2 term, one per variable; None stands for zero.
          learning_rate: Of this step.

        Returns:
          float32 scalar: the global norm of the gradients, L2 included, before clipping.
        """
        dense = [zero if gradient is None else gradient for gradient, zero in zip(gradients, self._zeros, strict=True)]
        # Stacked here, for a compiled function takes its time over every argument, and a shared network has more than a
        # thousand variables.
        stacked = [tf.raw_ops.Pack(values=[dense[i] for i in group]) for group in self._groups]
        return self._apply(stacked, tf.convert_to_tensor(learning_rate, tf.float32))

    def momentum_of(self, variable: tf.Variable) -> tf.Tensor:
        """The momentum of one variable, in its shape."""
        group, member = self._place_of(variable)
        return self.momenta[group][member]

    def set_momentum(self, variable: tf.Variable, momentum: tf.Tensor) -> None:
        """Gives one variable another momentum, in its shape."""
        group, member = self._place_of(variable)
        self.momenta[group].scatter_nd_update([[member]], [momentum])

    def _place_of(self, variable):
        index = next(i for i, known in enumerate(self.targets) if known is variable)
        group = next(k for k, members in enumerate(self._groups) if index in members)
        return group, self._groups[group].index(index)

    @tf.function(autograph=False)
    def _apply(self, gradients, learning_rate):
        """Moves all variables, given the gradients of each group, [members, …shape]; returns their global norm."""
        squared_norm = 0.0
        for group, gradient, l2_reg, momentum in zip(self._groups, gradients, self._l2_regs, self.momenta, strict=True):
            values = tf.stack([self.targets[i] for i in group])
            gradient += 2.0 * l2_reg * values
            squares = tf.reduce_sum(tf.square(gradient), axis=range(1, len(gradient.shape)), keepdims=True)
            squared_norm += tf.reduce_sum(squares)
            if self._grad_bound is not None:
                gradient *= self._grad_bound / tf.maximum(tf.sqrt(squares), self._grad_bound)
            momentum.assign(MOMENTUM * momentum + gradient)
            values -= learning_rate * (gradient + MOMENTUM * momentum)
            for i, value in zip(group, tf.unstack(values), strict=True):
                self.targets[i].assign(value)
        return tf.sqrt(squared_norm)
