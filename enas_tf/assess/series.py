"""Series over epochs, for plots: one quantity of all runs of a cell."""

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np

from enas_tf.assess.collect import RunRecord
from enas_tf.assess.experiment import Cell


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


def over_epochs(records: Iterable[RunRecord], cell: Cell, value: Callable[[dict], float | None]) -> Band | None:
    """Averages a quantity of the rows of epochs over the runs of a cell; None if no row has it.

    Args:
      records: All runs.
      cell: Which of them.
      value: The quantity of a row, None where it has none.
    """
    by_epoch: dict[int, list[float]] = {}
    for record in records:
        for row in record.epochs if record.cell == cell else ():
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
