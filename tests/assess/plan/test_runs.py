"""Planned runs, and the settings of an assessment."""

import pytest

from enas_tf.assess.plan.runs import Condition, conditions_of, plan_runs
from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.assess.run.member import select_arcs
from enas_tf.errors import InputError


def test_runs_are_planned_seed_by_seed():
    config = AssessConfig(strategies=("controller", "random"), poisons=("clean", "removal_2+P1_006"), seeds=(3, 4))
    runs = plan_runs(config)
    assert len(runs) == 8
    assert [run.seed for run in runs] == [3] * 4 + [4] * 4
    assert runs[0].name == "controller-clean-seed3"
    assert len({run.name for run in runs}) == 8
    assert conditions_of(runs)[:2] == [Condition("controller", "clean"), Condition("random", "clean")]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"seeds": (1, 2, 1)}, "--seeds: expected each once, received 1 more than once"),
        ({"poisons": ("clean", "clean")}, "--poisons: expected each once"),
        ({"standalone_arcs": 12}, "--standalone_arcs: expected at most 11"),
        ({"report_only": True, "dry_run": True}, "--report_only: expected neither"),
    ],
)
def test_contradictions_are_refused(settings, said):
    with pytest.raises(InputError, match=said):
        AssessConfig(**settings)


def test_arcs_to_train_are_the_best_and_the_last_ones_as_drawn():
    results = {
        "best_arc": "1 0",
        "best_arc_valid_accuracy": 0.5,
        "best_arc_test_accuracy": 0.4,
        "final_arcs": [
            {"arc": arc, "valid_accuracy": accuracy, "test_accuracy": accuracy, "reward": 0, "bad_operations": 0}
            for arc, accuracy in (("0 0", 0.1), ("1 0", 0.5), ("0 0", 0.1), ("2 0", 0.9))
        ],
    }
    assert [arc["arc"] for arc in select_arcs(results, 2)] == ["1 0", "0 0"]
    assert [arc["arc"] for arc in select_arcs(results, 5)] == ["1 0", "0 0", "2 0"]
    assert select_arcs(results, 1) == [{"arc": "1 0", "valid_accuracy": 0.5, "test_accuracy": 0.4}]
