"""What is made of a finished search: its architectures measured, trained again, or its weights trained further."""

import dataclasses
import json
import math
import shutil

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.cli.flags import with_flagfile
from enas_tf.data import SearchData, load_images
from enas_tf.errors import InputError
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.search import finished_search, retraining
from enas_tf.search.architecture_search import run_search
from enas_tf.search.final_training import FinalTraining
from enas_tf.search.finished_search import initialise_from_search, restore_search, unfinished_note
from enas_tf.search.retraining import RetrainingConfig, retrain
from enas_tf.training.child_trainer import objective
from tests.search.test_search import COMMAND_LINE, make_config

ARC = "1 2 1"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras.*")


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    """A finished search."""
    config = make_config(tmp_path_factory.mktemp("search") / "run", {"num_epochs": 1})
    run_search(config, COMMAND_LINE)
    return config


def training(search, output_dir, **run):
    run = dataclasses.replace(search.run, output_dir=str(output_dir), **run)
    return dataclasses.replace(search, run=run, child=dataclasses.replace(search.child, fixed_arc=ARC))


@pytest.fixture(scope="module")
def trained(search, tmp_path_factory):
    """The two best architectures of the search, each trained with two seeds."""
    directory = tmp_path_factory.mktemp("top") / "run"
    plan = RetrainingConfig(search.run.output_dir, top=2, seeds=(0, 1))
    return directory, retrain(training(search, directory), search, plan, with_flagfile)


def test_every_different_architecture_is_measured_on_all_validation_images(search, trained):
    directory, _ = trained
    measured = json.loads((directory / "shared_accuracies.json").read_text())["architectures"]
    rows = [json.loads(line) for line in RunDirectory(search.run.output_dir).arcs.read_text().splitlines()]
    assert {row["arc"] for row in measured} == {row["arc"] for row in rows}
    assert len(measured) == len({row["arc"] for row in rows})
    accuracies = [row["valid_accuracy"] for row in measured]
    assert accuracies == sorted(accuracies, reverse=True)
    outcome = json.loads(RunDirectory(search.run.output_dir).results.read_text())
    (of_best,) = [row["valid_accuracy"] for row in measured if row["arc"] == outcome["best_arc"]]
    assert of_best == outcome["best_arc_valid_accuracy"]


def test_means_and_spreads_are_those_of_the_trainings(trained):
    directory, results = trained
    for rank, row in enumerate(results["architectures"], start=1):
        runs = [json.loads((directory / f"arc_{rank}_seed_{seed}" / "results.json").read_text()) for seed in (0, 1)]
        assert [run["arc"] for run in runs] == [row["arc"]] * 2
        assert [run["seed"] for run in runs] == [0, 1]
        for name in ("valid_accuracy", "test_accuracy"):
            values = [run[name] for run in runs]
            assert row[name] == {"mean": pytest.approx(np.mean(values)), "sd": pytest.approx(np.std(values, ddof=1))}


def test_the_best_is_chosen_on_validation_alone_and_kept(trained):
    directory, results = trained
    means = [row["valid_accuracy"]["mean"] for row in results["architectures"]]
    best = results["architectures"][int(np.argmax(means))]
    chosen = max(best["trainings"], key=lambda each: each["valid_accuracy"])
    assert results["best"] == {"rank": best["rank"], **chosen}
    source = RunDirectory(chosen["directory"])
    for name in ("network.keras", "best_arc.json", "best_arc.txt", "best_arc.svg"):
        assert (directory / name).read_bytes() == (source.path / name).read_bytes()
    kept = json.loads((directory / "results.json").read_text())
    assert (kept["arc"], kept["test_accuracy"]) == (best["arc"], chosen["test_accuracy"])


def test_more_seeds_and_architectures_go_on_with_what_is_there(search, trained, monkeypatch):
    directory, before = trained
    begun = []
    real = retraining.run_final_training
    monkeypatch.setattr(retraining, "_measure", lambda *arguments: pytest.fail("measured again"))
    monkeypatch.setattr(
        retraining,
        "run_final_training",
        lambda config, command_line: (begun.append(config.run.output_dir), real(config, command_line)),
    )
    plan = RetrainingConfig(search.run.output_dir, top=1, seeds=(0, 1, 7))
    results = retrain(training(search, directory), search, plan, with_flagfile)
    assert begun == [str(directory / "arc_1_seed_7")]
    assert results["architectures"][0]["trainings"][:2] == before["architectures"][0]["trainings"]


def test_another_best_architecture_makes_no_other_trainings(search, trained, monkeypatch):
    directory, before = trained
    monkeypatch.setattr(retraining, "run_final_training", lambda *arguments: pytest.fail("trained again"))
    config = training(search, directory)
    config = dataclasses.replace(config, child=dataclasses.replace(config.child, fixed_arc="0 0 0"))
    plan = RetrainingConfig(search.run.output_dir, top=1, seeds=(0, 1))
    results = retrain(config, search, plan, with_flagfile)
    assert results["architectures"] == before["architectures"][:1]


def test_a_ranking_is_not_used_once_the_search_has_gone_on(search, trained, tmp_path):
    directory, _ = trained
    moved = tmp_path / "search"
    shutil.copytree(search.run.output_dir, moved)
    copied = tmp_path / "top"
    copied.mkdir()
    shutil.copy(directory / "shared_accuracies.json", copied)
    with (moved / "arcs.jsonl").open("a") as file:
        file.write(json.dumps({"epoch": 2, "arc": ARC, "reward": 0.5}) + "\n")
    plan = RetrainingConfig(str(moved), top=1, seeds=(0,))
    with pytest.raises(InputError, match="expected the search as it was when it was measured for .*gone on since"):
        retrain(training(search, copied), search, plan, with_flagfile)
    assert [path.name for path in copied.iterdir() if path.name[0] != "."] == ["shared_accuracies.json"]


def test_a_search_under_way_is_not_taken(search, tmp_path, monkeypatch):
    path = search.run.output_dir
    config = training(search, tmp_path, init_from_search=path)
    data = SearchData(load_images(config.data), config.data, 0, hold_out_validation=False)
    held = []
    monkeypatch.setattr(finished_search, "require_unlocked", lambda what, path: held.append((what, str(path))))
    initialise_from_search(config, search, FinalTraining(config, data), data)
    assert held == [(f"--init_from_search={path}", path)]


def test_of_a_search_that_has_not_ended_that_is_said(search, tmp_path):
    assert unfinished_note(search.run.output_dir) == []
    (note,) = unfinished_note(str(tmp_path))
    assert "is not finished" in note


def test_a_run_is_not_begun_among_trainings(search, trained):
    directory, _ = trained
    for reset in (True, False):
        with pytest.raises(InputError, match="received trainings of enas-train --run, which stay there"):
            RunDirectory(str(directory)).check(reset)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"num_epochs": 3}, "--num_epochs=3 (there: 1)"),
        ({"eval_every_epochs": 2}, "--eval_every_epochs=2 (there: 1)"),
    ],
)
def test_trainings_with_other_settings_are_refused(search, trained, change, said):
    directory, _ = trained
    plan = RetrainingConfig(search.run.output_dir, top=1, seeds=(0,))
    with pytest.raises(InputError) as error:
        retrain(training(search, directory, **change), search, plan, with_flagfile)
    assert said in str(error.value)


def test_the_directory_of_a_run_is_refused(search):
    plan = RetrainingConfig(search.run.output_dir, top=1, seeds=(0,))
    with pytest.raises(InputError, match="one that enas-train --run began, received one with a run in it"):
        retrain(training(search, search.run.output_dir), search, plan, with_flagfile)


def test_a_path_begins_with_what_the_search_ended_with(search, tmp_path):
    path = search.run.output_dir
    config = training(search, tmp_path, init_from_search=path)
    data = SearchData(load_images(config.data), config.data, 0, hold_out_validation=False)
    task = FinalTraining(config, data)
    line, *_ = initialise_from_search(config, search, task, data)
    assert "which is not the network that enas-train makes" in line
    there, its_data = restore_search(search, path, "--init_from_search")
    arc = there.space.parse(ARC)
    images, _ = next(iter(its_data.subset_batches("test")))
    logits = [child.outputs(images, arc, training=False).logits for child in (task.child, there.child)]
    np.testing.assert_array_equal(*logits)


def test_a_path_counts_the_layers_it_runs_on(search, tmp_path):
    config = training(search, tmp_path, init_from_search="anywhere")
    data = SearchData(load_images(config.data), config.data, 0, hold_out_validation=False)
    task = FinalTraining(config, data)
    variables = [variable.value for variable in task.child.trainable_variables]
    images, labels = tf.zeros([2, 8, 8, 1]), tf.zeros([2], tf.int32)
    _, gradients = task.child.differentiate(objective, images, labels, task.space.parse(ARC), variables)
    reached = [variable for variable, gradient in zip(variables, gradients, strict=True) if gradient is not None]
    assert 0 < len(reached) < len(variables)
    number = sum(math.prod(variable.shape) for variable in reached)
    assert any(line.startswith(f"Model has {number} params, ") for line in task.description())


def test_shared_weights_of_other_sizes_are_refused(search, tmp_path):
    config = training(search, tmp_path, init_from_search=search.run.output_dir)
    config = dataclasses.replace(config, child=dataclasses.replace(config.child, out_filters=8))
    data = SearchData(load_images(config.data), config.data, 0, hold_out_validation=False)
    with pytest.raises(InputError, match="--init_from_search=.*: expected a search whose network has the sizes"):
        initialise_from_search(config, search, FinalTraining(config, data), data)
