"""What differs between strategies stands in one place."""

import pytest

from enas_tf.assess.plan.directory import Experiment
from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.assess.plan.strategies import modes_of, parse_strategies, strategy_named
from enas_tf.assess.report.plots import plot_best_so_far
from enas_tf.assess.report.report import write_report
from enas_tf.assess.statistics.evidence import gather
from enas_tf.errors import InputError
from enas_tf.strategies.random import RandomConfig, make_random
from enas_tf.strategies.registry import STRATEGIES
from enas_tf.strategies.strategy import StrategyKind
from tests.assess.made_experiment import finish, make_experiment


@pytest.mark.parametrize("field", ["label", "colour", "marker"])
def test_strategies_can_be_told_apart(field):
    assert len({getattr(strategy, field) for strategy in STRATEGIES.values()}) == len(STRATEGIES)


def test_an_unknown_strategy_is_refused():
    with pytest.raises(InputError, match="--strategies: expected names out of controller, random, random_sampling, "):
        AssessConfig(strategies=("controller", "luck"))


def test_a_schedule_stands_behind_a_name_where_it_is_not_the_default():
    names = parse_strategies("controller@joint, random@after,random,evolution,evolution@joint")
    assert names == ("controller", "random@after", "random", "evolution", "evolution@joint")
    scheduled = [strategy_named(name) for name in names]
    assert [each.schedule for each in scheduled] == ["joint", "after", "joint", "after", "joint"]
    assert [each.label for each in scheduled] == [
        *("controller", "random (after)", "random", "evolution", "evolution (joint)")
    ]
    assert [scheduled[place].learner for place in (0, 3, 4)] == ["the controller", "evolution", "evolution (joint)"]
    assert modes_of(names) == ("controller", "random", "evolution")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("controller@after", "--strategies: expected controller@joint, received controller@after"),
        ("random@", "--strategies: expected random@joint or random@after, received random@$"),
        ("evolution@later", "--strategies: expected evolution@after or evolution@joint, received evolution@later"),
        ("@after", "--strategies: expected names out of .*, received nothing"),
    ],
)
def test_a_schedule_that_a_strategy_does_not_have_is_refused(name, said):
    with pytest.raises(InputError, match=said):
        strategy_named(name)


def test_both_schedules_of_a_strategy_are_told_apart(tmp_path):
    names = ("controller", "random", "random@after", "evolution", "evolution@joint")
    directory, runs = make_experiment(tmp_path, strategies=names, seeds=(0, 1, 2))
    assert [run.name for run in runs[:3]] == [
        *("controller-clean-seed0", "random-clean-seed0", "random@after-clean-seed0")
    ]
    assert [run.flags()["search_schedule"] for run in runs[:5]] == [None, None, "after", None, "joint"]
    for run in runs:
        finish(run)
    write_report(directory)
    evidence = gather(directory)
    against = {comparison.method.strategy: comparison.baseline.strategy for comparison in evidence.against_random}
    assert against == {
        "controller": "random",
        "evolution": "random@after",
        "evolution@joint": "random",
    }
    in_family = [comparison for comparison in evidence.against_random if comparison.metric == "test_accuracy"]
    assert len(in_family) == 3
    smallest = min(in_family, key=lambda comparison: comparison.paired.p)
    assert smallest.adjusted_p == pytest.approx(min(1.0, 3 * smallest.paired.p))
    text = directory.report.with_name("report.md").read_text()
    assert "| evolution (joint) | clean | joint |" in text and "| evolution | clean | after |" in text
    assert "Not compared for want" not in text
    rows = directory.runs_csv.read_text().splitlines()
    assert rows[3].startswith("random@after-clean-seed0,random@after,clean,0,finished")
    figure = plot_best_so_far(evidence.records, evidence.conditions)
    looks = {line.get_label(): (line.get_color(), line.get_linestyle()) for line in figure.axes[0].get_lines()}
    assert looks["random"][0] == looks["random (after)"][0]
    assert (looks["random"][1], looks["random (after)"][1]) == ("-", "--")


def test_the_report_says_when_strategies_search_and_how_outcomes_are_chosen(tmp_path):
    def said(name, flags, strategies):
        directory, _ = make_experiment(tmp_path / name, strategies=strategies, seeds=(0,))
        experiment = directory.read()
        directory.write(Experiment(experiment.config, (*experiment.search_flags, *flags)))
        write_report(directory)
        return directory.report.with_name("report.md").read_text()

    budget = ("--candidates_per_epoch=50", "--num_candidates=300", "--outcome_candidates=7")
    text = said("all", budget, ("controller", "random@after", "tpe", "darts"))
    assert "controller searches jointly: candidates are rewarded after each evaluated epoch, on one validation" in text
    assert "random (after) and TPE search afterwards: uniform draws train the shared weights for all epochs" in text
    assert "controller, random (after) and TPE measure the 7 candidates that had the highest rewards again" in text
    text = said("images", (*budget, "--reward_images=64"), ("random", "tpe"))
    assert "on the same 64 validation images." in text and "are rewarded on the same 64 validation images." in text
    text = said("guided", (*budget, "--guided_random_candidates=20"), ("random",))
    assert "random draws 20 architectures after the search, and the outcome is the best of them" in text
    text = said("before", (), ("controller", "random"))
    assert "controller and random keep the one with the highest accuracy on one validation batch" in text
    assert "jointly: candidates" not in text


def test_what_has_no_random_search_of_its_schedule_is_not_compared(tmp_path):
    directory, runs = make_experiment(tmp_path, strategies=("controller", "random", "tpe"), seeds=(0,))
    for run in runs:
        finish(run)
    write_report(directory)
    assert {comparison.method.strategy for comparison in gather(directory).against_random} == {"controller"}
    text = directory.report.with_name("report.md").read_text()
    assert "Not compared for want of a random search that searches when they do (random@after): TPE." in text


def test_a_strategy_is_added_by_its_entry(tmp_path, monkeypatch):
    luck = StrategyKind(
        RandomConfig, make_random, "by luck", "Luck", "#CC79A8", "<", learner="luck", account="draws from a hat"
    )
    monkeypatch.setitem(STRATEGIES, "luck", luck)
    directory, runs = make_experiment(
        tmp_path, strategies=("controller", "random", "luck"), poisons=("clean", "P3_006_100"), seeds=(0, 1)
    )
    for run in runs:
        finish(run)
    write_report(directory)
    text = directory.report.with_name("report.md").read_text()
    for part in (
        "controller, random and Luck keep the one with the highest accuracy",
        "without comparing any; Luck draws from a hat.",
        "Controller against uniform search",
        "Luck against uniform search",
        "Luck against random, clean (last ten, shared weights)",
        "What the controller and luck draw",
        "| Luck | P3_006_100 |",
        "--strategies=controller,random,luck",
    ):
        assert part in text, part
    evidence = gather(directory)
    figure = plot_best_so_far(evidence.records, evidence.conditions)
    lines = {line.get_label(): line.get_color() for axes in figure.axes for line in axes.get_lines()}
    shown = (STRATEGIES[name] for name in ("controller", "random", "luck"))
    assert lines == {strategy.label: strategy.colour for strategy in shown}
    assert {condition.strategy for condition in evidence.avoidance} == {"controller", "luck"}
