"""Everything the report rests on, read and computed once."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence

from enas_tf.assess.collect import FINISHED, RunRecord, collect, values_by_seed
from enas_tf.assess.comparison import Comparison, against_clean, against_random, rank_correlations
from enas_tf.assess.directory import Experiment, ExperimentDirectory
from enas_tf.assess.experiment import Cell, cells_of, plan_runs
from enas_tf.assess.settings import CONTROLLER
from enas_tf.assess.statistics import PairedComparison, RankCorrelation, compare_paired
from enas_tf.reporting.run_directory import flag_values


@dataclasses.dataclass(frozen=True)
class Evidence:
    """An experiment as it stands.

    Attributes:
      experiment: What it is.
      sessions: A row a start: machine and versions.
      records: A record a planned run.
      cells: Its cells, in the order of the flags.
    """

    experiment: Experiment
    sessions: Sequence[dict]
    records: Sequence[RunRecord]
    cells: Sequence[Cell]

    @functools.cached_property
    def flags(self) -> Mapping[str, str]:
        """Flags that all searches share, by name."""
        return flag_values("\n".join(self.experiment.search_flags))

    @functools.cached_property
    def finished(self) -> Sequence[RunRecord]:
        """Records of the runs that are finished."""
        return [record for record in self.records if record.state == FINISHED]

    @functools.cached_property
    def fewest_seeds(self) -> int:
        """Finished runs of the cell that has fewest."""
        return min(sum(record.cell == cell for record in self.finished) for cell in self.cells)

    @functools.cached_property
    def against_random(self) -> Sequence[Comparison]:
        """Strategies against uniform search."""
        return against_random(self.records, self.cells)

    @functools.cached_property
    def against_clean(self) -> Sequence[Comparison]:
        """Weakened spaces against the clean one."""
        return against_clean(self.records, self.cells)

    @functools.cached_property
    def correlations(self) -> Mapping[Cell, RankCorrelation]:
        """Shared weights against training from scratch."""
        return rank_correlations(self.records, self.cells)

    @functools.cached_property
    def avoidance(self) -> Mapping[Cell, PairedComparison]:
        """The controllers' final probability of poison against its share in uniform draws, over seeds."""
        found = {}
        for cell in self.cells:
            probabilities = values_by_seed(self.records, cell, "bad_probability")
            shares = values_by_seed(self.records, cell, "bad_uniform_share")
            if cell.strategy == CONTROLLER and probabilities and any(shares.values()):
                found[cell] = compare_paired(list(probabilities.values()), [shares[seed] for seed in probabilities])
        return found


def gather(directory: ExperimentDirectory) -> Evidence:
    """Reads an experiment, finished or not.

    Raises:
      InputError: If there is none.
    """
    experiment = directory.read()
    runs = plan_runs(experiment.config)
    return Evidence(experiment, directory.read_sessions(), collect(runs), cells_of(runs))
