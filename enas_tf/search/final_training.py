"""Final training: one architecture, with weights of its own, on all training images.

The loop, the trainer, the optimizer and the checkpoints are those of a search; there is no controller, and no
validation set.
"""

import dataclasses
import itertools

import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.models.complexity import complexity_of
from enas_tf.models.factory import make_network
from enas_tf.models.fixed_network import FixedChild
from enas_tf.reporting.run_reporter import CHILD_PHASE, EVALUATION_PHASE
from enas_tf.reporting.training_reporter import TrainingReporter
from enas_tf.search.loop import RunParts, TrainingLoop
from enas_tf.search.run_state import FinalTrainingState
from enas_tf.search.session import Initialiser, Job, run_session
from enas_tf.search.settings import CommandLine
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.training.child_trainer import make_child_trainer
from enas_tf.training.device import device_name
from enas_tf.training.evaluation import Evaluator
from enas_tf.training.interruption import Interruption


def run_final_training(
    config: SearchConfig, command_line: CommandLine | None = None, initialise: Initialiser | None = None
) -> None:
    """Trains `config.child.fixed_arc` or goes on with it (arguments and errors as `run_session`)."""
    run_session(FinalTrainingJob, config, command_line, hold_out_validation=False, initialise=initialise)


@dataclasses.dataclass(frozen=True)
class FinalTrainingParts(RunParts):
    """The moving parts of a final training.

    Attributes:
      child: The network of the one architecture.
      arc: That architecture.
      state: Where the training stands.
    """

    child: FixedChild
    arc: Arc
    state: FinalTrainingState


class FinalTraining(TrainingLoop):
    """The loop of a final training (arguments as `TrainingLoop`)."""

    _parts: FinalTrainingParts
    _reporter: TrainingReporter

    def run(self, interruption: Interruption) -> bool:
        """Draws the architecture, then trains it; returns whether the training is finished."""
        self._reporter.architecture(self._parts.arc, "trained architecture", self._parts.step)
        return super().run(interruption)

    def _child_step(self, arc: Arc, images: tf.Tensor, labels: tf.Tensor) -> None:
        num_steps = self._config.run.num_epochs * self._data.batches_per_epoch
        self._parts.child.network.set_progress(min(1.0, (self._parts.step + 1) / num_steps))
        super()._child_step(arc, images, labels)

    def _child_arcs(self, num_steps: int, epoch: int) -> list[Arc]:
        """Returns the same architecture for every step."""
        return [self._parts.arc] * num_steps

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
        return self._parts.evaluator.accuracy(itertools.repeat(self._parts.arc), self._data.test_batches())

    def _finish(self, interruption: Interruption) -> bool:
        """Saves the network and writes the results."""
        space, network, arc = self._parts.space, self._parts.child.network.network, self._parts.arc
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
            arc=arc,
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
            *self.parts.space.format_layers(self.parts.arc),
            f"Model has {complexity.num_parameters} params, {complexity.multiply_adds} multiply-adds an image",
            "Tracing: the network is compiled at its first step",
        ]
