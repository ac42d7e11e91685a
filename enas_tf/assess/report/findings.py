"""What numbers support, in sentences, and no more than that."""

from collections import Counter
from collections.abc import Mapping, Sequence

from enas_tf.assess.plan.runs import Condition
from enas_tf.assess.plan.strategies import strategy_named
from enas_tf.assess.statistics.budgets import Budget, rewarded_by_space
from enas_tf.assess.statistics.evidence import COMPARED, Comparison
from enas_tf.assess.statistics.inference import SIGNIFICANCE, Interval, PairedComparison, RankCorrelation
from enas_tf.assess.statistics.records import FAILED, FINISHED, MISSING, UNFINISHED, RunRecord

ENOUGH_SEEDS = 10
# Below, nothing is concluded from runs, and from architectures nothing on ranks.
LEAST_RUNS, LEAST_ARCHITECTURES = 5, 20

_BETTER, _WORSE, _UNDECIDED, _TOO_FEW = "better", "worse", "undecided", "too few"


def seeds_warning(num_seeds: int, who_learns: str) -> str | None:
    """Says that there are too few seeds for a claim; None if there are enough.

    Args:
      num_seeds: Of the condition that has fewest.
      who_learns: What a claim would say, as "the controller learns".
    """
    if num_seeds >= ENOUGH_SEEDS:
        return None
    seeds = "1 finished seed" if num_seeds == 1 else f"{num_seeds} finished seeds"
    return (
        f"The smallest cell has {seeds}, where a claim needs at least {ENOUGH_SEEDS}. What follows describes these "
        f"runs; it does not settle whether {who_learns}."
    )


def budget_warning(budgets: Mapping[Condition, Budget]) -> str | None:
    """Says that strategies that are compared did not have the same budget; None if none is known to differ."""
    by_text: dict[str, list[str]] = {}
    for space, rewarded in rewarded_by_space(budgets).items():
        if len({number for number in rewarded.values() if number is not None}) > 1:
            by_text.setdefault(_rewarded_text(rewarded), []).append(space)
    if not by_text:
        return None
    texts = "; ".join(f"{', '.join(spaces)}: {text}" for text, spaces in by_text.items())
    return f"Strategies that are compared did not have the same budget. Architectures rewarded in a run: {texts}."


def budget_sentence(budgets: Mapping[Condition, Budget]) -> str | None:
    """Says that strategies that are compared had the same budget, or that this is not known; None if they had not."""
    by_strategy: dict[str, set[float | None]] = {}
    for rewarded in rewarded_by_space(budgets).values():
        for name, number in rewarded.items():
            by_strategy.setdefault(name, set()).add(number)
    untold = [strategy_named(name).label for name, numbers in by_strategy.items() if None in numbers]
    if untold:
        return f"Budgets can be compared in part only: runs of {', '.join(untold)} do not tell how many were rewarded."
    numbers = {number for found in by_strategy.values() for number in found}
    if len(numbers) != 1 or len(by_strategy) < 2:
        return None
    return f"Each run of the strategies compared had {numbers.pop():.0f} architectures rewarded, beside those shown."


def completeness(records: Sequence[RunRecord]) -> str:
    """Says how many of the planned runs the report rests on."""
    states = Counter(record.state for record in records)
    others = [f"{states[state]} {state}" for state in (FAILED, UNFINISHED, MISSING) if states[state]]
    rest = f"; {', '.join(others)}. Tables hold finished runs only." if others else "."
    return f"{states[FINISHED]} of {len(records)} runs are finished{rest}"


def comparison_sentence(comparison: Comparison) -> str:
    """Says what one comparison shows."""
    paired = comparison.paired
    parts = [f"{_versus(comparison)} ({COMPARED[comparison.metric]}): {points(paired.difference)} percentage points"]
    if paired.interval:
        parts.append(f", 95% interval {interval_text(paired.interval)}")
    return "".join(parts) + f". {_verdict_text(comparison)}"


def tally(comparisons: Sequence[Comparison]) -> str:
    """Counts what several comparisons show."""
    counts = Counter(map(_verdict, comparisons))
    too_few = counts[_TOO_FEW]
    if too_few == len(comparisons):
        return f"no comparison has the {LEAST_RUNS} runs a side from which anything is concluded."
    rest = f" {too_few} with fewer than {LEAST_RUNS} runs a side are not counted." if too_few else ""
    return (
        f"Of {len(comparisons) - too_few} comparisons, {counts[_BETTER]} show a gain, {counts[_WORSE]} a loss, and "
        f"{counts[_UNDECIDED]} no difference that these runs could tell from chance.{rest}"
    )


def verdict(comparison: Comparison) -> tuple[str, str]:
    """What one comparison shows, in a word, and whether the intervals of the two means overlap."""
    overlap = comparison.method_summary.overlaps(comparison.baseline_summary)
    if overlap is None:
        return "no test", "–"
    words = {_BETTER: "higher", _WORSE: "lower", _UNDECIDED: "not shown", _TOO_FEW: "too few runs"}
    shown = words[_verdict(comparison)]
    return shown, "overlap" if overlap else "apart"


def avoidance_sentence(condition: Condition, paired: PairedComparison) -> str:
    """Says whether a policy avoids poison.

    Args:
      condition: Of the policy.
      paired: Its probability of poison against the uniform share, over seeds.
    """
    parts = [f"{condition}: the probability of a poisoned operation is {points(paired.difference)} points from uniform"]
    if paired.p is None or paired.interval is None:
        return parts[0] + ". One seed allows no test."
    parts.append(f", 95% interval {interval_text(paired.interval)} ({_p(paired.p)}, {paired.num} seeds). ")
    if paired.num < LEAST_RUNS:
        parts.append(_TOO_FEW_TEXT)
    elif paired.p >= SIGNIFICANCE:
        parts.append("It cannot be told from uniform draws.")
    else:
        parts.append("It avoids poison." if paired.difference < 0 else "It prefers poison.")
    return "".join(parts)


def correlations_tally(correlations: Sequence[RankCorrelation]) -> str:
    """Counts in how many conditions shared weights rank architectures as training from scratch does."""
    enough = [found for found in correlations if found.num_runs >= LEAST_RUNS and found.num_arcs >= LEAST_ARCHITECTURES]
    needed = f"{LEAST_ARCHITECTURES} architectures of {LEAST_RUNS} runs"
    if not enough:
        return f"No cell has the {needed} from which anything is concluded on how shared weights rank architectures."
    agreeing = sum(found.tau_interval is not None and found.tau_interval[0] > 0 for found in enough)
    rest = f" {len(correlations) - len(enough)} with fewer than {needed} are not counted."
    return (
        f"Of {len(enough)} cells, {agreeing} show that shared weights rank architectures as training from scratch does "
        f"(Kendall's τ with a 95% interval above 0).{rest if len(enough) < len(correlations) else ''}"
    )


def points(share: float) -> str:
    """A difference of accuracies in percentage points, with its sign."""
    return f"{100 * share:+.2f}".replace("-", "−")


def interval_text(interval: Interval) -> str:
    """An interval in percentage points."""
    return f"{points(interval[0])} to {points(interval[1])}"


def p_text(p: float | None) -> str:
    """A p-value."""
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p_text(p)}"


def _rewarded_text(rewarded: Mapping[str, float | None]) -> str:
    texts = {name: "not told" if number is None else f"{number:.0f}" for name, number in rewarded.items()}
    return ", ".join(f"{strategy_named(name).label} {text}" for name, text in texts.items())


def _versus(comparison: Comparison) -> str:
    """Names the two sides by what they differ in."""
    method, baseline = comparison.method, comparison.baseline
    if method.poison == baseline.poison:
        return f"{method.label} against {baseline.label}, {method.poison}"
    return f"{method.poison} against {baseline.poison}, {method.label}"


_TOO_FEW_TEXT = f"That is fewer than the {LEAST_RUNS} runs from which anything is concluded."


def _verdict(comparison: Comparison) -> str:
    if comparison.paired.num < LEAST_RUNS:
        return _TOO_FEW
    if comparison.adjusted_p is None or comparison.adjusted_p >= SIGNIFICANCE:
        return _UNDECIDED
    return _BETTER if comparison.paired.difference > 0 else _WORSE


def _verdict_text(comparison: Comparison) -> str:
    if comparison.adjusted_p is None:
        return "One seed allows no test."
    tested = f"({_p(comparison.adjusted_p)} after Holm, {comparison.paired.num} seeds)"
    if _verdict(comparison) == _TOO_FEW:
        return f"{tested[:1].upper()}{tested[1:]}: {_TOO_FEW_TEXT[:1].lower()}{_TOO_FEW_TEXT[1:]}"
    overlap = comparison.method_summary.overlaps(comparison.baseline_summary)
    if _verdict(comparison) == _UNDECIDED:
        shown = f"No difference is shown {tested}"
        return f"{shown}; the 95% intervals of the two means {'overlap' if overlap else 'do not overlap'}."
    higher = "higher" if _verdict(comparison) == _BETTER else "lower"
    hint = ", though the 95% intervals of the two means overlap: only the pairing by seed tells them apart"
    return f"The accuracy is {higher} {tested}{hint if overlap else ''}."
