"""Everything the report rests on, read and computed once: which conditions are compared, and what comes of it."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence

from enas_tf.assess.plan.directory import Experiment, ExperimentDirectory
from enas_tf.assess.plan.runs import Condition, conditions_of, plan_runs
from enas_tf.assess.plan.spaces import CLEAN
from enas_tf.assess.plan.strategies import ScheduledStrategy
from enas_tf.assess.statistics.budgets import Budget, budgets_of
from enas_tf.assess.statistics.inference import (
    PairedComparison,
    RankCorrelation,
    Summary,
    compare_paired,
    holm,
    rank_correlation,
    summarize,
)
from enas_tf.assess.statistics.records import FINISHED, RunRecord, collect, values_by_seed
from enas_tf.reporting.run_directory import flag_values
from enas_tf.strategies.registry import RANDOM

# Accuracies that are compared, by the names of `RunRecord.metrics`.
COMPARED: Mapping[str, str] = {
    "test_accuracy": "best, shared weights",
    "final_arcs_test_accuracy": "last ten, shared weights",
    "standalone_accuracy": "best, from scratch",
}


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One condition against another on the seeds both have finished.

    Attributes:
      method: The condition in question.
      baseline: What it is held against.
      metric: A key of `COMPARED`.
      paired: Differences over seeds.
      method_summary: Of the method on those seeds.
      baseline_summary: Of the baseline.
      adjusted_p: p of the deciding test after Holm's adjustment over the comparisons of the same metric; None where
        there is no test.
    """

    method: Condition
    baseline: Condition
    metric: str
    paired: PairedComparison
    method_summary: Summary
    baseline_summary: Summary
    adjusted_p: float | None = None


@dataclasses.dataclass(frozen=True)
class Evidence:
    """An experiment as it stands.

    Attributes:
      experiment: What it is.
      sessions: A row a start: machine and versions.
      records: A record a planned run.
      conditions: Its conditions, in the order of the flags.
    """

    experiment: Experiment
    sessions: Sequence[dict]
    records: Sequence[RunRecord]
    conditions: Sequence[Condition]

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
        """Finished runs of the condition that has fewest."""
        return min(sum(record.condition == condition for record in self.finished) for condition in self.conditions)

    @functools.cached_property
    def against_random(self) -> Sequence[Comparison]:
        """Strategies against uniform search."""
        return against_random(self.records, self.conditions)

    @functools.cached_property
    def without_random(self) -> Sequence[ScheduledStrategy]:
        """Strategies beside which no random search searches when they do."""
        strategies = dict.fromkeys(condition.scheduled for condition in self.conditions)
        return [strategy for strategy in strategies if random_like(strategy) not in strategies]

    @functools.cached_property
    def against_clean(self) -> Sequence[Comparison]:
        """Weakened spaces against the clean one."""
        return against_clean(self.records, self.conditions)

    @functools.cached_property
    def budgets(self) -> Mapping[Condition, Budget]:
        """What the searches of each condition took."""
        return budgets_of(self.finished, self.conditions, self.flags)

    @functools.cached_property
    def correlations(self) -> Mapping[Condition, RankCorrelation]:
        """Shared weights against training from scratch."""
        return rank_correlations(self.records, self.conditions)

    @functools.cached_property
    def avoidance(self) -> Mapping[Condition, PairedComparison]:
        """The learned final probability of poison against its share in uniform draws, over seeds."""
        found = {}
        for condition in self.conditions:
            probabilities = values_by_seed(self.records, condition, "bad_probability")
            shares = values_by_seed(self.records, condition, "bad_uniform_share")
            if condition.scheduled.kind.learner and probabilities and any(shares.values()):
                found[condition] = compare_paired(
                    list(probabilities.values()), [shares[seed] for seed in probabilities]
                )
        return found


def gather(directory: ExperimentDirectory) -> Evidence:
    """Reads an experiment, finished or not.

    Raises:
      InputError: If there is none.
    """
    experiment = directory.read()
    runs = plan_runs(experiment.config)
    return Evidence(experiment, directory.read_sessions(), collect(runs), conditions_of(runs))


def against_random(records: Sequence[RunRecord], conditions: Sequence[Condition]) -> list[Comparison]:
    """Compares every other strategy with uniform search in the same space that searches when it does."""
    pairs = [
        (condition, Condition(random_like(condition.scheduled).name, condition.poison))
        for condition in conditions
        if condition.scheduled.mode != RANDOM
    ]
    return _compare(records, pairs)


def random_like(strategy: ScheduledStrategy) -> ScheduledStrategy:
    """Returns the random search that searches when a strategy does."""
    return ScheduledStrategy(RANDOM, strategy.schedule)


def against_clean(records: Sequence[RunRecord], conditions: Sequence[Condition]) -> list[Comparison]:
    """Compares every other space with the clean one under the same strategy."""
    pairs = [(condition, Condition(condition.strategy, CLEAN)) for condition in conditions if condition.poison != CLEAN]
    return _compare(records, pairs)


def rank_correlations(
    records: Sequence[RunRecord], conditions: Sequence[Condition]
) -> dict[Condition, RankCorrelation]:
    """Correlates shared-weight with stand-alone accuracy in every condition that has architectures of both."""
    correlations = {condition: rank_correlation(shared_and_alone(records, condition)) for condition in conditions}
    return {condition: correlation for condition, correlation in correlations.items() if correlation.num_arcs}


def shared_and_alone(records: Sequence[RunRecord], condition: Condition) -> list[list[tuple[float, float]]]:
    """For each run of a condition, validation accuracy with shared weights and test accuracy trained from scratch."""
    return [
        [(arc["valid_accuracy"], arc["standalone_accuracy"]) for arc in record.standalone]
        for record in records
        if record.condition == condition and record.state == FINISHED and record.standalone
    ]


def _compare(records: Sequence[RunRecord], pairs: Sequence[tuple[Condition, Condition]]) -> list[Comparison]:
    """Compares pairs of conditions under every metric, which is a family of tests of its own."""
    found = []
    for metric in COMPARED:
        compared = [_compare_conditions(records, *pair, metric) for pair in pairs]
        found += _adjusted([comparison for comparison in compared if comparison])
    return found


def _adjusted(family: Sequence[Comparison]) -> list[Comparison]:
    tested = {id(comparison): p for comparison in family if (p := comparison.paired.p) is not None}
    adjusted = dict(zip(tested, holm(list(tested.values())), strict=True))
    return [dataclasses.replace(comparison, adjusted_p=adjusted.get(id(comparison))) for comparison in family]


def _compare_conditions(
    records: Sequence[RunRecord], method: Condition, baseline: Condition, metric: str
) -> Comparison | None:
    of_method, of_baseline = (values_by_seed(records, condition, metric) for condition in (method, baseline))
    seeds = sorted(of_method.keys() & of_baseline.keys())
    if not seeds:
        return None
    ours, theirs = [of_method[seed] for seed in seeds], [of_baseline[seed] for seed in seeds]
    return Comparison(method, baseline, metric, compare_paired(ours, theirs), summarize(ours), summarize(theirs))
