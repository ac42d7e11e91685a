"""Final training: one architecture, with weights of its own, on all training images; or its path of a shared network.

The loop, the trainer, the optimizer and the checkpoints are those of a search; there is no strategy, and a validation
set only where it is asked for.
"""

import functools
import statistics
import time

import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.errors import InputError
from enas_tf.poisoning import space_of
from enas_tf.reporting import training_events
from enas_tf.reporting.confusion import show_confusion
from enas_tf.reporting.run_reporter import RunReporter
from enas_tf.search.loop import Task
from enas_tf.search.session import Initialiser, run_session
from enas_tf.search.settings import CommandLine
from enas_tf.search_space import Arc, ImageFacts, parse_arc
from enas_tf.training.device import device_name
from enas_tf.training.interruption import Interruption
from enas_tf.training.network_training import TrainingResult, own_network_training, shared_path_training


def run_final_training(
    config: SearchConfig,
    command_line: CommandLine | None = None,
    initialise: Initialiser | None = None,
    found_on: ImageFacts | None = None,
) -> TrainingResult:
    """Trains `config.child.fixed_arc` or goes on with it.

    Args:
      config: As `run_session`; so are the errors.
      command_line: Likewise.
      initialise: Likewise.
      found_on: The images that the architecture was found on, where that is known.
    """
    make_task = functools.partial(FinalTraining, found_on=found_on)
    return run_session(make_task, config, command_line, config.data.hold_out_validation, initialise)


class FinalTraining(Task):
    """The final training of one architecture.

    Args:
      config: The settings.
      data: The images.
      found_on: As `run_final_training` describes.
    """

    command = "enas-train"

    def __init__(self, config: SearchConfig, data: SearchData, found_on: ImageFacts | None = None) -> None:
        space = space_of(config)
        if config.child.fixed_arc is None:
            raise InputError("--child_fixed_arc", "an architecture to train", "nothing")
        arc = parse_arc(space, config.child.fixed_arc, "--child_fixed_arc")
        make_training = own_network_training if config.run.init_from_search is None else shared_path_training
        self._training = make_training(config, data, space, arc)
        super().__init__(config, data, space, self._training.child, self._training.trainer)
        self.hparam_metrics = training_events.HELD_OUT_METRICS if data.num_valid else training_events.HPARAM_METRICS
        # Reported beside the last accuracy; it selects nothing.
        self._best_test_accuracy = tf.Variable(0.0, trainable=False)
        self._step_seconds: list[float] = []
        images = ImageFacts(data.image_shape, data.num_classes, data.class_names)
        is_carried = found_on not in (None, images)
        self._carried = [f"The architecture was found on {found_on}; it is trained on {images}"] if is_carried else []

    def counters(self) -> dict[str, tf.Variable]:
        """Returns the variables that say where the training stands, by name."""
        return super().counters() | {"best_test_accuracy": self._best_test_accuracy}

    def description(self) -> list[str]:
        """Returns lines that say what is about to be trained."""
        complexity = self._training.complexity
        return [
            *self._carried,
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
        """Measures the accuracy on the test images, and on the validation images if there are any."""
        subsets = ("valid", "test") if self._data.num_valid else ("test",)
        accuracies = {subset: self._training.accuracy(subset) for subset in subsets}
        self._best_test_accuracy.assign(max(accuracies["test"], float(self._best_test_accuracy)))
        reporter.evaluation(epoch, self.step, accuracies)
        row = {f"{subset}_accuracy": accuracy for subset, accuracy in accuracies.items()}
        reporter.epoch_done({"epoch": epoch, "step": self.step, **row})

    def finish(self, reporter: RunReporter, interruption: Interruption) -> TrainingResult:
        """Saves the network, writes the results and returns them."""
        network = self._training.whole_network()
        if network is not None:
            training_events.save_network(reporter, network.save)
        result = self._training.result()
        per_class = result.test_confusion.accuracy_per_class(self._data.class_names)
        results = {
            "arc": self.space.format(result.arc),
            "arc_layers": self.space.format_layers(result.arc),
            **({} if result.valid_accuracy is None else {"valid_accuracy": result.valid_accuracy}),
            "test_accuracy": result.test_accuracy,
            "best_test_accuracy": float(self._best_test_accuracy),
            **self._data.share_results,
            "num_parameters": result.num_parameters,
            "multiply_adds": result.multiply_adds,
            "seed": self._config.run.seed,
            "speed": self._speed(),
            "test_accuracy_per_class": per_class,
        }
        show_confusion(reporter, result.test_confusion.counts, per_class, self.step)
        training_events.show_outcome(reporter, results, device_name())
        return result

    def _speed(self) -> dict[str, float]:
        """Medians over the steps since the run began or went on, in seconds; empty where it made none."""
        if not self._step_seconds:
            return {}
        seconds = statistics.median(self._step_seconds)
        return {"seconds_per_step": seconds, "seconds_per_image": seconds / self._config.data.batch_size}
