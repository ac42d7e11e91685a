"""How far an experiment is, by the files its runs have left so far.

Shown as a live table on a terminal, as plain lines every half minute where there is none.
"""

import dataclasses
import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.live import Live
from rich.table import Table

from enas_tf.assess.plan.runs import PlannedRun
from enas_tf.reporting.progress import format_duration
from enas_tf.reporting.results import read_jsonl
from enas_tf.reporting.run_directory import RunDirectory

_LINE_SECONDS, _TABLE_SECONDS = 30.0, 1.0


@dataclasses.dataclass(frozen=True)
class RunStatus:
    """Where a run stands.

    Attributes:
      search_epochs: Epochs of its search that are evaluated.
      standalone_epochs: Epochs of its stand-alone trainings, summed up.
      valid_accuracy: Of the search's last evaluation; None before the first.
    """

    search_epochs: int
    standalone_epochs: int
    valid_accuracy: float | None

    @property
    def epochs(self) -> int:
        """All epochs done."""
        return self.search_epochs + self.standalone_epochs


def read_status(run: PlannedRun) -> RunStatus:
    """Reads how far a run is."""
    last = _last_row(run.files.search)
    trainings = [run.files.standalone_training(index) for index in range(run.standalone_arcs)]
    return RunStatus(
        search_epochs=last.get("epoch", 0),
        standalone_epochs=sum(_last_row(training).get("epoch", 0) for training in trainings),
        valid_accuracy=last.get("valid_accuracy"),
    )


class ExperimentProgress:
    """Receives the events of a runner. A context manager.

    Args:
      console: Where to show them.
      runs: All runs of the experiment.
      epochs_per_run: Epochs of a run's search and of its stand-alone trainings together.
      now: Tells the time in seconds.
    """

    def __init__(
        self,
        console: Console,
        runs: Sequence[PlannedRun],
        epochs_per_run: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._epochs_per_run = epochs_per_run
        self._now = now
        self._start = now()
        self._shown_at = -float("inf")
        self._unfinished = [run for run in runs if not run.finished]
        self._num_runs = len(runs)
        self._num_finished = len(runs) - len(self._unfinished)
        self._epochs_before = self._epochs_done()
        self._failed: list[str] = []
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_interactive else None

    def __enter__(self) -> "ExperimentProgress":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._live:
            self._live.stop()

    @property
    def num_unfinished(self) -> int:
        """Runs that were not finished at the start."""
        return len(self._unfinished)

    @property
    def failed_runs(self) -> Sequence[str]:
        """Names of the runs that have failed."""
        return self._failed

    def started(self, run: PlannedRun) -> None:
        """Reports that a run begins or goes on."""
        self._say(f"{run.name}: {'goes on' if read_status(run).epochs else 'begins'}")

    def finished(self, run: PlannedRun) -> None:
        """Reports that a run has left all it was to leave."""
        self._num_finished += 1
        accuracy = read_status(run).valid_accuracy
        self._say(f"{run.name}: finished{_accuracy_text(accuracy)}")

    def retried(self, run: PlannedRun, signal_number: int) -> None:
        """Reports that a run was killed and will be started once more."""
        self._say(f"{run.name}: killed by signal {signal_number}; starting it once more")

    def failed(self, run: PlannedRun, last_lines: Sequence[str]) -> None:
        """Reports that a run has failed, with the last lines of its log."""
        self._failed.append(run.name)
        self._say("\n    ".join([f"{run.name}: failed, see {run.files.log}", *last_lines]))

    def show(self, running: Sequence[PlannedRun]) -> None:
        """Shows where the running ones are, if it is time to."""
        now = self._now()
        if now - self._shown_at < (_TABLE_SECONDS if self._live else _LINE_SECONDS):
            return
        self._shown_at = now
        statuses = {run.name: read_status(run) for run in running}
        summary = self._summary(len(running))
        if self._live:
            self._live.update(_table(summary, statuses, self._epochs_per_run), refresh=True)
            return
        self._say(summary)
        for name, status in statuses.items():
            epochs = f"epoch {status.epochs}/{self._epochs_per_run}"
            self._say(f"    {name}: {epochs}{_accuracy_text(status.valid_accuracy)}")

    def _summary(self, num_running: int) -> str:
        num_waiting = self._num_runs - self._num_finished - num_running - len(self._failed)
        parts = [
            f"{self._num_finished} of {self._num_runs} runs finished",
            f"{num_running} running",
            f"{num_waiting} waiting",
            f"{len(self._failed)} failed" if self._failed else "",
            self._time_left(),
        ]
        return ", ".join(part for part in parts if part)

    def _time_left(self) -> str:
        """The time left at the mean speed since the start, all workers together; empty before any epoch is done."""
        done = self._epochs_done()
        gained = done - self._epochs_before
        if not gained:
            return ""
        total = self._epochs_per_run * sum(run.name not in self._failed for run in self._unfinished)
        return f"{format_duration((self._now() - self._start) * max(total - done, 0) / gained)} left"

    def _epochs_done(self) -> int:
        return sum(read_status(run).epochs for run in self._unfinished)

    def _say(self, text: str) -> None:
        self._console.out(text, highlight=False)


def _last_row(directory: RunDirectory) -> dict:
    rows = read_jsonl(directory.epochs) if directory.epochs.exists() else []
    return rows[-1] if rows else {}


def _accuracy_text(accuracy: float | None) -> str:
    return "" if accuracy is None else f", validation accuracy {accuracy:.4f}"


def _table(title: str, statuses: dict[str, RunStatus], num_epochs: int) -> Table:
    table = Table(title=title, title_justify="left")
    for header in ("run", "epochs done", "validation accuracy"):
        table.add_column(header)
    for name, status in statuses.items():
        accuracy = "" if status.valid_accuracy is None else f"{status.valid_accuracy:.4f}"
        table.add_row(name, f"{status.epochs} of {num_epochs}", accuracy)
    return table
