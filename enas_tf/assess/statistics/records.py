"""What the runs of an experiment have left, finished or not, and series of it for plots."""

import dataclasses
import pathlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from enas_tf.assess.plan.runs import Condition, PlannedRun
from enas_tf.reporting.results import read_json, read_jsonl

FINISHED, FAILED, UNFINISHED, MISSING = "finished", "failed", "unfinished", "missing"

# Seconds a phase took, in the table of runs.
PHASE_PREFIX = "seconds_"


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """What is known of a run.

    Attributes:
      name: Of its directory.
      condition: Strategy and space.
      seed: Root seed.
      state: `FINISHED`, `FAILED`, `UNFINISHED` (interrupted, or still running) or `MISSING`.
      failure: Exit code and last lines of the log of a run that failed; None for others.
      results: `results.json` of its search; empty before the search has ended.
      epochs: A row an evaluated epoch.
      timings: A row an evaluated epoch, with `minutes` and `seconds_per_phase` since the run began.
      total_timings: The same of the whole run, as far as it has come, with what it has computed.
      standalone: Architectures trained from scratch, with their accuracies.
      num_shown: Architectures sampled after evaluated epochs so far; None before the first.
    """

    name: str
    condition: Condition
    seed: int
    state: str
    failure: dict | None = None
    results: dict = dataclasses.field(default_factory=dict)
    epochs: Sequence[dict] = ()
    timings: Sequence[dict] = ()
    total_timings: dict = dataclasses.field(default_factory=dict)
    standalone: Sequence[dict] = ()
    num_shown: int | None = None

    def metrics(self) -> dict[str, float]:
        """Everything of the run that is one number, by name; what is not known is left out."""
        last = self.epochs[-1] if self.epochs else {}
        # Rows of epochs are from before a search that comes after them.
        drawn = self.results.get("final_statistics", {}) if self.condition.scheduled.searches_after else last
        phases = self.total_timings.get("seconds_per_phase", {})
        metrics = {
            "reward": self.results.get("best_arc_reward"),
            "valid_accuracy": self.results.get("best_arc_valid_accuracy"),
            "test_accuracy": self.results.get("best_arc_test_accuracy"),
            "final_arcs_valid_accuracy": self.results.get("final_arcs_valid_accuracy"),
            "final_arcs_test_accuracy": self.results.get("final_arcs_test_accuracy"),
            "standalone_accuracy": self.standalone[0]["standalone_accuracy"] if self.standalone else None,
            "standalone_arcs": len(self.standalone),
            "num_operations": len(self.results["operations"]) if self.results else None,
            "num_poisoned": self.results.get("num_poisoned"),
            "bad_share": _bad_share(drawn),
            **{name: drawn.get(name) for name in _DRAWN},
            **self._spent(),
            "architectures_shown": self.num_shown,
            "steps": last.get("step"),
            "seconds": 60 * self.total_timings["minutes"] if self.total_timings else None,
            **{PHASE_PREFIX + phase.replace(" ", "_"): seconds for phase, seconds in phases.items()},
        }
        return {name: value for name, value in metrics.items() if value is not None}

    def _spent(self) -> dict[str, float | None]:
        """What the search has computed so far; None for what it does not tell."""
        told = self.total_timings
        multiply_adds = told.get("multiply_adds_per_phase", {})
        candidates = self.results.get("candidates", {})  # all that runs told before their timings did
        return {
            "architectures_rewarded": told.get("candidates_rewarded", candidates.get("num_rewarded")),
            "images_run": told.get("candidate_images", candidates.get("num_images")),
            "multiply_adds": multiply_adds.get("candidates"),
            "training_multiply_adds": multiply_adds.get("child training"),
        }


_DRAWN = (
    "bad_operations_mean",
    "bad_operations_best",
    "good_operations_mean",
    "good_operations_best",
    "bad_probability",
    "bad_uniform_share",
    "entropy",
    "relative_entropy",
)


@dataclasses.dataclass(frozen=True)
class Band:
    """The mean over seeds with its spread.

    Attributes:
      x: Places, ascending.
      mean: Mean over the runs that reach a place.
      std: Their sample standard deviation, 0 for a single run.
    """

    x: np.ndarray
    mean: np.ndarray
    std: np.ndarray


def collect(runs: Iterable[PlannedRun]) -> list[RunRecord]:
    """Reads what is known of each run."""
    return [_read(run) for run in runs]


def values_by_seed(records: Iterable[RunRecord], condition: Condition, metric: str) -> dict[int, float]:
    """A metric of the finished runs of a condition, by seed; runs that lack it are left out."""
    found = {}
    for record in records:
        if record.condition == condition and record.state == FINISHED and metric in (metrics := record.metrics()):
            found[record.seed] = metrics[metric]
    return found


def over_epochs(
    records: Iterable[RunRecord], condition: Condition, value: Callable[[dict], float | None]
) -> Band | None:
    """Averages a quantity of the rows of epochs over the runs of a condition; None if no row has it.

    Args:
      records: All runs.
      condition: Which of them.
      value: The quantity of a row, None where it has none.
    """
    by_epoch: dict[int, list[float]] = {}
    for record in records:
        for row in record.epochs if record.condition == condition else ():
            if (number := value(row)) is not None:
                by_epoch.setdefault(row["epoch"], []).append(number)
    if not by_epoch:
        return None
    epochs = sorted(by_epoch)
    return Band(
        x=np.array(epochs),
        mean=np.array([np.mean(by_epoch[epoch]) for epoch in epochs]),
        std=np.array([np.std(by_epoch[epoch], ddof=1) if len(by_epoch[epoch]) > 1 else 0.0 for epoch in epochs]),
    )


def best_so_far(record: RunRecord, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """The highest value of a metric up to each evaluation, against the seconds the run had taken by then.

    Returns:
      Seconds and values, [num_evaluations] each.
    """
    seconds = {row["epoch"]: 60 * row["minutes"] for row in record.timings}
    rows = [row for row in record.epochs if row["epoch"] in seconds and row.get(metric) is not None]
    values = np.maximum.accumulate([row[metric] for row in rows]) if rows else np.array([])
    return np.array([seconds[row["epoch"]] for row in rows]), values


def best_reward(record: RunRecord) -> tuple[np.ndarray, np.ndarray]:
    """The highest reward of a candidate so far, wherever it rose, and at the end.

    Returns:
      Multiply-adds that candidates had taken by then, and rewards; empty where a run does not tell.
    """
    candidates = record.results.get("candidates", {})
    rises = candidates.get("best_so_far", ())
    if not rises or "multiply_adds" not in candidates:
        return np.array([]), np.array([])
    told = [(rise["multiply_adds"], rise["reward"]) for rise in rises]
    told.append((candidates["multiply_adds"], told[-1][1]))
    multiply_adds, rewards = np.array(told, np.float64).T
    return multiply_adds, rewards


def _read(run: PlannedRun) -> RunRecord:
    files = run.files
    failure = _read_json(files.failure, None)
    timings = _read_rows(files.search.epoch_timings)
    return RunRecord(
        name=run.name,
        condition=run.condition,
        seed=run.seed,
        state=_state(run, failure),
        failure=failure,
        results=_read_json(files.search.results, {}),
        epochs=_read_rows(files.search.epochs),
        timings=timings,
        total_timings=_read_json(files.search.timings, timings[-1] if timings else {}),
        standalone=_read_json(files.standalone, []),
        num_shown=len(_read_rows(files.search.arcs)) or None,
    )


def _state(run: PlannedRun, failure: dict | None) -> str:
    if run.finished:
        return FINISHED
    if failure is not None:
        return FAILED
    return UNFINISHED if run.files.search.flags.exists() else MISSING


def _bad_share(row: dict) -> float | None:
    """The share of ineffective operations in the architectures shown after an epoch."""
    if "bad_operations_mean" not in row:
        return None
    return row["bad_operations_mean"] / (row["bad_operations_mean"] + row["good_operations_mean"])


def _read_json(path: pathlib.Path, default: Any) -> Any:
    try:
        return read_json(path)
    except FileNotFoundError:  # perhaps removed just now, by a run that is tried again
        return default


def _read_rows(path: pathlib.Path) -> list[dict]:
    return read_jsonl(path) if path.exists() else []
