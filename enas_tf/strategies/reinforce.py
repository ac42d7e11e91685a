"""Trains a controller with REINFORCE: draws arcs, takes their accuracies, moves baseline and policy.

Knows neither where accuracies come from nor which space the controller works in.

Reference: ENAS (Pham et al., 2018), section 2.2; REINFORCE with a moving-average baseline, Williams (1992).
"""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from enas_tf.models.controller import Controller
from enas_tf.strategies.controller import ControllerConfig

# The original's optimizer: no momentum, and an epsilon far above the usual one.
BETA_1 = 0.0
BETA_2 = 0.999
EPSILON = 1e-3


class Gradient(NamedTuple):
    """What an aggregate of samples says of how to move a controller.

    Attributes:
      gradients: Of the mean loss and the L2 term, dense, in the order of the controller's trainable variables.
      baseline: The baseline behind the last sample.
      metrics: As `ControllerTrainer.update` returns them, but for `lr` and `train_step`.
    """

    gradients: list[tf.Tensor]
    baseline: tf.Tensor
    metrics: dict[str, tf.Tensor]


class ControllerTrainer(tf.Module):
    """Draws arcs from a controller and updates it by their rewards; `tf.train.Checkpoint` keeps all it is made of.

    Args:
      controller: The policy.
      config: Optimizer, baseline, reward and penalty.

    Attributes:
      controller: As given.
      optimizer: Adam; its iterations count the updates.
      baseline: Moving average of the reward, a scalar that starts at 0.
    """

    def __init__(self, controller: Controller, config: ControllerConfig) -> None:
        super().__init__(name="controller_trainer")
        self.controller = controller
        self.optimizer = keras.optimizers.Adam(config.lr, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON)
        self.optimizer.build(controller.trainable_variables)
        self.baseline = tf.Variable(0.0, trainable=False, name="baseline")
        self._config = config

    @property
    def train_step(self) -> int:
        """Number of updates made so far."""
        return int(self.optimizer.iterations.numpy())

    def lost_weights(self) -> list[str]:
        """Returns the names of the controller's weights, and of the baseline, that hold NaN or infinity."""
        weights = {variable.name: variable for variable in [*self.controller.trainable_variables, self.baseline]}
        return [name for name, weight in weights.items() if not np.isfinite(np.asarray(weight)).all()]

    def sample(self, num_arcs: int, seed: tuple[int, int]) -> np.ndarray:
        """Draws arcs from the policy.

        Args:
          num_arcs: How many.
          seed: A stateless seed pair of `enas_tf.seeds.derive_seed`; equal seeds and weights give equal arcs.

        Returns:
          int32 [num_arcs, arc_length].
        """
        return self._sample(tf.constant(num_arcs), tf.constant(seed, tf.int32)).numpy()

    def policy(self, arcs: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Returns the distributions that the choices of given arcs are drawn from, as `Controller.policy` does."""
        operations, connections = self._policy(tf.constant(np.array(arcs, np.int32)))
        return operations.numpy(), connections.numpy()

    def update(self, arcs: np.ndarray, accuracies: np.ndarray) -> dict[str, np.ndarray]:
        """Makes one REINFORCE update from the samples of one aggregate.

        For each sample k in order, the reward is R_k = accuracy + entropy_weight·entropy, the baseline moves first,
        b ← b - (1 - bl_dec)(b - R_k), and loss_k = neg_log_prob·(R_k - b) + skip_weight·skip_penalty takes the new b.
        Adam is applied once, to the gradient of the mean loss plus l2_reg·Σw² over all the controller's weights.

        Args:
          arcs: int32 [num_aggregate, arc_length].
          accuracies: Share of correct predictions of each arc, in 0..1, [num_aggregate].

        Returns:
          Per sample, [num_aggregate]: `loss`, `neg_log_prob`, `entropy`, `reward`, `baseline` and `skip_rate`. Scalars:
          `grad_norm`, the gradient's global norm as the original takes it, which counts each look-up of an embedding
          row by itself; `lr`; `train_step`, the number of updates so far.

        Raises:
          ValueError: If there is another number of arcs or accuracies than `num_aggregate`.
        """
        expected = self._config.num_aggregate
        if not len(arcs) == len(accuracies) == expected:
            raise ValueError(
                f"update: expected num_aggregate={expected} arcs and accuracies, "
                f"received {len(arcs)} and {len(accuracies)}"
            )
        metrics = self._step(tf.constant(arcs, tf.int32), tf.constant(accuracies, tf.float32))
        return {name: value.numpy() for name, value in metrics.items()}

    @tf.function(autograph=False)
    def _sample(self, num_arcs: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self.controller.sample(num_arcs, seed)

    @tf.function(autograph=False, reduce_retracing=True)
    def _policy(self, arcs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return self.controller.policy(arcs)

    @tf.function(autograph=False)
    def _step(self, arcs: tf.Tensor, accuracies: tf.Tensor) -> dict[str, tf.Tensor]:
        gradient = self.gradient(arcs, accuracies, tf.convert_to_tensor(self.baseline))
        self.apply(gradient)
        return gradient.metrics | {
            "lr": tf.convert_to_tensor(self.optimizer.learning_rate),
            "train_step": tf.convert_to_tensor(self.optimizer.iterations),
        }

    def gradient(self, arcs: tf.Tensor, accuracies: tf.Tensor, baseline: tf.Tensor) -> Gradient:
        """Computes what an aggregate says, and moves nothing.

        Args:
          arcs: int32 [num_aggregate, arc_length].
          accuracies: float32 [num_aggregate].
          baseline: Behind the sample before, a scalar.
        """
        weights = self.controller.trainable_variables
        with tf.GradientTape() as tape:
            scores = self.controller.score(arcs)
            rewards = accuracies + (self._config.entropy_weight or 0.0) * scores.entropy
            baselines = self.moved_baselines(baseline, rewards)
            losses = scores.neg_log_prob * (rewards - baselines) + self._config.skip_weight * scores.skip_penalty
            objective = tf.reduce_mean(losses) + self._regularization()
        gradients = tape.gradient(objective, weights)
        metrics = {
            "loss": losses,
            "neg_log_prob": scores.neg_log_prob,
            "entropy": scores.entropy,
            "reward": rewards,
            "baseline": baselines,
            "skip_rate": scores.skip_rate,
            "grad_norm": tf.linalg.global_norm(gradients),
        }
        return Gradient([tf.convert_to_tensor(gradient) for gradient in gradients], baselines[-1], metrics)

    def apply(self, gradient: Gradient) -> None:
        """Moves the weights by Adam, and the baseline to where the gradient left it."""
        self.baseline.assign(gradient.baseline)
        self.optimizer.apply(gradient.gradients, self.controller.trainable_variables)

    def moved_baselines(self, baseline: tf.Tensor, rewards: tf.Tensor) -> tf.Tensor:
        """Returns the values of a baseline, a scalar, that is moved by each reward in turn, [num_aggregate]."""
        moved = []
        for reward in tf.unstack(rewards):
            baseline -= (1 - self._config.bl_dec) * (baseline - reward)
            moved.append(baseline)
        return tf.stack(moved)

    def _regularization(self) -> tf.Tensor | float:
        if not self._config.l2_reg:
            return 0.0
        squares = [tf.reduce_sum(tf.square(weight)) for weight in self.controller.trainable_variables]
        return self._config.l2_reg * tf.add_n(squares)
