"""Whole searches on a few digits over poisoned spaces and without a controller."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.data import SearchData, load_images
from enas_tf.errors import InputError
from enas_tf.models.factory import make_child
from enas_tf.poisoning import space_of
from enas_tf.seeds import named_generator
from enas_tf.training.evaluation import Evaluator
from tests.search.test_search import (
    assert_same_outcome,
    events,
    killed_at,
    make_config,
    results,
    rows,
    search,
    stopped_at,
)

POISON = {"poison": "P6P3_300_100", "remove_ops": ("conv_5x5",)}
NUM_CLEAN, NUM_POISONED = 3, 300
RANDOM = {"search_mode": "random", "guided_random_candidates": 3}


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory):
    return search(tmp_path_factory.mktemp("poisoned") / "run", {"num_epochs": 1}, poison=POISON)


@pytest.fixture(scope="module")
def random(tmp_path_factory):
    return search(tmp_path_factory.mktemp("random") / "run", RANDOM, poison=POISON)


def poisoned_space(directory):
    return space_of(make_config(directory, poison=POISON))


def test_a_poisoned_search_tells_what_it_searched(poisoned):
    outcome = results(poisoned)
    assert len(outcome["operations"]) == NUM_CLEAN + NUM_POISONED
    assert outcome["operations"][:NUM_CLEAN] == ["conv_3x3", "separable_conv_3x3", "separable_conv_5x5"]
    assert (outcome["search_mode"], outcome["num_poisoned"]) == ("controller", NUM_POISONED)


def test_good_and_bad_operations_are_counted(poisoned):
    (row,), shown = results(poisoned)["epochs"], rows(poisoned / "arcs.jsonl")
    space = poisoned_space(poisoned)
    bad = [space.count_poisoned(space.parse(each["arc"])) for each in shown]
    best = int(np.argmax([each["reward"] for each in shown]))
    assert row["bad_operations_mean"] == pytest.approx(np.mean(bad))
    assert row["good_operations_mean"] == pytest.approx(2 - np.mean(bad))
    assert (row["bad_operations_best"], row["good_operations_best"]) == (bad[best], 2 - bad[best])
    assert row["bad_uniform_share"] == NUM_POISONED / (NUM_CLEAN + NUM_POISONED)
    assert row["bad_probability"] == pytest.approx(row["bad_uniform_share"], abs=0.01)  # a policy of two updates
    assert 0.99 < row["relative_entropy"] <= 1
    assert row["last_reward"] == shown[-1]["reward"]
    assert 0 < row["baseline"] < 1


def test_the_same_numbers_stand_in_tensorboard(poisoned):
    (row,), board = results(poisoned)["epochs"], events(poisoned)
    names = {
        *("best_valid_accuracy", "best_test_accuracy", "bad_operations_mean", "bad_operations_best"),
        *("good_operations_mean", "good_operations_best", "bad_probability", "bad_uniform_share"),
        *("entropy", "relative_entropy"),
    }
    for name in names:
        (event,) = board.Tensors(f"sampled/{name}")
        assert float(tf.make_ndarray(event.tensor_proto)) == pytest.approx(row[name])
    assert "controller/operation_probabilities" in board.PluginTagToContent("images")


def test_the_last_architectures_are_measured_on_all_images(poisoned):
    outcome, shown = results(poisoned), rows(poisoned / "arcs.jsonl")
    final = outcome["final_arcs"]
    assert [(each["arc"], each["reward"]) for each in final] == [(each["arc"], each["reward"]) for each in shown]
    for name in ("valid_accuracy", "test_accuracy"):
        assert outcome[f"final_arcs_{name}"] == pytest.approx(np.mean([each[name] for each in final]))
    best = final[int(np.argmax([each["reward"] for each in final]))]
    (row,) = outcome["epochs"]
    assert row["best_valid_accuracy"] == best["valid_accuracy"]
    assert row["best_test_accuracy"] == best["test_accuracy"]


def test_a_random_search_has_no_controller(random):
    assert "Training controller" not in (random / "stdout").read_text()
    names = [name for name, _ in tf.train.list_variables(str(random / "checkpoints"))]
    assert not [name for name in names if name.startswith(("controller", "baseline"))]
    assert results(random)["search_mode"] == "random"
    for row in results(random)["epochs"]:
        assert "baseline" not in row
        assert row["bad_probability"] == pytest.approx(row["bad_uniform_share"])
        assert row["entropy"] == pytest.approx(2 * np.log(NUM_CLEAN + NUM_POISONED))
        assert row["relative_entropy"] == pytest.approx(1)


def test_random_candidates_are_uniform_draws_by_name(random):
    space = poisoned_space(random)
    for epoch in (1, 2):
        drawn = space.uniform(named_generator(0, "shown arcs", epoch), 10)
        shown = [row["arc"] for row in rows(random / "arcs.jsonl") if row["epoch"] == epoch]
        assert shown == [space.format(arc) for arc in drawn]


def test_guided_random_search_keeps_the_best_of_its_candidates_on_all_validation_images(random):
    outcome, space, config = results(random), poisoned_space(random), make_config(random, RANDOM, poison=POISON)
    data = SearchData(load_images(config.data), config.data, config.run.seed)
    child = make_child(config, space, data.image_shape, data.num_classes)
    reader = tf.train.load_checkpoint(str(random / "checkpoints"))
    for k, variable in enumerate(child.variables):
        variable.assign(reader.get_tensor(f"child/{k}/.ATTRIBUTES/VARIABLE_VALUE"))
    candidates = space.uniform(named_generator(0, "guided random candidates"), 3).tolist()
    measured = [Evaluator(child).accuracy(itertools.repeat(arc), data.valid_batches()) for arc in candidates]
    best = candidates[int(np.argmax(measured))]
    assert outcome["guided_random"] == {
        "num_candidates": 3,
        "num_images": 3 * 64,
        "best_arc": space.format(best),
        "valid_accuracy": max(measured),
        "test_accuracy": Evaluator(child).accuracy(itertools.repeat(best), data.test_batches()),
    }
    assert outcome["best_arc"] == space.format(best) == (random / "best_arc.txt").read_text().strip()
    assert outcome["best_arc_valid_accuracy"] == max(measured)
    assert "the best of 3 drawn after the search" in (random / "stdout").read_text()


def test_a_random_search_stopped_and_killed_goes_on_to_the_same_numbers(random, tmp_path):
    directory = tmp_path / "run"
    with stopped_at("child_step", 6):
        search(directory, RANDOM, poison=POISON)
    with killed_at("measured", 5):
        search(directory, RANDOM, poison=POISON)
    with stopped_at("measured", 2):
        search(directory, RANDOM, poison=POISON)
    assert not (directory / "results.json").exists()
    search(directory, RANDOM, poison=POISON)
    assert_same_outcome(directory, random)


@pytest.mark.parametrize(
    ("run", "poison", "difference"),
    [
        ({**RANDOM, "search_mode": "controller"}, POISON, r"--search_mode=controller \(there: random\)"),
        ({**RANDOM, "guided_random_candidates": 4}, POISON, r"--guided_random_candidates=4 \(there: 3\)"),
        (RANDOM, {**POISON, "poison": "P1_006"}, r"--poison=P1_006 \(there: P6P3_300_100\)"),
        (RANDOM, {"poison": "P6P3_300_100"}, r"--remove_ops= \(there: conv_5x5\)"),
        (RANDOM, {**POISON, "poison_ops": (("identity", 1),)}, r"--poison_ops=identity:1 \(there: \)"),
    ],
)
def test_a_run_does_not_go_on_in_another_space_or_mode(random, run, poison, difference):
    with pytest.raises(InputError, match=difference):
        search(random, run, poison=poison)


def test_random_sampling_ends_with_one_draw_that_nothing_selected(tmp_path):
    directory = search(tmp_path / "run", {"search_mode": "random_sampling"})
    space = space_of(make_config(directory))
    (drawn,) = space.uniform(named_generator(0, "sampled arc", 0), 1)
    assert results(directory)["best_arc"] == space.format(drawn)
    assert "Architecture drawn at random: " in (directory / "stdout").read_text()


def test_random_connections_leave_operations_alone(tmp_path):
    run = {"num_epochs": 1, "search_for": "connection", "search_mode": "random"}
    directory = search(tmp_path / "run", run)
    arcs = np.array([row["arc"].split() for row in rows(directory / "arcs.jsonl")], int)
    assert not arcs[:, [0, 1]].any()
    assert set(arcs[:, 2]) == {0, 1}


@pytest.mark.long
def test_a_poisoned_micro_search_at_random(tmp_path):
    run = {"num_epochs": 1, "search_for": "micro", "search_mode": "random"}
    directory = search(tmp_path / "run", run, child={"num_cells": 1}, poison={"poison": "P6P5_006"})
    assert results(directory)["num_poisoned"] == 6
    assert results(directory)["epochs"][0]["bad_uniform_share"] == 0.6
