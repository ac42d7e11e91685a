"""Statistics against hand-computed values and against scipy on known data."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from enas_tf.assess.statistics.inference import compare_paired, holm, rank_correlation, smallest_wilcoxon_p, summarize

METHOD = [0.91, 0.93, 0.90, 0.95, 0.92, 0.94]
BASELINE = [0.90, 0.91, 0.91, 0.92, 0.88, 0.90]


def test_summary_of_three_values_by_hand():
    summary = summarize([1.0, 2.0, 6.0])
    assert (summary.num, summary.mean, summary.median) == (3, 3.0, 2.0)
    assert summary.std == pytest.approx(math.sqrt(7))  # (4 + 1 + 9) / 2
    # Student's t with two degrees of freedom has its 97.5th percentile at 4.3027.
    reach = 4.302653 * math.sqrt(7 / 3)
    assert summary.interval == pytest.approx((3 - reach, 3 + reach), rel=1e-6)


def test_one_value_has_no_spread():
    summary = summarize([0.5])
    assert (summary.num, summary.mean, summary.median) == (1, 0.5, 0.5)
    assert summary.std is None
    assert summary.interval is None
    assert summary.overlaps(summarize([0.5, 0.6])) is None


def test_intervals_overlap_or_not():
    low, high, wide = summarize([0.10, 0.11, 0.12]), summarize([0.90, 0.91, 0.92]), summarize([0.1, 0.9])
    assert low.overlaps(high) is False
    assert low.overlaps(wide)
    assert wide.overlaps(high)


def test_paired_comparison_against_scipy():
    comparison = compare_paired(METHOD, BASELINE)
    assert comparison.num == 6
    assert comparison.difference == pytest.approx(np.mean(METHOD) - np.mean(BASELINE))
    assert comparison.t_p == pytest.approx(stats.ttest_rel(METHOD, BASELINE).pvalue)
    assert comparison.wilcoxon_p == pytest.approx(stats.wilcoxon(METHOD, BASELINE).pvalue)
    interval = stats.ttest_rel(METHOD, BASELINE).confidence_interval(0.95)
    assert comparison.interval == pytest.approx((interval.low, interval.high))


def test_relative_improvement_by_hand():
    # Means 0.6 and 0.5: a fifth more.
    assert compare_paired([0.5, 0.7], [0.4, 0.6]).improvement == pytest.approx(20.0)
    assert compare_paired([0.5], [0.0]).improvement is None


def test_paired_t_by_hand():
    # Differences 1, 2, 3: t = 2 / (1 / sqrt 3) with two degrees of freedom, p = 1 - t / sqrt(t² + 2).
    t = 2 * math.sqrt(3)
    assert compare_paired([2, 4, 6], [1, 2, 3]).t_p == pytest.approx(1 - t / math.sqrt(t * t + 2))


@pytest.mark.parametrize("num_pairs", [2, 3, 5, 10])
def test_smallest_p_of_the_signed_rank_test(num_pairs):
    differences = np.arange(1, num_pairs + 1) / 7
    assert compare_paired(differences, np.zeros(num_pairs)).wilcoxon_p == pytest.approx(smallest_wilcoxon_p(num_pairs))


def test_rounding_of_fractions_breaks_no_ties():
    """Differences of 1, -1, 2, -2, 3 and 3 images of 360: signs of six pairs with tied ranks, all 64 gone through."""
    counts = np.array([300, 301, 302, 303, 304, 305])
    differences = np.array([1, -1, 2, -2, 3, 3])
    comparison = compare_paired((counts + differences) / 360, counts / 360)
    ranks = np.array([1.5, 1.5, 3.5, 3.5, 5.5, 5.5])
    signs = np.array(list(itertools.product([1, -1], repeat=6)))
    expected = np.mean(np.abs(signs @ ranks) >= abs(np.sign(differences) @ ranks))
    assert comparison.wilcoxon_p == pytest.approx(expected)


def test_pairs_that_do_not_differ_do_not_help_the_signed_rank_test():
    six_of_which_one_is_equal = compare_paired([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [0.8, 0.6, 0.4, 0.2, 0.0, 0.4])
    assert (six_of_which_one_is_equal.num, six_of_which_one_is_equal.num_differing) == (6, 5)
    assert six_of_which_one_is_equal.test == "t"


@pytest.mark.parametrize("num_pairs", [2, 6, 13])
def test_tied_ranks_reach_the_same_smallest_p(num_pairs):
    comparison = compare_paired(np.full(num_pairs, 0.9), np.full(num_pairs, 0.8))
    assert comparison.wilcoxon_p == pytest.approx(smallest_wilcoxon_p(num_pairs))


def test_no_difference_is_no_evidence():
    comparison = compare_paired([0.5, 0.6, 0.7], [0.5, 0.6, 0.7])
    assert (comparison.difference, comparison.wilcoxon_p, comparison.t_p) == (0.0, 1.0, 1.0)
    assert comparison.interval == (0.0, 0.0)


def test_one_pair_has_no_test():
    comparison = compare_paired([0.5], [0.4])
    assert (comparison.num, comparison.wilcoxon_p, comparison.t_p, comparison.interval) == (1, None, None, None)


def test_holm_by_hand():
    # 3 · 0.01, 2 · 0.02, and 0.03, which may not fall below the one before.
    assert holm([0.03, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_rank_correlation_against_scipy():
    generator = np.random.default_rng(0)
    shared = generator.random(30)
    alone = shared + 0.5 * generator.random(30)
    groups = np.stack([shared, alone], axis=1).reshape(10, 3, 2)
    found = rank_correlation(groups)
    assert (found.num_arcs, found.num_runs) == (30, 10)
    assert found.tau == pytest.approx(stats.kendalltau(shared, alone).statistic)
    assert found.rho == pytest.approx(stats.spearmanr(shared, alone).statistic)
    assert found.tau_within == pytest.approx(np.mean([stats.kendalltau(*group.T).statistic for group in groups]))
    for value, (low, high) in ((found.tau, found.tau_interval), (found.rho, found.rho_interval)):
        assert -1 <= low < value < high <= 1
    assert rank_correlation(groups) == found


def test_rank_correlation_by_hand():
    # Of the six pairs of 1 2 3 4 against 1 3 2 4 five agree.
    found = rank_correlation([[(1, 1), (2, 3), (3, 2), (4, 4)]])
    assert found.tau == pytest.approx(4 / 6)
    assert found.rho == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert (found.tau_interval, found.rho_interval) == (None, None)


@pytest.mark.parametrize("groups", [[], [[(0.5, 0.5)]], [[(0.5, 0.1), (0.5, 0.2)], [(0.5, 0.3)]]])
def test_no_ranks_give_no_correlation(groups):
    found = rank_correlation(groups)
    assert (found.tau, found.rho, found.tau_within) == (None, None, None)
