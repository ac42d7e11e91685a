"""Final training: one architecture, with weights of its own, on all training images.

The loop, the trainer, the optimizer and the checkpoints are those of a search; there is no controller, and no
validation set.
"""

import dataclasses
import itertools
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.models.complexity import complexity_of
from enas_tf.models.differentiation import ChildOutputs, DifferentiatedByTape
from enas_tf.models.factory import make_network
from enas_tf.models.fixed_network import FixedNetwork
from enas_tf.reporting.run_reporter import CHILD_PHASE, EVALUATION_PHASE
from enas_tf.reporting.training_reporter import TrainingReporter
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.training.child_trainer import make_child_trainer
from enas_tf.training.device import device_name
from enas_tf.training.evaluation import Evaluator
from enas_tf.training.interruption import Interruption
from enas_tf.training.loop import RunParts, TrainingLoop
from enas_tf.training.run_state import FinalTrainingState
from enas_tf.training.session import Initialiser, Job, run_session


def run_final_training(
    config: SearchConfig, flagfile: str, header: list[str], initialise: Initialiser | None = None
) -> None:
    """Trains `config.child.fixed_arc` or goes on with it (arguments and errors as `run_session`)."""
    run_session(FinalTrainingJob, config, flagfile, header, hold_out_validation=False, initialise=initialise)


class FixedChild(DifferentiatedByTape):
    """The network of one architecture as trainers and evaluators call a child.

    Args:
      network: The network.
      jit_compile: Whether it is compiled with XLA.
    """

    def __init__(self, network: FixedNetwork, jit_compile: bool = False):
        self.network = network
        self._run = tf.function(network.outputs, jit_compile=jit_compile, autograph=False, reduce_retracing=True)

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables."""
        return self.network.variables

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """All variables an optimizer may move."""
        return self.network.trainable_variables

    @property
    def auxiliary_variables(self) -> list[keras.Variable]:
        """Trainable variables of the auxiliary head."""
        return self.network.auxiliary_variables

    def outputs(self, images: tf.Tensor, arc: Sequence[int], training: bool) -> ChildOutputs:
        """Runs the network on float32 images [B, H, W, C]; it has but one architecture."""
        return self._run(images, training)

    def __call__(self, images: tf.Tensor, arc: Sequence[int], training: bool) -> tf.Tensor:
        """Returns the logits alone."""
        return self.outputs(images, arc, training).logits


class OneArc:
    """An `ArcSource` that always gives the same architecture."""

    def __init__(self, arc: Arc):
        self.arc = arc

    def draw(self, num_arcs: int, stream: str, *counters: int) -> np.ndarray:
        """Returns it so many times, int32 [num_arcs, arc_length]."""
        return np.tile(np.array(self.arc, np.int32), (num_arcs, 1))


@dataclasses.dataclass(frozen=True)
class FinalTrainingParts(RunParts):
    """The moving parts of a final training.

    Attributes:
      child: The network of the one architecture.
      arcs: Always that architecture.
      state: Where the training stands.
    """

    child: FixedChild
    arcs: OneArc
    state: FinalTrainingState


class FinalTraining(TrainingLoop):
    """The loop of a final training (arguments as `TrainingLoop`)."""

    _parts: FinalTrainingParts
    _reporter: TrainingReporter

    def run(self, interruption: Interruption) -> bool:
        """Draws the architecture, then trains it; returns whether the training is finished."""
        self._reporter.architecture(self._parts.arcs.arc, "trained architecture", self._parts.step)
        return super().run(interruption)

    def _child_step(self, arc: Arc, images: tf.Tensor, labels: tf.Tensor) -> None:
        num_steps = self._config.run.num_epochs * self._data.batches_per_epoch
        self._parts.child.network.set_progress(min(1.0, (self._parts.step + 1) / num_steps))
        super()._child_step(arc, images, labels)

    def _before_evaluation(self, epoch: int, interruption: Interruption) -> None:
        """Does nothing: one architecture needs no controller."""

    def _evaluate(self, epoch: int) -> None:
        """Measures the accuracy on the test images."""
        state, step = self._parts.state, self._parts.step
        accuracy = self._test_accuracy()
        state.best_test_accuracy.assign(max(accuracy, float(state.best_test_accuracy)))
        self._reporter.evaluation(epoch, step, {"test": accuracy})
        self._reporter.epoch_done({"epoch": epoch, "step": step, "test_accuracy": accuracy})

    def _test_accuracy(self) -> float:
        return self._parts.evaluator.accuracy(itertools.repeat(self._parts.arcs.arc), self._data.test_batches())

    def _finish(self, interruption: Interruption) -> bool:
        """Saves the network and writes the results."""
        space, network, arc = self._parts.space, self._parts.child.network.network, self._parts.arcs.arc
        complexity = complexity_of(network)
        self._reporter.save_network(network.save)
        results = {
            "arc": space.format(arc),
            "arc_layers": space.format_layers(arc),
            "test_accuracy": self._test_accuracy(),
            "best_test_accuracy": float(self._parts.state.best_test_accuracy),
            "num_parameters": complexity.num_parameters,
            "multiply_adds": complexity.multiply_adds,
            "seed": self._config.run.seed,
        }
        self._reporter.finish(results, device_name())
        return True


class FinalTrainingJob(Job):
    """The final training of one architecture."""

    command = "enas-train"
    reporter = TrainingReporter
    loop = FinalTraining

    def _make_parts(self, space: SearchSpace) -> FinalTrainingParts:
        config, data = self._config, self._data
        arc = space.parse(config.child.fixed_arc, "--child_fixed_arc")
        child = FixedChild(make_network(config, space, arc, data.image_shape, data.num_classes), config.run.jit_compile)
        return FinalTrainingParts(
            space=space,
            child=child,
            child_trainer=make_child_trainer(config, child, data.batches_per_epoch),
            arcs=OneArc(arc),
            evaluator=Evaluator(child),
            state=FinalTrainingState(),
        )

    def planned_steps(self) -> dict[str, int]:
        """Steps left until the end of the run, by phase."""
        return {CHILD_PHASE: self._child_steps_left(), EVALUATION_PHASE: len(self._epochs_left())}

    def description(self) -> list[str]:
        """Lines that say what is about to be trained."""
        complexity = complexity_of(self.parts.child.network.network)
        return [
            *self.parts.space.format_layers(self.parts.arcs.arc),
            f"Model has {complexity.num_parameters} params, {complexity.multiply_adds} multiply-adds an image",
            "Tracing: the network is compiled at its first step",
        ]
