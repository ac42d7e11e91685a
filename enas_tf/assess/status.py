"""How far a run is, by the files it has left so far."""

import dataclasses

from enas_tf.assess.experiment import PlannedRun
from enas_tf.reporting.results import read_jsonl
from enas_tf.reporting.run_directory import RunDirectory


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


def _last_row(directory: RunDirectory) -> dict:
    rows = read_jsonl(directory.epochs) if directory.epochs.exists() else []
    return rows[-1] if rows else {}
