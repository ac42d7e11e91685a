"""Searches whose rewards have a price: the best architecture is another one, and accuracies stay what they are."""

import dataclasses
import itertools
import re

import pytest

from enas_tf.config import RewardConfig, ScheduleConfig
from enas_tf.rewards import milliseconds
from enas_tf.search.architecture_search import run_search
from enas_tf.strategies.random import RandomConfig
from tests.search.test_search import (
    COMMAND_LINE,
    assert_same_outcome,
    events,
    killed_at,
    make_config,
    results,
    rows,
    scalar_of,
)

CANDIDATES = ScheduleConfig(candidates_per_epoch=4, outcome_candidates=3)
TARGET = 300.0


def search(output_dir, reward: RewardConfig, strategy=None, num_epochs: int = 1):
    config = make_config(output_dir, {"num_epochs": num_epochs}, strategy=strategy)
    schedule = CANDIDATES if strategy else config.schedule
    run_search(dataclasses.replace(config, schedule=schedule, reward=reward), COMMAND_LINE)
    return output_dir


def test_a_price_changes_the_best_architecture_and_no_accuracy(tmp_path):
    plain = search(tmp_path / "plain", RewardConfig(), RandomConfig())
    priced = search(tmp_path / "priced", RewardConfig("parameters", TARGET, (-4.0, -4.0)), RandomConfig())
    before, after = rows(plain / "arcs.jsonl"), rows(priced / "arcs.jsonl")
    assert [(row["arc"], row["reward"]) for row in before] == [(row["arc"], row["accuracy"]) for row in after]
    for row in (*after, *rows(priced / "candidates.jsonl")):
        assert row["reward"] == pytest.approx(row["accuracy"] * (row["cost"] / TARGET) ** -4.0, rel=1e-6)
    outcome, cheapest = results(priced), min(row["cost"] for row in rows(priced / "candidates.jsonl"))
    assert outcome["best_arc"] != results(plain)["best_arc"]
    assert outcome["best_arc_cost"] == cheapest
    worth = outcome["best_arc_valid_accuracy"] * (outcome["best_arc_cost"] / TARGET) ** -4.0
    assert outcome["best_arc_valid_reward"] == pytest.approx(worth)
    assert outcome["best_arc_valid_reward"] == max(row["valid_reward"] for row in outcome["outcome_candidates"])
    assert outcome["price"] == {"cost": "parameters", "target": TARGET, "weights": [-4.0, -4.0]}
    assert outcome["epochs"][0]["mean_cost"] == pytest.approx(sum(row["cost"] for row in after) / len(after))
    assert "price" not in results(plain) and "mean_cost" not in results(plain)["epochs"][0]
    log = (priced / "stdout").read_text()
    assert f"It costs {cheapest:.0f} parameters (target 300): with the price" in log
    assert f"val_acc={after[0]['accuracy']:<6.4f} reward={after[0]['reward']:<6.4f} cost={after[0]['cost']:.6g}" in log
    board = events(priced)
    accuracy, reward = (scalar_of(board, f"architectures/mean_{name}") for name in ("accuracy", "reward"))
    assert accuracy == [pytest.approx(sum(row["accuracy"] for row in after) / len(after))]
    assert reward == [pytest.approx(sum(row["reward"] for row in after) / len(after))]


def test_a_search_on_milliseconds_that_is_killed_goes_on_with_the_times_it_has_measured(tmp_path, monkeypatch):
    """The controller learns from priced rewards; its lines tell accuracy, reward and cost apart."""

    def measure_from(first: int) -> None:
        times = itertools.count(first)
        monkeypatch.setattr(milliseconds, "_measure", lambda placed: float(next(times)))

    reward = RewardConfig("milliseconds", 10.0)
    measure_from(1)
    undisturbed = search(tmp_path / "undisturbed", reward, num_epochs=2)
    measure_from(1)
    with killed_at("saved", 1):
        search(tmp_path / "run", reward, num_epochs=2)
    measure_from(1000)
    search(tmp_path / "run", reward, num_epochs=2)
    assert_same_outcome(tmp_path / "run", undisturbed)
    times = "operation_milliseconds.json"
    assert (tmp_path / "run" / times).read_text() == (undisturbed / times).read_text()
    told = re.findall(
        r"^ctrl_step=.* acc=(\S+) .* reward=(\S+) +cost=(\S+)$", (undisturbed / "stdout").read_text(), re.M
    )
    assert len(told) == 2 * 6
    for accuracy, worth, cost in (map(float, each) for each in told):
        assert worth == pytest.approx(accuracy * (cost / 10.0) ** -0.07, abs=2e-4)
