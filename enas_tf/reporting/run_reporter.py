"""Tells what any training run does: console lines, progress, TensorBoard, a row on disk per epoch."""

import dataclasses
import pathlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from enas_tf.config import SearchConfig
from enas_tf.errors import OutputError
from enas_tf.poisoning import space_config
from enas_tf.reporting import console
from enas_tf.reporting.arc_drawing import draw_arc
from enas_tf.reporting.console_log import ConsoleLog
from enas_tf.reporting.drawing import save_drawing
from enas_tf.reporting.progress import RunProgress
from enas_tf.reporting.results import append_jsonl, read_json, read_jsonl, retain_jsonl, write_json, write_text
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.reporting.tensorboard import TensorBoardLog
from enas_tf.search_space import Arc, ArcRecord, ImageFacts, SearchSpace

CHILD_PHASE, EVALUATION_PHASE = "child training", "evaluation"


class RunPosition(NamedTuple):
    """Where a run goes on.

    Attributes:
      step: Child steps done, and what is done after the last of them.
      epoch: The last evaluated epoch.
      candidates: Candidates rewarded, where they are kept in a file.
    """

    step: int = 0
    epoch: int = 0
    candidates: int = 0


@dataclasses.dataclass(frozen=True)
class RunFacts:
    """What a reporter is told of a run before it begins.

    Attributes:
      config: The settings.
      space: What architectures mean.
      planned: Steps left in the whole run by phase.
      minutes: Tells the time the run has taken, interruptions left out.
      images: What the run is about.
      hparam_metrics: Tags of the scalars that TensorBoard's HParams tab compares runs by, with the names to show.
      cost: Tells what the run has taken beside time, by name.
    """

    config: SearchConfig
    space: SearchSpace
    planned: Mapping[str, int]
    minutes: Callable[[], float]
    images: ImageFacts
    hparam_metrics: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cost: Callable[[], Mapping[str, object]] = dict


class RunReporter:
    """Receives the events of a run, and tells the run nothing. A context manager.

    Args:
      directory: Where files go; it exists.
      terminal: Where lines and the progress go.
      facts: About the run.
      resumed: Where the run goes on from; None for a fresh run.

    Attributes:
      directory: As given.
      space: What architectures mean.
    """

    def __init__(
        self, directory: RunDirectory, terminal: Console, facts: RunFacts, resumed: RunPosition | None = None
    ) -> None:
        position = resumed or RunPosition()
        self.directory = directory
        self.space = facts.space
        self._minutes = facts.minutes
        self._cost = facts.cost
        self._config, self._images = facts.config, facts.images
        self._log_every = facts.config.run.log_every
        self._batch_size = facts.config.data.batch_size
        self._now = time.monotonic()
        self._phase = CHILD_PHASE
        self._logged = (position.step, self._now)
        for path in (directory.epochs, directory.epoch_timings, directory.arcs):
            retain_jsonl(path, lambda row: row["epoch"] <= position.epoch)
        retain_jsonl(directory.candidates, lambda row: row["number"] <= position.candidates)
        self._seconds = dict.fromkeys(facts.planned, 0.0) | (self._seconds_before() if resumed else {})
        self._console = ConsoleLog(directory.stdout, terminal, append=resumed is not None)
        self._progress = RunProgress(terminal, facts.planned, self._now)
        # Not even step 0 stays of a run that was killed before its first checkpoint.
        resume_step = -1 if resumed is None else position.step
        self._board = TensorBoardLog(directory.tensorboard, resume_step)
        if resumed is None:
            self._board.hparams(_flat_settings(facts.config), facts.hparam_metrics)

    def __enter__(self) -> "RunReporter":
        self._progress.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.__exit__(*exception)
        try:
            self._board.close()
        except OutputError:
            if exception[0] is None:  # else what went wrong first is told
                raise

    @property
    def seconds(self) -> float:
        """What all phases have taken together, from the beginning of the run and with all its resumptions."""
        return sum(self._seconds.values())

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
            num_correct=int(metrics["correct"]),
            batch_size=self._batch_size,
            minutes=self._minutes(),
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

    def round_observed(self, first: int, lines: Sequence[str], reward: float, best: float | None = None) -> None:
        """Reports a round of candidates; the console gets the line of every `log_every`-th of the phase.

        Args:
          first: Number of the round's first candidate within the phase, from 0.
          lines: One for each of its candidates, or none at all.
          reward: Mean of the round.
          best: The highest of all candidates so far, if that is known.
        """
        so_far = "" if best is None else f"  best {best:.3f}"
        self._progress.advance(self._tick(), f"reward {reward:.3f}{so_far}")
        for number, line in enumerate(lines, start=first):
            if number % self._log_every == 0:
                self._console.write(line)

    def measured(self) -> None:
        """Reports that one more measurement of a phase is done."""
        self._progress.advance(self._tick())

    def scalars(self, group: str, values: Mapping[str, float], step: int) -> None:
        """Shows numbers by name in TensorBoard, at a step of the child."""
        self._board.scalars({f"{group}/{name}": value for name, value in values.items()}, step)

    def figures(self, figures: Mapping[str, Figure], step: int) -> None:
        """Shows figures by tag in TensorBoard."""
        for tag, figure in figures.items():
            self._board.figure(tag, figure, step)

    def histograms(self, values: Mapping[str, np.ndarray], step: int) -> None:
        """Shows distributions of numbers by tag in TensorBoard."""
        self._board.histograms(values, step)

    def rows(self, path: pathlib.Path, rows: Sequence[Mapping[str, object]]) -> None:
        """Keeps rows in a file of the run's directory; each holds `epoch`."""
        append_jsonl(path, rows)

    def architecture(self, arc: Arc, title: str, step: int) -> None:
        """Writes, draws and shows the architecture the run is about: the one it trains, or the best it has found."""
        text = self.space.format(arc)
        write_text(self.directory.best_arc, text + "\n")
        write_json(self.directory.arc_record, self._record(text).to_plain())
        figure = draw_arc(self.space, arc, title)
        save_drawing(figure, self.directory.best_arc_picture)
        self._board.figure("architecture/picture", figure, step)
        layers = "\n".join(f"    {line}" for line in self.space.format_layers(arc))
        self._board.text("architecture/flag", f"{title}:\n\n{layers}\n\n`{text}`", step)

    def evaluation(self, epoch: int, step: int, accuracies: Mapping[str, float]) -> None:
        """Reports the accuracy over whole subsets by their names, `valid` and `test`."""
        self._progress.advance(self._tick())
        self._console.write(console.format_evaluation_phase(epoch))
        for subset, accuracy in accuracies.items():
            self._console.write(console.format_evaluation(subset, step, accuracy))
        self._board.scalars({f"evaluation/{subset}_accuracy": value for subset, value in accuracies.items()}, step)
        self._board.flush()

    def epoch_done(self, row: Mapping[str, object]) -> None:
        """Keeps what is known of an evaluated epoch, and what the run has taken so far; `row` holds `epoch`."""
        append_jsonl(self.directory.epochs, [row])
        self._tick()
        append_jsonl(self.directory.epoch_timings, [{"epoch": row["epoch"], **self._timings()}])

    def saved(self) -> None:
        """Keeps what the run has taken up to a checkpoint, from which it would go on."""
        self._tick()
        write_json(self.directory.timings, self._timings())

    def write_results(self, results: Mapping[str, object]) -> None:
        """Writes `results.json`, with what its architectures mean and the history of epochs, and `timings.json`."""
        surroundings = self._record("").surroundings()
        write_json(self.directory.results, {**results, **surroundings, "epochs": read_jsonl(self.directory.epochs)})
        self.saved()
        self._board.flush()

    def _record(self, arc: str) -> ArcRecord:
        child = self._config.child
        return ArcRecord(arc, space_config(self._config), child.num_layers, child.filters, self._images)

    def _timings(self) -> dict[str, object]:
        """What the run has taken so far, from its beginning and with all its resumptions."""
        return {"minutes": self._minutes(), "seconds_per_phase": self._seconds, **self._cost()}

    def _seconds_before(self) -> dict[str, float]:
        """Seconds by phase up to the last checkpoint of the run that goes on, or else to its last evaluated epoch."""
        if self.directory.timings.exists():
            return read_json(self.directory.timings)["seconds_per_phase"]
        rows = read_jsonl(self.directory.epoch_timings) if self.directory.epoch_timings.exists() else []
        return rows[-1]["seconds_per_phase"] if rows else {}

    def _tick(self) -> float:
        """Reads the clock and books the time since the last reading on the current phase."""
        now = time.monotonic()
        self._seconds[self._phase] += now - self._now
        self._now = now
        return now


def _flat_settings(config: SearchConfig) -> dict[str, object]:
    """All settings that have an effect, by `section.field`."""
    sections = {name: vars(section) for name, section in config.sections.items()}
    sections[config.strategy.name] = sections.pop("strategy")
    settings = {f"{name}.{field}": value for name, section in sections.items() for field, value in section.items()}
    return {"run.search_mode": config.strategy.name, **settings}
