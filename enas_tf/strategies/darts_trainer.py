"""Steps of a relaxed network: its logits on images that are kept for them, its weights on the others.

Reference: DARTS (Liu et al., 2019), Algorithm 1 and section 3.1.1; the survey's variant as `DartsConfig.update` says.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.models.complexity import graph_multiply_adds
from enas_tf.models.relaxed_child import FunctionalNetwork, Logits, RelaxedChild, make_relaxed_child
from enas_tf.search_space import Arc
from enas_tf.search_space.relaxation import Relaxation
from enas_tf.strategies.darts import DartsConfig
from enas_tf.training.bilevel import Momentum, along, unrolling_correction
from enas_tf.training.child_trainer import WITH_GRADIENT, cross_entropy, num_correct
from enas_tf.training.evaluation import Batch, Evaluator, make_evaluator
from enas_tf.training.schedules import Schedule, half_cosine

# Of the logits' Adam, as published. Keras adds its epsilon before it corrects moments for their start, the published
# one after: there is a difference only while gradients are as small as 1e-6.
BETA_1, BETA_2, EPSILON = 0.5, 0.999, 1e-8
# Passes of a step by its order, each forward and backward on a batch of its own or the other one's.
PASSES = {1: 2, 2: 5}


class Architecture:
    """The logits of a relaxed space, and how they are moved.

    Args:
      initial: Their initial values by name.
      config: Rate and decay.
    """

    def __init__(self, initial: Mapping[str, np.ndarray], config: DartsConfig) -> None:
        self._variables = {name: keras.Variable(value, dtype="float32", name=name) for name, value in initial.items()}
        self._decay = 2.0 * config.alpha_l2_reg
        self._optimizer = keras.optimizers.Adam(config.alpha_lr, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON)
        self._optimizer.build(list(self._variables.values()))

    def values(self) -> dict[str, np.ndarray]:
        """Returns the logits on the host."""
        return {name: variable.numpy() for name, variable in self._variables.items()}

    def tensors(self) -> Logits:
        """Returns the logits where a graph is traced, or eagerly."""
        return {name: tf.convert_to_tensor(variable) for name, variable in self._variables.items()}

    def tracked(self) -> dict[str, Any]:
        """Returns what a checkpoint keeps: the logits, Adam's moments and its count of steps."""
        return {
            "architecture": {name: variable.value for name, variable in self._variables.items()},
            "architecture_optimizer": [variable.value for variable in self._optimizer.variables],
        }

    def descend(self, gradients: Logits) -> None:
        """Takes a step of Adam; the decay is added to the gradient (Keras's own is decoupled from it)."""
        pairs = [
            (gradients[name] + self._decay * tf.convert_to_tensor(variable), variable)
            for name, variable in self._variables.items()
        ]
        self._optimizer.apply_gradients(pairs)

    def descend_plainly(self, gradients: Logits, rate: tf.Tensor) -> None:
        """Takes a step of plain descent."""
        for name, variable in self._variables.items():
            variable.assign_sub(rate * gradients[name])


class Batches(NamedTuple):
    """The images and labels of a step.

    Attributes:
      train: For the weights.
      valid: For the logits.
    """

    train: Batch
    valid: Batch


class _Pass(NamedTuple):
    """What a pass over a batch, forward and backward, finds.

    Attributes:
      loss: Mean cross-entropy, float32 scalar.
      correct: Images classified right, int32 scalar.
      to_weights: The gradient to each weight.
      to_logits: The gradient to each array of logits.
      state: Moving averages and states of random generators after it.
    """

    loss: tf.Tensor
    correct: tf.Tensor
    to_weights: list[tf.Tensor]
    to_logits: Logits
    state: list[tf.Tensor]


class DartsTrainer(tf.Module):
    """Takes steps of a relaxed network.

    A step is one graph, traced once: there is no architecture that it could depend on. Its passes are functions of
    weights, logits and state, so that weights are tried without being assigned, and all passes over the training batch
    begin with the same states of random generators and see the same masks and noise.

    Args:
      child: The network.
      architecture: Its logits.
      config: How both are moved.
      schedule: The weights' rate by step.
      data: The images.
      evaluator: Of the network.

    Attributes:
      child: As given.
      step_count: Steps taken so far.
      momenta: Velocities of the weights.
    """

    def __init__(
        self,
        child: RelaxedChild,
        architecture: Architecture,
        config: DartsConfig,
        schedule: Schedule,
        data: SearchData,
        evaluator: Evaluator,
    ) -> None:
        super().__init__(name="darts_trainer")
        self.child = child
        self.step_count = tf.Variable(0, dtype=tf.int64, trainable=False, name="global_step")
        self._architecture = architecture
        self._config = config
        self._schedule = schedule
        self._data = data
        self._evaluator = evaluator
        self._network = FunctionalNetwork(child)
        self.momenta = [tf.Variable(tf.zeros_like(weight), trainable=False) for weight in self._network.weights]
        published = config.update == "published"
        self._momentum = Momentum(config.momentum, 2.0 * config.l2_reg) if published else Momentum(0.0, 0.0)
        self._take_step = tf.function(self._published if published else self._survey, autograph=False)
        # A function within the step's graph: five passes are traced once.
        self._pass = tf.function(self._run, autograph=False)
        self._batches: Iterator[Batch] | None = None
        self._relaxed_logits = tf.function(self._evaluate, autograph=False, reduce_retracing=True)

    def step(self, images: tf.Tensor, labels: tf.Tensor, arc: Sequence[int]) -> dict[str, float]:
        """Takes a step of logits and weights.

        Args:
          images: float32 [B, H, W, C], for the weights.
          labels: int32 [B].
          arc: Not read; the relaxed network runs every architecture at once.

        Returns:
          `loss` of the training batch, `lr` of the weights, `grad_norm` of their gradient before clipping, and
          `correct`, the number of training images classified right.
        """
        if self._batches is None:  # not before the counter may have been restored
            held_out = self._config.split == "validation"
            self._batches = iter(self._data.architecture_batches(int(self.step_count), held_out))
        rate = self._schedule(int(self.step_count))
        batches = Batches((images, labels), next(self._batches))
        loss, grad_norm, correct = self._take_step(batches, tf.constant(rate))
        self.step_count.assign_add(1)
        return {"loss": float(loss), "lr": rate, "grad_norm": float(grad_norm), "correct": int(correct)}

    def multiply_adds(self, arcs: Sequence[Sequence[int]], num_images: int) -> int:
        """Counts the multiply-adds of as many steps as there are architectures.

        The relaxed network runs every operation, whichever architecture; a step of first order takes two passes, one
        of second order five.

        Args:
          arcs: Not read but for their number.
          num_images: In a batch.
        """
        images = tf.TensorSpec([None, *self.child.image_shape], tf.float32)
        forward = graph_multiply_adds(self._relaxed_logits.get_concrete_function(images).graph)
        return len(arcs) * PASSES[self._config.order] * WITH_GRADIENT * num_images * forward

    def architecture_gradient(
        self, batches: Batches, velocities: Sequence[tf.Tensor], state: list[tf.Tensor], rate: tf.Tensor
    ) -> Logits:
        """Computes the gradient that logits are moved against, of first or second order; nothing is moved.

        Args:
          batches: Both of a step.
          velocities: Of the weights, before the step to w'.
          state: That all passes begin with.
          rate: Of the step to w'.
        """
        train_batch, valid_batch = batches
        weights, logits = _tensors(self._network.weights), self._architecture.tensors()
        if self._config.order == 1:
            return self._pass(weights, logits, state, valid_batch).to_logits
        to_weights = self._pass(weights, logits, state, train_batch).to_weights
        ahead = self._momentum.moved(weights, velocities, to_weights, rate)
        direct = self._pass(ahead, logits, state, valid_batch)

        def train_gradient(tried: list[tf.Tensor]) -> list[tf.Tensor]:
            return list(self._pass(tried, logits, state, train_batch).to_logits.values())

        corrections = unrolling_correction(train_gradient, weights, direct.to_weights, rate, self._config.radius)
        found = direct.to_logits
        return {name: found[name] + correction for name, correction in zip(found, corrections, strict=True)}

    def relaxed_accuracy(self) -> float:
        """Returns the share of the validation images that the relaxed network classifies right."""
        correct = [
            int(num_correct(self._relaxed_logits(images), labels)) for images, labels in self._data.valid_batches()
        ]
        return sum(correct) / self._data.num_valid

    def accuracy(self, arc: Arc) -> float:
        """Returns the share of them that an architecture classifies right, with weights of the relaxed network."""
        return self._evaluator.accuracy(itertools.repeat(arc), self._data.valid_batches())

    def _evaluate(self, images: tf.Tensor) -> tf.Tensor:
        return self.child.relaxed_logits(images, self._architecture.tensors(), training=False)

    def _published(self, batches: Batches, rate: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Moves logits by Adam, then weights by momentum; returns loss, norm of gradient, and correct images."""
        velocities, state = _tensors(self.momenta), _tensors(self._network.state)
        self._architecture.descend(self.architecture_gradient(batches, velocities, state, rate))
        weights, found = self._train_pass(batches.train, state)
        clipped, norm = tf.clip_by_global_norm(found.to_weights, self._config.grad_bound)
        velocities = self._momentum.velocities(weights, velocities, clipped)
        _assign(self.momenta, velocities)
        _assign(self._network.weights, along(weights, velocities, -rate))
        return found.loss, norm, found.correct

    def _survey(self, batches: Batches, rate: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Moves weights, then logits, both by plain descent; returns the same."""
        state = _tensors(self._network.state)
        weights, found = self._train_pass(batches.train, state)
        _assign(self._network.weights, along(weights, found.to_weights, -rate))
        still = [tf.zeros_like(weight) for weight in weights]
        gradient = self.architecture_gradient(batches, still, state, rate)
        self._architecture.descend_plainly(gradient, rate)
        return found.loss, tf.linalg.global_norm(found.to_weights), found.correct

    def _train_pass(self, batch: Batch, state: list[tf.Tensor]) -> tuple[list[tf.Tensor], _Pass]:
        """The only pass whose moving averages and states of generators are kept; returns its weights, and it."""
        weights = _tensors(self._network.weights)
        found = self._pass(weights, self._architecture.tensors(), state, batch)
        _assign(self._network.state, found.state)
        return weights, found

    def _run(self, weights: list[tf.Tensor], logits: Logits, state: list[tf.Tensor], batch: Batch) -> _Pass:
        images, labels = batch
        with tf.GradientTape() as tape:
            tape.watch([weights, logits])
            outputs, state = self._network(weights, logits, state, images)
            loss = cross_entropy(outputs, labels)
        sources, zero = [weights, logits], tf.UnconnectedGradients.ZERO
        to_weights, to_logits = tape.gradient(loss, sources, unconnected_gradients=zero)
        return _Pass(loss, num_correct(outputs, labels), to_weights, to_logits, state)


def make_darts_child(
    config: SearchConfig, relaxation: Relaxation, image_shape: tuple[int, int, int], num_classes: int
) -> RelaxedChild:
    """Makes the relaxed network of a search at its initial weights (arguments as `make_relaxed_child`)."""
    if config.run.search_for == "micro":  # published: nothing of it in the search
        child = dataclasses.replace(config.child, use_aux_heads=False, keep_prob=1.0)
        config = dataclasses.replace(config, child=child)
    return make_relaxed_child(config, relaxation, config.strategy_as(DartsConfig).affine, image_shape, num_classes)


def make_darts_trainer(
    config: SearchConfig, architecture: Architecture, data: SearchData, child: RelaxedChild
) -> DartsTrainer:
    """Makes what takes the steps of a search's relaxed network.

    Args:
      config: The settings.
      architecture: The logits.
      data: The images.
      child: The network.
    """
    darts = config.strategy_as(DartsConfig)
    num_epochs, per_epoch = config.run.num_epochs, data.batches_per_epoch

    def schedule(step: int) -> float:
        return half_cosine(darts.lr_max, darts.lr_min, step // per_epoch, num_epochs)

    return DartsTrainer(child, architecture, darts, schedule, data, make_evaluator(config, child, data))


def _tensors(variables: Sequence[tf.Variable]) -> list[tf.Tensor]:
    """What variables hold at this place of a graph."""
    return [tf.convert_to_tensor(variable) for variable in variables]


def _assign(variables: Sequence[tf.Variable], values: Sequence[tf.Tensor]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
