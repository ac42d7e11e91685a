"""How far an experiment is, by the files its runs have left so far.

Shown as a live table on a terminal, as plain lines every half minute where there is none.
"""

import dataclasses
import pathlib
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
      candidates: Candidates rewarded after the last epoch, of a search that takes them then.
    """

    search_epochs: int
    standalone_epochs: int
    valid_accuracy: float | None
    candidates: int = 0

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
        candidates=_num_rows(run.files.search.candidates) if run.condition.scheduled.searches_after else 0,
    )


class ExperimentProgress:
    """Receives the events of a runner. A context manager.

    Args:
      console: Where to show them.
      runs: All runs of the experiment.
      epochs_per_run: Epochs of a run's search and of its stand-alone trainings together.
      candidates_after: Candidates that a search takes after its last epoch, if it takes them then.
      now: Tells the time in seconds.
    """

    def __init__(
        self,
        console: Console,
        runs: Sequence[PlannedRun],
        epochs_per_run: int,
        candidates_after: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._epochs_per_run = epochs_per_run
        self._candidates_after = candidates_after
        self._now = now
        self._start = now()
        self._shown_at = -float("inf")
        self._unfinished = [run for run in runs if not run.finished]
        self._num_runs = len(runs)
        self._num_finished = len(runs) - len(self._unfinished)
        self._work_before = self._work_done()
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
            self._live.update(_table(summary, statuses, self._epochs_per_run, self._candidates_after), refresh=True)
            return
        self._say(summary)
        for name, status in statuses.items():
            epochs = f"epoch {status.epochs}/{self._epochs_per_run}"
            candidates = f", candidate {status.candidates}/{self._candidates_after}" if status.candidates else ""
            self._say(f"    {name}: {epochs}{candidates}{_accuracy_text(status.valid_accuracy)}")

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
        """The time left at the mean speed since the start, all workers together; empty before anything is done."""
        done = self._work_done()
        gained = done - self._work_before
        if not gained:
            return ""
        total = sum(self._work_of(run) for run in self._unfinished if run.name not in self._failed)
        return f"{format_duration((self._now() - self._start) * max(total - done, 0) / gained)} left"

    def _work_of(self, run: PlannedRun) -> float:
        """A run's work in epochs; candidates after the last one are taken to last as long as all epochs do."""
        return self._epochs_per_run * (2 if self._takes_candidates(run) else 1)

    def _work_done(self) -> float:
        return sum(self._done_by(run) for run in self._unfinished)

    def _done_by(self, run: PlannedRun) -> float:
        status = read_status(run)
        if not self._takes_candidates(run):
            return status.epochs
        return status.epochs + self._epochs_per_run * status.candidates / self._candidates_after

    def _takes_candidates(self, run: PlannedRun) -> bool:
        return self._candidates_after > 0 and run.condition.scheduled.searches_after

    def _say(self, text: str) -> None:
        self._console.out(text, highlight=False)


def _last_row(directory: RunDirectory) -> dict:
    rows = read_jsonl(directory.epochs) if directory.epochs.exists() else []
    return rows[-1] if rows else {}


def _num_rows(path: pathlib.Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _accuracy_text(accuracy: float | None) -> str:
    return "" if accuracy is None else f", validation accuracy {accuracy:.4f}"


def _table(title: str, statuses: dict[str, RunStatus], num_epochs: int, num_candidates: int) -> Table:
    table = Table(title=title, title_justify="left")
    for header in ("run", "epochs done", "candidates after them", "validation accuracy"):
        table.add_column(header)
    for name, status in statuses.items():
        accuracy = "" if status.valid_accuracy is None else f"{status.valid_accuracy:.4f}"
        candidates = f"{status.candidates} of {num_candidates}" if status.candidates else ""
        table.add_row(name, f"{status.epochs} of {num_epochs}", candidates, accuracy)
    return table
