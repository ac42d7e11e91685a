"""Tells what a search does: console lines, progress, TensorBoard, and rows on disk per architecture and epoch."""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from rich.console import Console

from enas_tf.config import SearchConfig
from enas_tf.reporting import console
from enas_tf.reporting.console_log import ConsoleLog
from enas_tf.reporting.drawing import save_drawing
from enas_tf.reporting.macro_drawing import draw_arc
from enas_tf.reporting.policy_images import draw_operation_probabilities, draw_skip_probabilities
from enas_tf.reporting.progress import RunProgress
from enas_tf.reporting.results import append_jsonl, read_jsonl, retain_jsonl, write_json, write_text
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.reporting.tensorboard import TensorBoardLog
from enas_tf.search_space import Arc, MacroSpace

CHILD_PHASE, CONTROLLER_PHASE, EVALUATION_PHASE = "child training", "controller training", "evaluation"

# What TensorBoard's HParams tab compares runs by.
HPARAM_METRICS = {
    "evaluation/valid_accuracy": "validation accuracy",
    "evaluation/test_accuracy": "test accuracy",
    "architectures/mean_accuracy": "mean accuracy of the sampled architectures",
}


class RunPosition(NamedTuple):
    """Where a run stands when it begins or goes on.

    Attributes:
      step: Child steps done.
      epoch: The last evaluated epoch.
      minutes: Time taken so far.
    """

    step: int = 0
    epoch: int = 0
    minutes: float = 0.0


class SearchReporter:
    """Receives the events of a search. A context manager.

    Args:
      directory: Where files go; it exists.
      terminal: Where lines and the progress go.
      space: What architectures mean.
      config: Of the run.
      planned: Steps left in the whole run by phase.
      resumed: Where the run goes on from; None for a fresh run.
    """

    def __init__(
        self,
        directory: RunDirectory,
        terminal: Console,
        space: MacroSpace,
        config: SearchConfig,
        planned: Mapping[str, int],
        resumed: RunPosition | None = None,
    ):
        position = resumed or RunPosition()
        self._directory = directory
        self._space = space
        self._log_every = config.run.log_every
        self._batch_size = config.data.batch_size
        self._now = time.monotonic()
        self._start = self._now - 60.0 * position.minutes
        self._seconds = dict.fromkeys(planned, 0.0)
        self._phase = CHILD_PHASE
        self._logged = (position.step, self._now)
        for path in (directory.arcs, directory.epochs):
            retain_jsonl(path, lambda row: row["epoch"] <= position.epoch)
        self._console = ConsoleLog(directory.stdout, terminal, append=resumed is not None)
        self._progress = RunProgress(terminal, planned, self._now)
        # Not even step 0 stays of a run that was killed before its first checkpoint.
        resume_step = -1 if resumed is None else position.step
        self._board = TensorBoardLog(directory.tensorboard, resume_step)
        if resumed is None:
            self._board.hparams(_flat_settings(config), HPARAM_METRICS)

    def __enter__(self) -> "SearchReporter":
        self._progress.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.__exit__(*exception)
        self._board.close()

    @property
    def minutes(self) -> float:
        """Time the run has taken, interruptions left out."""
        return (time.monotonic() - self._start) / 60.0

    def lines(self, lines: Sequence[str], ruled: bool = False) -> None:
        """Writes lines to the console, between rulers if wished."""
        ruler = [console.RULER] if ruled else []
        self._console.write("\n".join([*ruler, *lines, *ruler]))

    def begin(self, phase: str, total: int, done: int = 0) -> None:
        """Announces a phase of so many steps, some of which may be done already."""
        self._phase = phase
        self._progress.begin(phase, total, self._tick(), done)
        if phase == CHILD_PHASE:
            self._logged = (self._logged[0], self._now)

    def child_step(self, epoch: int, step: int, metrics: Mapping[str, float]) -> None:
        """Reports a training step of the child.

        Args:
          epoch: Epochs finished with this step.
          step: Counted from 1.
          metrics: As `ChildTrainer.step` returns them.
        """
        accuracy = metrics["correct"] / self._batch_size
        self._progress.advance(self._tick(), f"loss {metrics['loss']:.3f}  accuracy {accuracy:.3f}")
        if step % self._log_every:
            return
        record = console.ChildStepRecord(
            epoch=epoch,
            step=step,
            loss=metrics["loss"],
            lr=metrics["lr"],
            grad_norm=metrics["grad_norm"],
            num_correct=metrics["correct"],
            batch_size=self._batch_size,
            minutes=self.minutes,
        )
        self._console.write(console.format_child_step(record))
        logged_step, logged_at = self._logged
        self._logged = (step, self._now)
        self._board.scalars(
            {
                "child/loss": metrics["loss"],
                "child/train_accuracy": accuracy,
                "child/learning_rate": metrics["lr"],
                "child/gradient_norm": metrics["grad_norm"],
                "child/steps_per_second": (step - logged_step) / max(self._now - logged_at, 1e-9),
            },
            step,
        )

    def controller_update(
        self, update: int, num_before: int, accuracies: np.ndarray, metrics: Mapping[str, np.ndarray]
    ) -> None:
        """Reports an update of the controller; a console line for every `log_every`-th of its samples.

        Args:
          update: Number of the update within the phase, from 0.
          num_before: Updates made before the phase.
          accuracies: Of the sampled architectures, float32 [num_aggregate].
          metrics: As `ControllerTrainer.update` returns them.
        """
        self._progress.advance(self._tick(), f"reward {np.mean(metrics['reward']):.3f}")
        num_samples = len(accuracies)
        for k in range(num_samples):
            sample = update * num_samples + k
            if sample % self._log_every:
                continue
            record = console.ControllerStepRecord(
                step=num_before + (sample + 1) // num_samples,
                loss=metrics["loss"][k],
                entropy=metrics["entropy"][k],
                lr=metrics["lr"],
                grad_norm=metrics["grad_norm"],
                accuracy=accuracies[k],
                baseline=metrics["baseline"][k],
                minutes=self.minutes,
            )
            self._console.write(console.format_controller_step(record))

    def controller_phase(self, step: int, phase_metrics: Sequence[Mapping[str, np.ndarray]]) -> None:
        """Reports the averages over the updates of a controller phase, at a step of the child."""
        if not phase_metrics:
            return
        names = ("loss", "reward", "entropy", "skip_rate", "grad_norm", "neg_log_prob")
        means = {name: float(np.mean([np.mean(metrics[name]) for metrics in phase_metrics])) for name in names}
        last = phase_metrics[-1]
        self._board.scalars(
            {f"controller/{name}": value for name, value in means.items()}
            | {"controller/baseline": float(last["baseline"][-1]), "controller/learning_rate": float(last["lr"])},
            step,
        )

    def policy(self, step: int, operations: np.ndarray, skips: np.ndarray) -> None:
        """Draws the controller's policy.

        Args:
          step: Of the child.
          operations: Probability of each operation, float [num_layers, num_operations].
          skips: Probability of each skip, float [num_skips] in the order of the arc.
        """
        matrix = np.zeros([self._space.num_layers] * 2)
        matrix[np.tril_indices(self._space.num_layers, -1)] = skips
        figure = draw_operation_probabilities(self._space.operations, operations)
        self._board.figure("controller/operation_probabilities", figure, step)
        self._board.figure("controller/skip_probabilities", draw_skip_probabilities(matrix), step)
        self._board.histograms({"controller/skip_probability": skips}, step)

    def architectures(self, epoch: int, step: int, arcs: Sequence[Arc], accuracies: np.ndarray) -> None:
        """Reports sampled architectures with their accuracies on a validation batch each."""
        self._console.write(console.format_architectures_header(len(arcs)))
        for arc, accuracy in zip(arcs, accuracies, strict=True):
            self._console.write(console.format_architecture(self._space.format_layers(arc), accuracy))
        rows = [
            {"epoch": epoch, "arc": self._space.format(arc), "reward": accuracy}
            for arc, accuracy in zip(arcs, accuracies, strict=True)
        ]
        append_jsonl(self._directory.arcs, rows)
        self._board.scalars(
            {
                "architectures/mean_accuracy": float(np.mean(accuracies)),
                "architectures/best_accuracy": float(np.max(accuracies)),
            },
            step,
        )

    def best_arc(self, arc: Arc, epoch: int, step: int) -> None:
        """Writes, draws and shows the best architecture so far."""
        text = self._space.format(arc)
        write_text(self._directory.best_arc, text + "\n")
        figure = draw_arc(self._space, arc, f"best architecture, sampled after epoch {epoch}")
        save_drawing(figure, self._directory.best_arc_picture)
        self._board.figure("best_architecture/picture", figure, step)
        layers = "\n".join(f"    {line}" for line in self._space.format_layers(arc))
        self._board.text("best_architecture/flag", f"Sampled after epoch {epoch}:\n\n{layers}\n\n`{text}`", step)

    def evaluation(self, epoch: int, step: int, accuracies: Mapping[str, float]) -> None:
        """Reports the accuracy over whole subsets, `valid` and `test`."""
        self._progress.advance(self._tick())
        self._console.write(console.format_evaluation_phase(epoch))
        for subset, accuracy in accuracies.items():
            self._console.write(console.format_evaluation(subset, step, accuracy))
        self._board.scalars({f"evaluation/{subset}_accuracy": value for subset, value in accuracies.items()}, step)
        self._board.flush()

    def epoch_done(self, row: Mapping[str, object]) -> None:
        """Keeps what is known of an evaluated epoch; `row` holds `epoch`."""
        append_jsonl(self._directory.epochs, [row])

    def finish(self, results: Mapping[str, object], step: int) -> None:
        """Writes `results.json`, with the history of epochs, and `timings.json`, and tells the outcome.

        Args:
          results: Holds `best_arc`, `best_arc_layers`, `best_arc_epoch`, `best_arc_reward`, `best_arc_valid_accuracy`
            and `best_arc_test_accuracy`.
          step: Of the child.
        """
        write_json(self._directory.results, {**results, "epochs": read_jsonl(self._directory.epochs)})
        write_json(self._directory.timings, {"minutes": self.minutes, "seconds_per_phase": self._seconds})
        self._board.scalars({"best_architecture/valid_accuracy": results["best_arc_valid_accuracy"]}, step)
        self._board.flush()
        self.lines(
            [
                f"Best architecture: sampled after epoch {results['best_arc_epoch']}, "
                f"{results['best_arc_reward']:.4f} on one validation batch",
                *results["best_arc_layers"],
                f"Its accuracy on all validation images: {results['best_arc_valid_accuracy']:.4f}, "
                f"on all test images: {results['best_arc_test_accuracy']:.4f}",
                f'As a flag: --child_fixed_arc="{results["best_arc"]}"',
                f"Results: {self._directory.results}, picture: {self._directory.best_arc_picture}.png",
            ],
            ruled=True,
        )

    def _tick(self) -> float:
        """Reads the clock and books the time since the last reading on the current phase."""
        now = time.monotonic()
        self._seconds[self._phase] += now - self._now
        self._now = now
        return now


def _flat_settings(config: SearchConfig) -> dict[str, object]:
    """All settings by `section.field`."""
    sections = {name: vars(section) for name, section in vars(config).items()}
    return {f"{name}.{field}": value for name, section in sections.items() for field, value in section.items()}
