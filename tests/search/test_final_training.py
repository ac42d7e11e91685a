"""Whole final trainings on a few of the built-in digits, in both spaces."""

import dataclasses
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from enas_tf.config import DataConfig, OptimizerConfig
from enas_tf.data import SearchData, load_images
from enas_tf.errors import InputError
from enas_tf.search.final_training import FinalTraining, run_final_training
from enas_tf.search_space import MACRO_OPERATIONS, MICRO_OPERATIONS, ArcRecord, ImageFacts
from tests.search.test_search import COMMAND_LINE, make_config, stopped_at

ARCS = {"macro": "0 3 1", "micro": " ".join(["0 0 1 4"] * 2)}

# Keras 3.15 asks numpy 2.4 for a copy in a way that warns; none of it ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras.*")


COSINES = OptimizerConfig(lr_cosine=True, lr_max=0.05, lr_min=0.001, lr_t_0=1, lr_t_mul=2)


def train(output_dir, space: str, num_epochs: int = 2, optimizer: OptimizerConfig | None = None, **child):
    num_branches = len(MICRO_OPERATIONS if space == "micro" else MACRO_OPERATIONS)
    sizes = {"num_branches": num_branches, "num_cells": 1, "drop_path_keep_prob": 0.8}
    child = {"fixed_arc": ARCS[space], **sizes, **child}
    config = make_config(output_dir, {"num_epochs": num_epochs, "search_for": space}, child=child)
    run_final_training(dataclasses.replace(config, optimizer=optimizer or config.optimizer), COMMAND_LINE)
    return output_dir


@pytest.fixture(scope="module", params=sorted(ARCS))
def space(request):
    return request.param


@pytest.fixture(scope="module")
def finished(space, tmp_path_factory):
    return train(tmp_path_factory.mktemp("finished") / "run", space)


def results(directory) -> dict:
    return json.loads((directory / "results.json").read_text())


def numbers(directory) -> dict:
    """The results without what depends on the machine."""
    return {name: value for name, value in results(directory).items() if name != "speed"}


def test_without_an_architecture_there_is_nothing_to_train(tmp_path):
    with pytest.raises(InputError, match="--child_fixed_arc: expected an architecture to train, received nothing"):
        run_final_training(make_config(tmp_path / "run", {"num_epochs": 1}))
    assert not (tmp_path / "run").exists()


def test_it_tells_accuracy_and_cost(finished, space):
    outcome = results(finished)
    assert outcome["arc"] == ARCS[space]
    assert outcome["num_parameters"] > 0 and outcome["multiply_adds"] > 0
    speed = outcome["speed"]
    assert speed["seconds_per_step"] == pytest.approx(speed["seconds_per_image"] * 64) and speed["seconds_per_step"] > 0
    assert outcome["test_largest_class_share"] == 50 / 359 and "valid_largest_class_share" not in outcome
    history = [row["test_accuracy"] for row in outcome["epochs"]]
    assert outcome["test_accuracy"] == history[-1]
    assert outcome["best_test_accuracy"] == pytest.approx(max(history))
    log = (finished / "stdout").read_text()
    assert "method | devices | time (days) | parameters (millions) | error (%)" in log
    assert "valid_accuracy" not in log
    assert "Always naming the largest class: 0.1393 on test images" in log


def test_it_trains_on_all_images_and_draws_the_architecture(finished):
    assert "256 for training, 359 for testing" in (finished / "stdout").read_text()
    for name in ("best_arc.png", "best_arc.svg", "network.keras", "timings.json", "flags.txt"):
        assert (finished / name).stat().st_size > 0


def test_the_architecture_is_kept_with_its_space_and_images(finished, space):
    plain = json.loads((finished / "best_arc.json").read_text())
    record = ArcRecord.from_plain(plain, "best_arc.json")
    assert (record.arc, record.space.kind) == (ARCS[space], space)
    assert record.space.operations == (MICRO_OPERATIONS if space == "micro" else MACRO_OPERATIONS)
    assert record.images == ImageFacts((8, 8, 1), 10)
    assert plain.items() <= results(finished).items()


@pytest.mark.parametrize("shape, is_said", [((8, 8, 1), False), ((32, 32, 3), True)])
def test_cells_found_on_other_images_are_trained_and_that_is_said(tmp_path, shape, is_said):
    config = make_config(tmp_path, {"search_for": "micro"}, child={"fixed_arc": ARCS["micro"], "num_branches": 5})
    config = dataclasses.replace(config, child=dataclasses.replace(config.child, num_cells=1))
    data = SearchData(load_images(config.data), config.data, 0, hold_out_validation=False)
    lines = FinalTraining(config, data, found_on=ImageFacts(shape, 10)).description()
    said = "The architecture was found on 32x32x3 images of 10 classes; it is trained on 8x8x1 images of 10 classes"
    assert (said in lines) == is_said


def test_it_tells_the_accuracy_of_each_class_by_its_name(finished):
    outcome, labels = results(finished), load_images(DataConfig(dataset="digits")).test_labels
    assert outcome["class_names"] == [str(digit) for digit in range(10)]
    per_class = outcome["test_accuracy_per_class"]
    assert list(per_class) == outcome["class_names"]
    correct = [accuracy * np.sum(labels == int(name)) for name, accuracy in per_class.items()]
    assert sum(correct) / len(labels) == pytest.approx(outcome["test_accuracy"])
    board = EventAccumulator(str(finished / "tensorboard")).Reload()
    assert "architecture/test_confusion" in board.Tags()["tensors"]
    assert {tag for tag in board.Tags()["tensors"] if tag.startswith("architecture/test_accuracy_of_class/")} == {
        f"architecture/test_accuracy_of_class/{digit}" for digit in range(10)
    }


def test_the_saved_network_takes_raw_images_and_gives_the_same_accuracy_where_only_layers_are_imported(
    finished, tmp_path
):
    image_set = load_images(DataConfig(dataset="digits"))
    np.savez(tmp_path / "test.npz", images=image_set.test_images, labels=image_set.test_labels)
    program = f"""
import keras, numpy as np, enas_tf.layers
data = np.load({str(tmp_path / "test.npz")!r})
network = keras.saving.load_model({str(finished / "network.keras")!r})
probabilities = network.predict(data["images"], verbose=0)
assert np.allclose(probabilities.sum(axis=1), 1.0)
assert network.get_layer("probabilities").class_names == tuple("0123456789")
print("accuracy", float(np.mean(np.argmax(probabilities, axis=1) == data["labels"])))
"""
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    assert float(said.stdout.split()[-1]) == results(finished)["test_accuracy"]


def test_enas_predict_in_a_fresh_process_equals_the_results(finished):
    program = "import sys; sys.argv[0] = 'enas-predict'; from enas_tf.cli.predict import run; run()"
    command = [sys.executable, "-W", "ignore", "-c", program, f"--model={finished}", "--split=test"]
    measured = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout)
    told = results(finished)
    assert measured["accuracy"] == told["test_accuracy"]
    assert measured["accuracy_per_class"] == told["test_accuracy_per_class"]
    assert measured["class_names"] == told["class_names"]


def test_a_training_that_goes_on_gives_the_same_numbers(finished, space, tmp_path):
    with stopped_at("child_step", 6):
        train(tmp_path / "run", space)
    train(tmp_path / "run", space)
    assert numbers(tmp_path / "run") == numbers(finished)


def test_a_finished_training_goes_on_to_more_epochs_as_if_it_had_had_them_at_once(tmp_path):
    """A rate that falls along cosines is paced by its own periods."""
    before = numbers(train(tmp_path / "run", "macro", num_epochs=1, optimizer=COSINES))
    at_once = numbers(train(tmp_path / "at_once", "macro", optimizer=COSINES))
    assert numbers(train(tmp_path / "run", "macro", optimizer=COSINES)) == at_once != before
    with pytest.raises(InputError, match="--num_epochs: expected at least 2, which the run found there has begun, re"):
        train(tmp_path / "run", "macro", num_epochs=1, optimizer=COSINES)


def test_held_out_images_are_those_of_a_search_and_only_reported(tmp_path):
    config = make_config(tmp_path / "run", {"num_epochs": 1}, child={"fixed_arc": ARCS["macro"], "num_branches": 6})
    held_out = dataclasses.replace(config.data, hold_out_validation=True)
    run_final_training(dataclasses.replace(config, data=held_out), COMMAND_LINE)
    log = (tmp_path / "run" / "stdout").read_text()
    of_a_search = SearchData(load_images(config.data), config.data, 0)
    assert f"{of_a_search.num_train} for training, {of_a_search.num_valid} for validation, 359 for testing" in log
    outcome = results(tmp_path / "run")
    (row,) = outcome["epochs"]
    assert outcome["valid_accuracy"] == row["valid_accuracy"]
    assert f"Validation accuracy: {outcome['valid_accuracy']:.4f} at the end" in log


def test_a_finished_run_without_its_checkpoints_is_not_begun_anew(finished, space, tmp_path):
    directory = tmp_path / "run"
    shutil.copytree(finished, directory, ignore=shutil.ignore_patterns("checkpoints"))
    before = {path.name: path.stat().st_mtime_ns for path in directory.iterdir()}
    with pytest.raises(InputError, match="expected a run with its checkpoints to resume .*a finished one without any"):
        train(directory, space)
    assert {path.name: path.stat().st_mtime_ns for path in directory.iterdir()} == before


def test_an_arc_of_another_size_is_refused_with_both_lengths(tmp_path):
    with pytest.raises(InputError, match=r"--child_fixed_arc: expected 3 integers for 2 layers, received 6 integers"):
        train(tmp_path / "run", "macro", fixed_arc="0 0 1 0 0 0")
    assert not (tmp_path / "run").exists()
