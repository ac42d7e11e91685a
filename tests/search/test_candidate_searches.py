"""Searches that take candidates: killed or stopped among them they go on to the same numbers, jointly or afterwards."""

import dataclasses
import itertools
import json
import re
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ScheduleConfig
from enas_tf.errors import InputError
from enas_tf.search import loop
from enas_tf.search.architecture_search import ArchitectureSearch, run_search
from enas_tf.strategies.evolution import EvolutionConfig
from enas_tf.strategies.grid import GridConfig
from enas_tf.strategies.q_learning import QLearningConfig
from enas_tf.strategies.random import RandomConfig
from enas_tf.strategies.tpe import TPEConfig
from enas_tf.training.child_trainer import ChildTrainer
from tests.search.test_search import (
    BATCHES_PER_EPOCH,
    COMMAND_LINE,
    assert_same_outcome,
    checkpoint_names,
    events,
    killed_at,
    make_config,
    results,
    rows,
    stopped_at,
)

NUM_VALID = 64
STRATEGIES = [EvolutionConfig(4, 2), QLearningConfig(alpha=0.2, replay=2), TPEConfig(3), GridConfig(), RandomConfig()]
JOINT = ScheduleConfig("joint", candidates_per_epoch=4, outcome_candidates=2)
AFTER = ScheduleConfig("after", num_candidates=6, outcome_candidates=3)
# What TensorBoard draws of a strategy.
PICTURES = {
    "evolution": {"operation_shares", "skip_shares"},
    "q_learning": {"operation_probabilities", "skip_probabilities"},
    "tpe": set(),
    "grid": set(),
    "random": set(),
}
# What is said of the state after eight candidates, and of the budget before them.
SAID = {
    "evolution": {"population_size": 4},
    "q_learning": {"epsilon": 0.1, "q_table_size": 10},
    "tpe": {"repeated_proposals": mock.ANY},  # it is Optuna's to say
    "grid": {"share_of_space": 0.25},
    "random": {},
}
each_strategy = pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda config: config.name)


def search(output_dir, strategy, schedule, run=None):
    config = make_config(output_dir, {"num_epochs": 2, **(run or {})}, strategy=strategy)
    run_search(dataclasses.replace(config, schedule=schedule), COMMAND_LINE)
    return output_dir


def pictures(board, strategy):
    """Names of a strategy's pictures, each with the steps it has."""
    prefix = f"{strategy.name}/"
    tags = [tag for tag in board.PluginTagToContent("images") if tag.startswith(prefix)]
    return {tag.removeprefix(prefix): [event.step for event in board.Tensors(tag)] for tag in tags}


def scalars(board, tag):
    """Values by step; a step has one."""
    found = [(event.step, float(tf.make_ndarray(event.tensor_proto))) for event in board.Tensors(tag)]
    assert len(dict(found)) == len(found)
    return dict(found)


def timings(directory):
    return json.loads((directory / "timings.json").read_text())


def computed(directory):
    """What a run says it took beside time."""
    return {name: told for name, told in timings(directory).items() if name not in ("minutes", "seconds_per_phase")}


def assert_same_candidates(directory, other):
    assert_same_outcome(directory, other)
    assert computed(directory) == computed(other)
    assert (directory / "candidates.jsonl").read_bytes() == (other / "candidates.jsonl").read_bytes()


@each_strategy
def test_joint_killed_between_candidates_it_goes_on_to_the_same_numbers(tmp_path, strategy):
    finished = search(tmp_path / "finished", strategy, JOINT)
    outcome, kept = results(finished), rows(finished / "candidates.jsonl")
    assert outcome["epochs"][-1].items() >= SAID[strategy.name].items()
    assert [row["number"] for row in kept] == list(range(1, 9))
    assert [row["candidates_rewarded"] for row in outcome["epochs"]] == [4, 8]
    assert [row["candidate_images"] for row in outcome["epochs"]] == [4 * 64, 8 * 64]  # a batch each
    spent = [row["multiply_adds"] for row in kept]
    assert all(number > 0 and number % 64 == 0 for number in np.diff([0, *spent]))
    assert [row["candidate_multiply_adds"] for row in outcome["epochs"]] == [spent[3], spent[7]]
    assert outcome["candidates"]["multiply_adds"] == spent[7]
    told = computed(finished)
    assert (told["candidates_rewarded"], told["candidate_images"]) == (8, 8 * 64)
    assert told["multiply_adds_per_phase"].keys() == {"child training", "candidates"}
    assert told["multiply_adds_per_phase"]["candidates"] == spent[7]
    assert [row["epoch"] for row in kept] == [1] * 4 + [2] * 4
    with killed_at("round_observed", 6):
        search(tmp_path / "run", strategy, JOINT)
    assert_same_candidates(search(tmp_path / "run", strategy, JOINT), finished)
    board = events(finished)
    # A picture and a point after each epoch.
    steps = [BATCHES_PER_EPOCH, 2 * BATCHES_PER_EPOCH]
    assert pictures(board, strategy) == dict.fromkeys(PICTURES[strategy.name], steps)
    for name in SAID[strategy.name]:
        shown = scalars(board, f"{strategy.name}/{name}")
        assert shown == pytest.approx({row["step"]: row[name] for row in outcome["epochs"]})
    log = (finished / "stdout").read_text()
    assert ("Grid: 8 candidates cover 25.0 % of 32 architectures" in log) == (strategy.name == "grid")


# Their states are kept in the same way as under `joint`: one that learns, and one that does not.
@pytest.mark.parametrize("strategy", [STRATEGIES[0], STRATEGIES[-1]], ids=lambda config: config.name)
def test_after_killed_or_stopped_at_a_candidate_it_goes_on_to_the_same_numbers(tmp_path, monkeypatch, strategy):
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    finished = search(tmp_path / "finished", strategy, AFTER)
    with killed_at("round_observed", 4):  # with a checkpoint of the third
        search(tmp_path / "run", strategy, AFTER)
    assert checkpoint_names(tmp_path / "run")[-1] == f"ckpt-{2 * BATCHES_PER_EPOCH + 3}"
    seconds = timings(tmp_path / "run")["seconds_per_phase"]["candidates"]
    assert seconds > 0
    with stopped_at("round_observed", 1):
        search(tmp_path / "run", strategy, AFTER)
    assert checkpoint_names(tmp_path / "run")[-1] == f"ckpt-{2 * BATCHES_PER_EPOCH + 4}"
    with killed_at("measured", 2):  # all candidates are done
        search(tmp_path / "run", strategy, AFTER)
    assert_same_candidates(search(tmp_path / "run", strategy, AFTER), finished)
    assert timings(tmp_path / "run")["seconds_per_phase"]["candidates"] > seconds
    log = (tmp_path / "run" / "stdout").read_text()
    assert f"Resuming at step {2 * BATCHES_PER_EPOCH}, 3 candidates rewarded" in log


@pytest.fixture(scope="module")
def after(tmp_path_factory):
    return search(tmp_path_factory.mktemp("after") / "run", EvolutionConfig(4, 2), AFTER)


def test_after_is_a_uniform_training_and_then_candidates_on_the_same_images(after, tmp_path):
    outcome, kept = results(after), rows(after / "candidates.jsonl")
    assert [row["number"] for row in kept] == list(range(1, 7))
    recalibrating = 4 * 64  # batches of training images
    assert [row["images"] for row in kept] == [number * (NUM_VALID + recalibrating) for number in range(1, 7)]
    assert all(row["reward"] * NUM_VALID == round(row["reward"] * NUM_VALID) for row in kept)
    assert [row["best_reward"] for row in kept] == list(itertools.accumulate((row["reward"] for row in kept), max))
    assert outcome["candidates"]["num_rewarded"] == 6
    assert outcome["candidates"]["population_size"] == 4
    curve = outcome["candidates"]["best_so_far"]
    assert [point["reward"] for point in curve] == sorted({row["best_reward"] for row in kept})
    assert "candidates_rewarded" not in outcome["epochs"][-1]
    assert outcome["final_statistics"].keys() <= outcome["epochs"][-1].keys()
    final = [row["bad_operations"] for row in outcome["final_arcs"]]
    assert outcome["final_statistics"]["bad_operations_mean"] == np.mean(final)
    assert {row["epoch"] for row in rows(after / "arcs.jsonl")} == {1, 2, 3}  # the third is after the search
    log = (after / "stdout").read_text()
    assert log.count("candidate=") == 6
    assert "Candidates: 6, on shared weights that are trained and stand still" in log
    shown = events(after)
    assert [event.step for event in shown.Tensors("candidates/best_reward")] == list(range(9, 15))
    assert {"candidates/best_so_far", "candidates/multiply_adds"} <= set(shown.Tags()["tensors"])
    assert pictures(shown, EvolutionConfig()) == dict.fromkeys(PICTURES["evolution"], list(range(9, 15)))
    assert list(scalars(shown, "evolution/population_size").values()) == [1, 2, 3, 4, 4, 4]
    assert scalars(shown, "candidates/reward") == pytest.approx({8 + row["number"]: row["reward"] for row in kept})
    # Random search of the same schedule trains the same weights.
    random = search(tmp_path / "random", RandomConfig(), AFTER)
    steps = [re.findall(r"ch_step=.* \|g\|=\S+", (path / "stdout").read_text()) for path in (random, after)]
    assert len(steps[0]) == 2 * BATCHES_PER_EPOCH
    assert steps[0] == steps[1]


def test_the_outcome_is_the_best_of_the_best_measured_again(after):
    outcome, kept = results(after), rows(after / "candidates.jsonl")
    rewards = {}
    for row in kept:
        rewards[row["arc"]] = max(row["reward"], rewards.get(row["arc"], 0.0))
    best = sorted(rewards, key=lambda arc: -rewards[arc])[:3]
    again = outcome["outcome_candidates"]
    assert [row["arc"] for row in again] == best
    # Nothing has changed since, so they are worth what they were.
    assert [row["valid_accuracy"] for row in again] == [row["reward"] for row in again]
    assert (outcome["best_arc"], outcome["best_arc_valid_accuracy"]) == (best[0], again[0]["reward"])
    assert f"the best of {len(again)} out of 6 candidates" in (after / "stdout").read_text()


def test_the_controller_chooses_among_its_candidates_where_it_is_asked_to(tmp_path):
    controller = make_config(tmp_path).strategy
    asked = ScheduleConfig(outcome_candidates=2)
    finished, plain = (search(tmp_path / str(k), controller, each) for k, each in enumerate((asked, ScheduleConfig())))
    outcome, kept = results(finished), rows(finished / "candidates.jsonl")
    assert len(kept) == outcome["candidates"]["num_rewarded"] > 2
    assert len(outcome["outcome_candidates"]) == 2
    assert outcome["best_arc"] in [row["arc"] for row in outcome["outcome_candidates"]]
    # Nothing else is different, and both say what they took.
    assert (finished / "arcs.jsonl").read_bytes() == (plain / "arcs.jsonl").read_bytes()
    assert not (plain / "candidates.jsonl").exists() and "candidates" not in results(plain)
    assert computed(finished) == computed(plain)
    assert computed(plain)["candidates_rewarded"] == len(kept)
    with killed_at("round_observed", 3):  # of four, of three candidates each
        search(tmp_path / "run", controller, asked)
    assert_same_candidates(search(tmp_path / "run", controller, asked), finished)


def test_a_run_of_a_former_version_goes_on_and_does_not_tell_what_it_did_not_count(tmp_path, monkeypatch):
    controller = make_config(tmp_path).strategy
    with monkeypatch.context() as former:
        former.setattr(ArchitectureSearch, "plain", lambda self: {"strategy": self.strategy})
        with killed_at("evaluation", 2):
            search(tmp_path / "run", controller, ScheduleConfig())
    assert computed(search(tmp_path / "run", controller, ScheduleConfig())) == {"multiply_adds_per_phase": {}}


def test_a_strategy_can_train_the_weights_and_draws_can_train_those_of_the_controller(tmp_path, monkeypatch):
    trained = []
    step = ChildTrainer.step
    monkeypatch.setattr(
        ChildTrainer, "step", lambda self, images, labels, arc: trained.append(arc) or step(self, images, labels, arc)
    )

    def arcs_of(name, strategy, schedule):
        trained.clear()
        search(tmp_path / name, strategy, schedule)
        return list(trained)

    controller = make_config(tmp_path).strategy
    uniform = arcs_of("uniform", EvolutionConfig(4, 2), JOINT)
    assert arcs_of("controller", controller, ScheduleConfig(child_arcs="uniform")) == uniform
    by_itself = arcs_of("evolution", EvolutionConfig(4, 2), dataclasses.replace(JOINT, child_arcs="strategy"))
    assert by_itself[:BATCHES_PER_EPOCH] != by_itself[BATCHES_PER_EPOCH:]
    assert by_itself[BATCHES_PER_EPOCH:] != uniform[BATCHES_PER_EPOCH:]


def test_fewer_images_and_none_to_recalibrate(tmp_path):
    schedule = dataclasses.replace(AFTER, reward_images=40)
    directory = search(tmp_path / "run", RandomConfig(), schedule, {"recalibration_batches": 0})
    assert [row["images"] for row in rows(directory / "candidates.jsonl")] == [40 * number for number in range(1, 7)]
    with pytest.raises(InputError, match="--reward_images: expected at most the 64 held-out images, received 65"):
        search(tmp_path / "more", RandomConfig(), dataclasses.replace(AFTER, reward_images=65))
    assert not (tmp_path / "more").exists()


def test_after_the_number_of_epochs_cannot_change(after):
    with pytest.raises(InputError, match="--num_epochs=3"):
        search(after, EvolutionConfig(4, 2), AFTER, {"num_epochs": 3})


def test_recalibration_leaves_everything_as_it_was(tmp_path, monkeypatch):
    """Weights, averages and random streams after a search with it are those after one without."""
    seen = {}

    def finish_with(name):
        finish = ArchitectureSearch.finish

        def watched(self, *arguments):
            seen[name] = [variable.numpy() for variable in self.child.variables]
            return finish(self, *arguments)

        monkeypatch.setattr(ArchitectureSearch, "finish", watched)
        search(tmp_path / name, RandomConfig(), AFTER, {"recalibration_batches": int(name)})
        monkeypatch.setattr(ArchitectureSearch, "finish", finish)

    finish_with("0")
    finish_with("2")
    for without, with_it in zip(seen["0"], seen["2"], strict=True):
        np.testing.assert_array_equal(without, with_it)
    assert [row["reward"] for row in rows(tmp_path / "0" / "candidates.jsonl")] != [
        row["reward"] for row in rows(tmp_path / "2" / "candidates.jsonl")
    ]
