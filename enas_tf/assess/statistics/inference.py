"""The statistics of an assessment: summaries over seeds, paired tests, rank correlation.

Plain functions of numbers; what they mean is said elsewhere.
"""

import dataclasses
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from scipy import stats

from enas_tf.seeds import named_generator

CONFIDENCE = 0.95
SIGNIFICANCE = 0.05
_NUM_RESAMPLES = 1000
# Accuracies are fractions of images: equal differences of two differ by rounding, which would break ties.
_DECIMALS = 12
# Up to so many pairs every assignment of signs is gone through where ranks are tied.
_PAIRS_ENUMERATED = 13

Interval = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Summary:
    """One quantity over the seeds of a condition.

    Attributes:
      num: Values.
      mean: Their mean.
      std: Sample standard deviation, None below two values.
      median: Their median.
      interval: Of the mean, by Student's t at `CONFIDENCE`; None below two values.
    """

    num: int
    mean: float
    std: float | None
    median: float
    interval: Interval | None

    def overlaps(self, other: "Summary") -> bool | None:
        """Whether the intervals of two means overlap; None if one of them has none."""
        if self.interval is None or other.interval is None:
            return None
        return self.interval[0] <= other.interval[1] and other.interval[0] <= self.interval[1]


@dataclasses.dataclass(frozen=True)
class PairedComparison:
    """A method against a baseline on the same seeds.

    Attributes:
      num: Pairs.
      num_differing: Pairs whose two values differ.
      difference: Mean of method − baseline.
      interval: Of that mean, by Student's t at `CONFIDENCE`; None below two pairs.
      improvement: 100 · (mean of method − mean of baseline) / mean of baseline, in percent.
      wilcoxon_p: Two-sided p of the signed-rank test, exact for few pairs; None below two pairs.
      t_p: Two-sided p of the paired t test; None below two pairs.
    """

    num: int
    num_differing: int
    difference: float
    interval: Interval | None
    improvement: float | None
    wilcoxon_p: float | None
    t_p: float | None

    @property
    def test(self) -> str:
        """The test that decides: the signed-rank test, which assumes no normal distribution, as soon as it can.

        Pairs that do not differ have no rank in it.
        """
        return "Wilcoxon" if smallest_wilcoxon_p(self.num_differing) < SIGNIFICANCE else "t"

    @property
    def p(self) -> float | None:
        """p of the test that decides."""
        return self.wilcoxon_p if self.test == "Wilcoxon" else self.t_p


@dataclasses.dataclass(frozen=True)
class RankCorrelation:
    """How far two accuracies rank architectures alike.

    Attributes:
      num_arcs: Architectures.
      num_runs: Searches they come from.
      tau: Kendall's τ-b over all of them; None where one side has but one value.
      tau_interval: By a bootstrap over runs; None below two runs.
      rho: Spearman's ρ.
      rho_interval: As `tau_interval`.
      tau_within: Kendall's τ-b within a run, averaged over runs; None where no run allows it.
    """

    num_arcs: int
    num_runs: int
    tau: float | None
    tau_interval: Interval | None
    rho: float | None
    rho_interval: Interval | None
    tau_within: float | None


def summarize(values: Sequence[float]) -> Summary:
    """Summarizes at least one value."""
    sample = np.asarray(values, np.float64)
    has_spread = len(sample) > 1
    std = float(np.std(sample, ddof=1)) if has_spread else None
    return Summary(len(sample), float(np.mean(sample)), std, float(np.median(sample)), _t_interval(sample))


def compare_paired(method: Sequence[float], baseline: Sequence[float]) -> PairedComparison:
    """Compares two methods on the same seeds.

    Args:
      method: A value a seed, at least one.
      baseline: Values of the same seeds, in the same order.
    """
    differences = np.round(np.asarray(method, np.float64) - np.asarray(baseline, np.float64), _DECIMALS)
    reference = float(np.mean(baseline))
    wilcoxon_p, t_p = _paired_tests(differences)
    return PairedComparison(
        num=len(differences),
        num_differing=int(np.count_nonzero(differences)),
        difference=float(np.mean(differences)),
        interval=_t_interval(differences),
        improvement=100 * (float(np.mean(method)) - reference) / reference if reference else None,
        wilcoxon_p=wilcoxon_p,
        t_p=t_p,
    )


def smallest_wilcoxon_p(num_pairs: int) -> float:
    """The smallest two-sided p the exact signed-rank test can give: all differences of one sign."""
    return min(1.0, 2.0 ** (1 - num_pairs))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusts p-values of a family of tests, in their order.

    Reference: Holm, A simple sequentially rejective multiple test procedure, 1979.
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, (len(p_values) - rank) * p_values[index])
        adjusted[index] = min(1.0, largest)
    return adjusted


def rank_correlation(groups: Sequence[Sequence[tuple[float, float]]], seed: int = 0) -> RankCorrelation:
    """Correlates the ranks of two accuracies of architectures.

    The bootstrap draws runs, not architectures: architectures of one run share their weights.

    Args:
      groups: For each run its architectures as pairs (shared-weight accuracy, stand-alone accuracy).
      seed: Of the bootstrap's draws.
    """
    runs = [np.asarray(group, np.float64).reshape(-1, 2) for group in groups if len(group)]
    pairs = np.concatenate(runs) if runs else np.empty((0, 2))
    within = [tau for group in runs if (tau := _kendall(group)) is not None]
    return RankCorrelation(
        num_arcs=len(pairs),
        num_runs=len(runs),
        tau=_kendall(pairs),
        tau_interval=_bootstrap_interval(runs, _kendall, seed),
        rho=_spearman(pairs),
        rho_interval=_bootstrap_interval(runs, _spearman, seed),
        tau_within=float(np.mean(within)) if within else None,
    )


def _t_interval(values: np.ndarray) -> Interval | None:
    if len(values) < 2:
        return None
    mean, error = float(np.mean(values)), float(stats.sem(values))
    if error == 0:
        return mean, mean
    low, high = stats.t.interval(CONFIDENCE, len(values) - 1, loc=mean, scale=error)
    return float(low), float(high)


def _paired_tests(differences: np.ndarray) -> tuple[float | None, float | None]:
    """p of the signed-rank and of the t test; 1 where no pair differs, which scipy leaves undefined."""
    if len(differences) < 2:
        return None, None
    if not differences.any():
        return 1.0, 1.0
    # Equal differences have no spread: t is infinite.
    t_p = 0.0 if np.ptp(differences) == 0 else float(stats.ttest_1samp(differences, 0.0).pvalue)
    return _signed_rank_p(differences[differences != 0]), t_p


def _signed_rank_p(differences: np.ndarray) -> float:
    """p of the signed-rank test, exact for few pairs, with tied ranks too, where scipy would approximate it."""
    few, is_tied = len(differences) <= _PAIRS_ENUMERATED, len(np.unique(np.abs(differences))) < len(differences)
    method = stats.PermutationMethod(n_resamples=2**_PAIRS_ENUMERATED) if few and is_tied else "auto"
    return float(stats.wilcoxon(differences, method=method).pvalue)


def _kendall(pairs: np.ndarray) -> float | None:
    """Kendall's τ-b from the signs of all differences: scipy's, without the p-value that makes a bootstrap slow."""
    if not _has_ranks(pairs):
        return None
    signs = np.sign(pairs[:, np.newaxis] - pairs)  # [num_arcs, num_arcs, 2]
    agreement = np.sum(np.prod(signs, axis=2))
    return float(agreement / np.sqrt(np.prod(np.sum(signs**2, axis=(0, 1)))))


def _spearman(pairs: np.ndarray) -> float | None:
    """Spearman's ρ: the linear correlation of ranks."""
    return float(np.corrcoef(stats.rankdata(pairs, axis=0).T)[0, 1]) if _has_ranks(pairs) else None


def _has_ranks(pairs: np.ndarray) -> bool:
    return len(pairs) > 1 and bool(np.all(np.ptp(pairs, axis=0) > 0))


def _bootstrap_interval(
    groups: list[np.ndarray], coefficient: Callable[[np.ndarray], float | None], seed: int
) -> Interval | None:
    """Percentiles of a coefficient over resampled runs; resamples that have no ranks are left out."""
    if len(groups) < 2:
        return None

    def statistic(indices: np.ndarray) -> float:
        value = coefficient(np.concatenate([groups[index] for index in indices]))
        return np.nan if value is None else value

    with warnings.catch_warnings():
        # scipy's own interval is undefined where a resample is; only its distribution is used.
        warnings.simplefilter("ignore")
        distribution = stats.bootstrap(
            (np.arange(len(groups)),),
            statistic,
            vectorized=False,
            n_resamples=_NUM_RESAMPLES,
            method="percentile",
            rng=named_generator(seed, "rank correlation"),
        ).bootstrap_distribution
    known = distribution[np.isfinite(distribution)]
    if not len(known):
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(known, (tail, 1 - tail))
    return float(low), float(high)
