"""Which cells are compared with which, and what comes of it."""

import dataclasses
from collections.abc import Mapping, Sequence

from enas_tf.assess.collect import FINISHED, RunRecord, values_by_seed
from enas_tf.assess.experiment import Cell
from enas_tf.assess.settings import CLEAN, RANDOM
from enas_tf.assess.statistics import (
    PairedComparison,
    RankCorrelation,
    Summary,
    compare_paired,
    holm,
    rank_correlation,
    summarize,
)

# Accuracies that are compared, by the names of `RunRecord.metrics`.
COMPARED: Mapping[str, str] = {
    "test_accuracy": "best, shared weights",
    "final_arcs_test_accuracy": "last ten, shared weights",
    "standalone_accuracy": "best, from scratch",
}


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One cell against another on the seeds both have finished.

    Attributes:
      method: The cell in question.
      baseline: What it is held against.
      metric: A key of `COMPARED`.
      paired: Differences over seeds.
      method_summary: Of the method on those seeds.
      baseline_summary: Of the baseline.
      adjusted_p: p of the deciding test after Holm's adjustment over the comparisons of the same metric; None where
        there is no test.
    """

    method: Cell
    baseline: Cell
    metric: str
    paired: PairedComparison
    method_summary: Summary
    baseline_summary: Summary
    adjusted_p: float | None = None


def against_random(records: Sequence[RunRecord], cells: Sequence[Cell]) -> list[Comparison]:
    """Compares every other strategy with uniform search in the same space."""
    pairs = [(cell, Cell(RANDOM, cell.poison)) for cell in cells if cell.strategy != RANDOM]
    return _compare(records, pairs)


def against_clean(records: Sequence[RunRecord], cells: Sequence[Cell]) -> list[Comparison]:
    """Compares every other space with the clean one under the same strategy."""
    pairs = [(cell, Cell(cell.strategy, CLEAN)) for cell in cells if cell.poison != CLEAN]
    return _compare(records, pairs)


def rank_correlations(records: Sequence[RunRecord], cells: Sequence[Cell]) -> dict[Cell, RankCorrelation]:
    """Correlates shared-weight with stand-alone accuracy in every cell that has architectures of both."""
    correlations = {cell: rank_correlation(shared_and_alone(records, cell)) for cell in cells}
    return {cell: correlation for cell, correlation in correlations.items() if correlation.num_arcs}


def shared_and_alone(records: Sequence[RunRecord], cell: Cell) -> list[list[tuple[float, float]]]:
    """For each run of a cell, validation accuracy with shared weights and test accuracy trained from scratch."""
    return [
        [(arc["valid_accuracy"], arc["standalone_accuracy"]) for arc in record.standalone]
        for record in records
        if record.cell == cell and record.state == FINISHED and record.standalone
    ]


def _compare(records: Sequence[RunRecord], pairs: Sequence[tuple[Cell, Cell]]) -> list[Comparison]:
    """Compares pairs of cells under every metric, which is a family of tests of its own."""
    found = []
    for metric in COMPARED:
        compared = [_compare_cells(records, *pair, metric) for pair in pairs]
        found += _adjusted([comparison for comparison in compared if comparison])
    return found


def _adjusted(family: Sequence[Comparison]) -> list[Comparison]:
    tested = [comparison for comparison in family if comparison.paired.p is not None]
    adjusted = dict(zip(map(id, tested), holm([comparison.paired.p for comparison in tested]), strict=True))
    return [dataclasses.replace(comparison, adjusted_p=adjusted.get(id(comparison))) for comparison in family]


def _compare_cells(records: Sequence[RunRecord], method: Cell, baseline: Cell, metric: str) -> Comparison | None:
    of_method, of_baseline = (values_by_seed(records, cell, metric) for cell in (method, baseline))
    seeds = sorted(of_method.keys() & of_baseline.keys())
    if not seeds:
        return None
    ours, theirs = [of_method[seed] for seed in seeds], [of_baseline[seed] for seed in seeds]
    return Comparison(method, baseline, metric, compare_paired(ours, theirs), summarize(ours), summarize(theirs))
