"""The tables of the report, from records and comparisons. Accuracies are shown in percent."""

from collections.abc import Iterable, Mapping, Sequence

from enas_tf.assess.plan.runs import Condition
from enas_tf.assess.report.document import Table
from enas_tf.assess.report.findings import interval_text, p_text, points, verdict
from enas_tf.assess.statistics.budgets import Budget
from enas_tf.assess.statistics.evidence import COMPARED, Comparison
from enas_tf.assess.statistics.inference import Interval, RankCorrelation, Summary, summarize
from enas_tf.assess.statistics.records import PHASE_PREFIX, RunRecord, values_by_seed

_NOTHING = "–"

_ENAS = "Pham et al., 2018"
_YANG = "Yang et al., 2020 (8 runs)"

# Test errors on CIFAR-10: method, percent, source.
_PUBLISHED_ON_CIFAR10 = (
    ("ENAS, macro space", "4.23", _ENAS),
    ("ENAS, macro space, more channels", "3.87", _ENAS),
    ("random architecture, macro space", "5.86", _ENAS),
    ("ENAS, micro space", "3.54", _ENAS),
    ("ENAS, micro space, CutOut", "2.89", _ENAS),
    ("random cells, micro space", "6.77", _ENAS),
    ("ENAS, micro space", "4.15 ± 0.32", _YANG),
    ("random cells, micro space", "4.16 ± 0.31", _YANG),
)


def accuracy_table(records: Sequence[RunRecord], conditions: Sequence[Condition]) -> Table:
    """What each condition reaches."""
    metrics = {
        "valid_accuracy": "validation, best",
        "test_accuracy": "test, best",
        "final_arcs_valid_accuracy": "validation, last ten",
        "final_arcs_test_accuracy": "test, last ten",
        "standalone_accuracy": "test, best from scratch",
    }
    rows = []
    for condition in conditions:
        first, *others = _summaries(records, condition, metrics)
        num = str(first.num if first else 0)
        rows.append([*_named(condition), num, *map(_mean_and_median, (first, *others))])
    caption = (
        "Accuracy in percent: mean ± standard deviation (median) over n seeds. Best: the outcome of the search, chosen "
        "as said above, with shared weights; last ten: the mean of those sampled at the end, which nothing chose; from "
        "scratch: the best one, trained on all training images."
    )
    return Table(caption, ["strategy", "space", "n", *metrics.values()], rows)


def comparison_table(comparisons: Sequence[Comparison], baseline: str) -> Table:
    """Differences over seeds, with tests.

    Args:
      comparisons: Of one question.
      baseline: What methods are held against, in words.
    """
    rows = []
    for comparison in comparisons:
        paired, method = comparison.paired, comparison.method
        rows.append(
            [
                *_named(method),
                COMPARED[comparison.metric],
                str(paired.num),
                points(paired.difference),
                _NOTHING if paired.interval is None else interval_text(paired.interval),
                _NOTHING if paired.improvement is None else points(paired.improvement / 100),
                p_text(paired.wilcoxon_p),
                p_text(paired.t_p),
                p_text(comparison.adjusted_p),
                *verdict(comparison),
            ]
        )
    caption = (
        f"Test accuracy against {baseline}, paired by seed: mean difference and its 95% interval (Student's t) in "
        "percentage points; improvement 100 · (accuracy − accuracy of the baseline) / accuracy of the baseline, in "
        "percent; two-sided p of the Wilcoxon signed-rank test and of the paired t test; p of the test that decides, "
        "adjusted by Holm over the rows of the same architectures; whether a difference is shown at the level of 5%, "
        "and whether the 95% intervals of the two means overlap."
    )
    header = ["strategy", "space", "architectures", "n", "difference", "95% interval", "improvement"]
    return Table(caption, [*header, "p (Wilcoxon)", "p (t)", "p (Holm)", "at 5%", "intervals"], rows)


def correlation_table(correlations: Mapping[Condition, RankCorrelation]) -> Table:
    """How well shared weights rank architectures."""
    rows = [
        [
            *_named(condition),
            str(found.num_arcs),
            str(found.num_runs),
            _coefficient(found.tau),
            _coefficients(found.tau_interval),
            _coefficient(found.rho),
            _coefficients(found.rho_interval),
            _coefficient(found.tau_within),
        ]
        for condition, found in correlations.items()
    ]
    caption = (
        "Rank correlation of validation accuracy with shared weights and test accuracy trained from scratch: over all "
        "architectures of a cell, with 95% intervals by a bootstrap over runs, too narrow for a few runs, and the "
        "mean of τ within a run."
    )
    header = ["strategy", "space", "architectures", "runs", "Kendall's τ", "95% interval"]
    return Table(caption, [*header, "Spearman's ρ", "95% interval", "τ within runs"], rows)


def policy_table(records: Sequence[RunRecord], conditions: Sequence[Condition]) -> Table:
    """What the draws are like after the last epoch."""
    shares = {
        "bad_probability": "probability of poison (%)",
        "bad_uniform_share": "uniform share (%)",
        "bad_share": "poison in the last ten (%)",
        "relative_entropy": "entropy (% of its maximum)",
    }
    rows = []
    for condition in conditions:
        found = _summaries(records, condition, shares)
        if any(found):
            rows.append([*_named(condition), *map(_mean, found)])
    caption = (
        "Draws of operations after the last epoch, mean ± standard deviation over seeds: the probability that an "
        "operation is a poisoned one, what it is for uniform draws, the share of poisoned operations in the ten "
        "architectures sampled, and the entropy of the operations' distribution."
    )
    return Table(caption, ["strategy", "space", *shares.values()], rows)


def budget_table(budgets: Mapping[Condition, Budget]) -> Table:
    """What a run of each condition was granted."""
    rows = [
        [
            *_named(condition),
            condition.scheduled.schedule,
            *(_count(number) for number in (budget.architectures_rewarded, budget.architectures_shown)),
            _count(budget.images_run),
            *(_large(number) for number in (budget.multiply_adds, budget.training_multiply_adds)),
            _count(budget.seconds),
        ]
        for condition, budget in budgets.items()
    ]
    caption = (
        "Budget of a search, mean over seeds: when it searches, jointly with the training of the shared weights or "
        "after it; candidates that were rewarded and observed by the strategy; those shown after evaluated epochs, "
        "which are rewarded beside them; images that candidates were run on, those that recalibrate them included; "
        "multiply-adds of candidates on these, and of the steps that trained the shared weights; seconds of the whole "
        f"search. A dash ({_NOTHING}) where runs do not tell."
    )
    header = ["strategy", "space", "searches", "architectures rewarded", "architectures shown", "images run"]
    return Table(caption, [*header, "multiply-adds, candidates", "multiply-adds, weights", "seconds"], rows)


def cost_table(records: Sequence[RunRecord], conditions: Sequence[Condition]) -> Table:
    """What a run of each condition costs."""
    metrics = [record.metrics() for record in records]
    phases = sorted({name for numbers in metrics for name in numbers if name.startswith(PHASE_PREFIX)})
    columns = ["steps", "seconds", *phases]
    rows = []
    for condition in conditions:
        means = (None if found is None else found.mean for found in _summaries(records, condition, columns))
        rows.append([*_named(condition), *map(_count, means)])
    caption = "Cost of a search, mean over seeds: child steps, seconds in all, and seconds in each phase."
    names = [phase.removeprefix(PHASE_PREFIX).replace("_", " ") for phase in phases]
    return Table(caption, ["strategy", "space", "child steps", "seconds", *names], rows)


def run_table(records: Sequence[RunRecord]) -> Table:
    """Every run, with the accuracies it reached."""
    names = ("valid_accuracy", "test_accuracy", "standalone_accuracy")
    rows = []
    for record in records:
        metrics = record.metrics()
        percents = [f"{100 * metrics[name]:.2f}" if name in metrics else _NOTHING for name in names]
        rows.append([*_named(record.condition), str(record.seed), record.state, *percents])
    header = ["strategy", "space", "seed", "state", "validation, best", "test, best", "test, best from scratch"]
    return Table("All runs; accuracies in percent. runs.csv has every number.", header, rows)


def published_table() -> Table:
    """Published results to look at beside these."""
    caption = (
        "Published test errors on CIFAR-10 in percent, for orientation: other training, other budgets, architectures "
        "trained from scratch for hundreds of epochs. Not comparable row by row with this experiment."
    )
    return Table(caption, ["method", "test error", "source"], _PUBLISHED_ON_CIFAR10)


def session_table(sessions: Sequence[dict]) -> Table:
    """Where and with how many processes each start of the experiment ran."""
    header = ["started (UTC)", "device", "processor", "cores", "memory (GiB)", "workers x threads"]
    rows = [
        [
            session["started"],
            session["device"],
            session["processor"],
            str(session["cores"]),
            str(session["memory_gib"]),
            f"{session['workers']} x {session['threads_per_worker']}",
        ]
        for session in sessions
    ]
    return Table("Each start of the experiment.", header, rows)


def _named(condition: Condition) -> tuple[str, str]:
    """What the first columns of a condition's row say."""
    return condition.label, condition.poison


def _summaries(records: Sequence[RunRecord], condition: Condition, metrics: Iterable[str]) -> list[Summary | None]:
    """Each metric over the seeds of a condition; None where no run has it."""
    found = (values_by_seed(records, condition, metric).values() for metric in metrics)
    return [summarize(list(values)) if values else None for values in found]


def _count(number: float | None) -> str:
    return _NOTHING if number is None else f"{number:.0f}"


def _large(number: float | None) -> str:
    return _NOTHING if number is None else f"{number:.3g}"


def _mean(summary: Summary | None) -> str:
    if summary is None:
        return _NOTHING
    spread = "" if summary.std is None else f" ± {100 * summary.std:.2f}"
    return f"{100 * summary.mean:.2f}{spread}"


def _mean_and_median(summary: Summary | None) -> str:
    return _NOTHING if summary is None else f"{_mean(summary)} ({100 * summary.median:.2f})"


def _coefficient(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.2f}"


def _coefficients(interval: Interval | None) -> str:
    return _NOTHING if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}"
