"""Final training: one architecture, with weights of its own, on all training images.

The loop, the trainer, the optimizer and the checkpoints are those of a search; there is no strategy, and no validation
set.
"""

import statistics
import time

import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.errors import InputError
from enas_tf.poisoning import space_of
from enas_tf.reporting import training_events
from enas_tf.reporting.run_reporter import RunReporter
from enas_tf.search.loop import Task
from enas_tf.search.session import Initialiser, run_session
from enas_tf.search.settings import CommandLine
from enas_tf.search_space import Arc
from enas_tf.training.device import device_name
from enas_tf.training.interruption import Interruption
from enas_tf.training.network_training import NetworkTraining, TrainingResult


def run_final_training(
    config: SearchConfig, command_line: CommandLine | None = None, initialise: Initialiser | None = None
) -> TrainingResult:
    """Trains `config.child.fixed_arc` or goes on with it (arguments and errors as `run_session`)."""
    return run_session(FinalTraining, config, command_line, hold_out_validation=False, initialise=initialise)


class FinalTraining(Task):
    """The final training of one architecture.

    Args:
      config: The settings.
      data: The images.
    """

    command = "enas-train"
    hparam_metrics = training_events.HPARAM_METRICS

    def __init__(self, config: SearchConfig, data: SearchData) -> None:
        space = space_of(config)
        if config.child.fixed_arc is None:
            raise InputError("--child_fixed_arc", "an architecture to train", "nothing")
        arc = space.parse(config.child.fixed_arc, "--child_fixed_arc")
        self._training = NetworkTraining(config, data, space, arc)
        super().__init__(config, data, space, self._training.child, self._training.trainer)
        # Reported beside the last accuracy; it selects nothing.
        self._best_test_accuracy = tf.Variable(0.0, trainable=False)
        self._step_seconds: list[float] = []

    def counters(self) -> dict[str, tf.Variable]:
        """Returns the variables that say where the training stands, by name."""
        return super().counters() | {"best_test_accuracy": self._best_test_accuracy}

    def description(self) -> list[str]:
        """Returns lines that say what is about to be trained."""
        complexity = self._training.complexity
        return [
            *self.space.format_layers(self._training.arc),
            f"Model has {complexity.num_parameters} params, {complexity.multiply_adds} multiply-adds an image",
            "Tracing: the network is compiled at its first step",
        ]

    def begin(self, reporter: RunReporter) -> None:
        """Draws the architecture."""
        reporter.architecture(self._training.arc, "trained architecture", self.step)

    def child_arcs(self, num_steps: int, epoch: int) -> list[Arc]:
        """Returns the same architecture for every step."""
        return [self._training.arc] * num_steps

    def train_child(self, images: tf.Tensor, labels: tf.Tensor, arc: Arc) -> dict[str, float]:
        """Takes a step and notes how long it took."""
        start = time.perf_counter()
        metrics = self._training.step(images, labels)
        self._step_seconds.append(time.perf_counter() - start)
        return metrics

    def evaluate(self, epoch: int, reporter: RunReporter) -> None:
        """Measures the accuracy on the test images."""
        accuracy = self._training.accuracy("test")
        self._best_test_accuracy.assign(max(accuracy, float(self._best_test_accuracy)))
        reporter.evaluation(epoch, self.step, {"test": accuracy})
        reporter.epoch_done({"epoch": epoch, "step": self.step, "test_accuracy": accuracy})

    def finish(self, reporter: RunReporter, interruption: Interruption) -> TrainingResult:
        """Saves the network, writes the results and returns them."""
        training_events.save_network(reporter, self._training.child.network.network.save)
        result = self._training.result()
        results = {
            "arc": self.space.format(result.arc),
            "arc_layers": self.space.format_layers(result.arc),
            "test_accuracy": result.test_accuracy,
            "best_test_accuracy": float(self._best_test_accuracy),
            **self._data.share_results,
            "num_parameters": result.num_parameters,
            "multiply_adds": result.multiply_adds,
            "seed": self._config.run.seed,
            "speed": self._speed(),
        }
        training_events.show_outcome(reporter, results, device_name())
        return result

    def _speed(self) -> dict[str, float]:
        """Medians over the steps since the run began or went on, in seconds; empty where it made none."""
        if not self._step_seconds:
            return {}
        seconds = statistics.median(self._step_seconds)
        return {"seconds_per_step": seconds, "seconds_per_image": seconds / self._config.data.batch_size}
