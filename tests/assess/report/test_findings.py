"""What the text says of numbers: no more than they support."""

import pytest

from enas_tf.assess.plan.runs import Condition
from enas_tf.assess.report import findings
from enas_tf.assess.statistics.budgets import Budget
from enas_tf.assess.statistics.evidence import against_clean, against_random
from enas_tf.assess.statistics.inference import compare_paired, rank_correlation
from enas_tf.assess.statistics.records import RunRecord

CONTROLLER, RANDOM = Condition("controller", "clean"), Condition("random", "clean")


def records(condition: Condition, accuracies, metric: str = "best_arc_test_accuracy") -> list[RunRecord]:
    return [
        RunRecord("", condition, seed, "finished", results={metric: accuracy, "operations": [], "num_poisoned": 0})
        for seed, accuracy in enumerate(accuracies)
    ]


def compare(method, baseline):
    (comparison,) = against_random(records(CONTROLLER, method) + records(RANDOM, baseline), [CONTROLLER, RANDOM])
    return comparison


@pytest.mark.parametrize(("num_seeds", "warns"), [(1, True), (3, True), (9, True), (10, False), (30, False)])
def test_below_ten_seeds_there_is_a_warning(num_seeds, warns):
    text = findings.seeds_warning(num_seeds, "evolution learns")
    assert (text is not None) == warns
    assert text is None or text.endswith("it does not settle whether evolution learns.")


def budgets(**rewarded) -> dict[Condition, Budget]:
    """Of strategies in two spaces."""
    return {
        Condition(name, space): Budget(number) for space in ("clean", "P1_006") for name, number in rewarded.items()
    }


def test_equal_budgets_are_told_once():
    equal = budgets(controller=300, random=300, random_sampling=None)  # the last has no candidates
    assert findings.budget_warning(equal) is None
    assert findings.budget_sentence(equal) == (
        "Each run of the strategies compared had 300 architectures rewarded, beside those shown."
    )


def test_unequal_budgets_are_a_warning():
    assert findings.budget_sentence(budgets(controller=300, random=0)) is None
    assert findings.budget_warning(budgets(controller=300, random=0, tpe=None)) == (
        "Strategies that are compared did not have the same budget. Architectures rewarded in a run: clean, P1_006: "
        "controller 300, random 0, TPE not told."
    )


def test_budgets_that_are_not_told_are_not_taken_for_equal():
    unknown = budgets(controller=300, random=None, tpe=300)
    assert findings.budget_warning(unknown) is None
    assert findings.budget_sentence(unknown).startswith("Budgets can be compared in part only: runs of random do not")


def test_a_clear_gain_is_said_with_its_numbers():
    comparison = compare([0.90 + 0.001 * k for k in range(10)], [0.80 + 0.002 * k for k in range(10)])
    text = findings.comparison_sentence(comparison)
    assert text.startswith("controller against random, clean (best, shared weights): +9.55 percentage")
    assert "The accuracy is higher (p = 0.002 after Holm, 10 seeds)." in text
    assert findings.verdict(comparison) == ("higher", "apart")
    assert findings.tally([comparison]).startswith("Of 1 comparisons, 1 show a gain, 0 a loss")


def test_a_loss_is_said_too():
    comparison = compare([0.70, 0.71, 0.72, 0.70, 0.71, 0.72], [0.80, 0.82, 0.84, 0.81, 0.83, 0.85])
    assert "The accuracy is lower" in findings.comparison_sentence(comparison)
    assert "0 show a gain, 1 a loss" in findings.tally([comparison])


def test_overlapping_intervals_without_difference():
    comparison = compare([0.80, 0.83, 0.78, 0.80, 0.81], [0.81, 0.79, 0.80, 0.81, 0.80])
    text = findings.comparison_sentence(comparison)
    assert "No difference is shown" in text
    assert text.endswith("the 95% intervals of the two means overlap.")
    assert findings.verdict(comparison) == ("not shown", "overlap")
    assert "1 no difference that these runs could tell from chance" in findings.tally([comparison])


def test_a_difference_only_the_pairing_shows_says_that_intervals_overlap():
    baseline = [0.60, 0.70, 0.80, 0.65, 0.75, 0.85, 0.62, 0.72, 0.82, 0.78]
    comparison = compare([value + 0.01 + 0.001 * k for k, value in enumerate(baseline)], baseline)
    text = findings.comparison_sentence(comparison)
    assert "The accuracy is higher" in text
    assert "intervals of the two means overlap: only the pairing by seed tells them apart" in text


def test_one_seed_has_no_test():
    comparison = compare([0.9], [0.8])
    assert findings.comparison_sentence(comparison).endswith("+10.00 percentage points. One seed allows no test.")
    assert findings.verdict(comparison) == ("no test", "–")
    assert findings.tally([comparison]).startswith("no comparison has")


def test_few_pairs_are_judged_by_the_t_test_and_more_by_the_signed_rank_test():
    assert compare_paired([1.0] * 5, [0.9, 0.8, 0.7, 0.6, 0.5]).test == "t"
    assert compare_paired([1.0] * 6, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]).test == "Wilcoxon"


def test_only_seeds_both_cells_have_are_compared():
    comparison = compare([0.9, 0.9, 0.8], [0.8, 0.7])
    assert comparison.paired.num == 2


def test_tests_of_one_metric_are_adjusted_together():
    spaces = [Condition("random", name) for name in ("clean", "P1_006", "P1_036")]
    accuracies = ([0.80, 0.81, 0.83], [0.70, 0.72, 0.71], [0.60, 0.63, 0.61])
    made = [
        record for condition, values in zip(spaces, accuracies, strict=True) for record in records(condition, values)
    ]
    first, second = against_clean(made, spaces)
    smaller, larger = sorted((first, second), key=lambda comparison: comparison.paired.p)
    assert smaller.adjusted_p == pytest.approx(2 * smaller.paired.p)
    assert larger.adjusted_p == pytest.approx(max(smaller.adjusted_p, larger.paired.p))


def test_avoiding_poison_is_told_from_uniform_draws():
    condition = Condition("controller", "P3_006_100")

    def said(*probabilities):
        return findings.avoidance_sentence(condition, compare_paired(probabilities, [0.5] * len(probabilities)))

    assert said(0.30, 0.32, 0.31, 0.30, 0.33).endswith("It avoids poison.")
    assert said(0.7, 0.71, 0.72, 0.69, 0.73).endswith("It prefers poison.")
    assert said(0.49, 0.52, 0.5, 0.51, 0.48).endswith("It cannot be told from uniform draws.")
    assert said(0.30, 0.32, 0.31).endswith("That is fewer than the 5 runs from which anything is concluded.")
    assert "One seed allows no test" in findings.avoidance_sentence(condition, compare_paired([0.4], [0.5]))


def test_from_two_runs_nothing_is_concluded():
    comparison = compare([0.70, 0.70], [0.80, 0.81])
    assert comparison.adjusted_p < 0.05
    assert findings.verdict(comparison) == ("too few runs", "apart")
    assert findings.comparison_sentence(comparison).endswith(
        "that is fewer than the 5 runs from which anything is concluded."
    )
    assert findings.tally([comparison]) == "no comparison has the 5 runs a side from which anything is concluded."
    enough = compare([0.70, 0.71, 0.72, 0.70, 0.71, 0.72], [0.80, 0.82, 0.84, 0.81, 0.83, 0.85])
    told = findings.tally([comparison, enough])
    assert told.startswith("Of 1 comparisons, 0 show a gain, 1 a loss")
    assert told.endswith(" 1 with fewer than 5 runs a side are not counted.")


def test_from_four_architectures_nothing_is_concluded_on_ranks():
    few = rank_correlation([[(0.1, 0.1), (0.2, 0.2)], [(0.3, 0.3), (0.4, 0.4)]])
    assert few.tau_interval[0] > 0
    assert findings.correlations_tally([few]).startswith("No cell has the 20 architectures of 5 runs from which")
    many = rank_correlation([[(k + j / 10, k + j / 10) for j in range(4)] for k in range(5)])
    told = findings.correlations_tally([few, many])
    assert told.startswith("Of 1 cells, 1 show that")
    assert told.endswith(" 1 with fewer than 20 architectures of 5 runs are not counted.")


def test_missing_and_failed_runs_are_counted():
    made = [
        RunRecord("", RANDOM, seed, state) for seed, state in enumerate(["finished", "failed", "missing", "missing"])
    ]
    text = findings.completeness(made)
    assert text == "1 of 4 runs are finished; 1 failed, 2 missing. Tables hold finished runs only."
    assert findings.completeness(made[:1]) == "1 of 1 runs are finished."
