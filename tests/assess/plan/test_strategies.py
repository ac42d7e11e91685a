"""What differs between strategies stands in one place."""

import pytest

from enas_tf.assess.plan.settings import AssessConfig
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
