"""Whole searches on a few of the built-in digits: what they write, and that stopping and resuming changes no number."""

import contextlib
import dataclasses
import itertools
import json
import math
import pathlib
import re
import shlex
import signal
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from enas_tf.cli.flags import config_from_flagfile, flagfile_text
from enas_tf.config import ORIGINAL_QUIRKS, ChildConfig, DataConfig, RunConfig, SearchConfig
from enas_tf.data import load_images
from enas_tf.errors import InputError, TrainingDivergedError
from enas_tf.models.macro_controller import MacroController
from enas_tf.reporting.run_reporter import RunReporter
from enas_tf.search import session
from enas_tf.search.architecture_search import run_search
from enas_tf.search.settings import CommandLine
from enas_tf.search_space import MACRO_OPERATIONS, MICRO_OPERATIONS, MacroSpace, MicroSpace
from enas_tf.strategies.controller import ControllerConfig
from enas_tf.strategies.registry import kind_of
from enas_tf.training.child_trainer import ChildTrainer

SPACE = MacroSpace(2, MACRO_OPERATIONS[:4])
BATCHES_PER_EPOCH = 4
HEADER = ["seed....0"]
COMMAND_LINE = CommandLine(HEADER, flagfile_text, config_from_flagfile)

# The lines of one epoch in the original's formats, in their order.
NUMBER = r"-?\d+\.\d+"
CHILD_LINE = rf"epoch=\d+ +ch_step=\d+ +loss={NUMBER} lr={NUMBER} +\|g\|={NUMBER} +tr_acc=\d+ */ 64 mins={NUMBER} +"
CONTROLLER_LINE = (
    rf"ctrl_step=\d+ +loss={NUMBER} +ent={NUMBER} +lr={NUMBER} \|g\|={NUMBER} +acc={NUMBER} bl={NUMBER} +mins={NUMBER}"
)
ARCHITECTURE_LINES = [r"\[[0-3]\]", r"\[[0-3] [01]\]", r"val_acc=0\.\d{4}", "-{80}"]


def epoch_lines(epoch: int) -> list[str]:
    step = BATCHES_PER_EPOCH * epoch
    return [
        *[CHILD_LINE] * BATCHES_PER_EPOCH,
        f"Epoch {epoch}: Training controller",
        *[CONTROLLER_LINE] * 6,
        "Here are 10 architectures",
        *ARCHITECTURE_LINES * 10,
        f"Epoch {epoch}: Eval",
        f"Eval at {step}",
        r"valid_accuracy: 0\.\d{4}",
        f"Eval at {step}",
        r"test_accuracy: 0\.\d{4}",
    ]


def make_config(output_dir, run=None, controller=None, child=None, poison=None, strategy=None) -> SearchConfig:
    """A search of seconds; `run`, `controller`, `child` and `poison` replace fields of their sections.

    `run` may hold `search_mode` as well, the name of a strategy.
    """
    run = dict(run or {})
    mode = run.pop("search_mode", "controller")
    config = SearchConfig(
        RunConfig(output_dir=str(output_dir), num_epochs=2, log_every=1, search_whole_channels=True),
        DataConfig(dataset="digits", batch_size=64, num_train_images=256, num_valid_images=64, horizontal_flip=False),
        ChildConfig(num_layers=SPACE.num_layers, out_filters=4),
        strategy=ControllerConfig(lstm_size=8, train_steps=2, num_aggregate=3, train_every=1),
    )
    strategy = strategy or dataclasses.replace(config.strategy, **controller or {})
    return dataclasses.replace(
        config,
        run=dataclasses.replace(config.run, **run),
        strategy=strategy if mode == "controller" else kind_of(mode).config(),
        child=dataclasses.replace(config.child, **child or {}),
        poison=dataclasses.replace(config.poison, **poison or {}),
    )


def search(output_dir, run=None, controller=None, child=None, poison=None, strategy=None) -> pathlib.Path:
    config = make_config(output_dir, run, controller, child, poison, strategy)
    run_search(config, COMMAND_LINE)
    return pathlib.Path(output_dir)


@contextlib.contextmanager
def happening_at(event: str, number: int, happen: Callable[[], None]):
    """Lets something happen when the reporter has heard of the number-th such event."""
    report = getattr(RunReporter, event)
    calls = itertools.count(1)

    def report_and_happen(self, *arguments):
        report(self, *arguments)
        if next(calls) == number:
            happen()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunReporter, event, report_and_happen)
        yield


@contextlib.contextmanager
def stopped_at(event: str, number: int):
    """Presses Ctrl-C at an event."""
    with happening_at(event, number, lambda: signal.raise_signal(signal.SIGINT)), pytest.raises(KeyboardInterrupt):
        yield


@contextlib.contextmanager
def killed_at(event: str, number: int):
    """Ends the run at an event, without a chance to save."""

    def fail():
        raise MemoryError

    with happening_at(event, number, fail), pytest.raises(MemoryError):
        yield


def rows(path: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def results(directory: pathlib.Path) -> dict:
    return json.loads((directory / "results.json").read_text())


def checkpoint_names(directory: pathlib.Path) -> list[str]:
    return sorted(path.stem for path in (directory / "checkpoints").glob("*.index"))


def events(directory: pathlib.Path) -> EventAccumulator:
    accumulator = EventAccumulator(str(directory / "tensorboard"), size_guidance={"tensors": 0})
    accumulator.Reload()
    return accumulator


def scalar_of(accumulator: EventAccumulator, tag: str) -> list[float]:
    return [float(tf.make_ndarray(event.tensor_proto)) for event in accumulator.Tensors(tag)]


def assert_same_outcome(directory: pathlib.Path, other: pathlib.Path) -> None:
    for name in ("results.json", "arcs.jsonl", "epochs.jsonl", "best_arc.txt", "best_arc.png"):
        assert (directory / name).read_bytes() == (other / name).read_bytes(), name


def assert_same_steps(directory: pathlib.Path, other: pathlib.Path) -> None:
    """The log shows the same steps of the child, and TensorBoard the same steps of everything but the outcome."""
    logs = [re.findall(r"ch_step=(\d+)", (path / "stdout").read_text()) for path in (directory, other)]
    assert logs[0] == logs[1]
    board, expected = events(directory), events(other)
    assert board.Tags()["tensors"] == expected.Tags()["tensors"]
    for tag in expected.Tags()["tensors"]:
        if not tag.startswith("architecture/"):  # a shorter run that went on has had an outcome of its own
            assert [event.step for event in board.Tensors(tag)] == [event.step for event in expected.Tensors(tag)], tag


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> pathlib.Path:
    """The output directory of an undisturbed run of two epochs."""
    return search(tmp_path_factory.mktemp("finished") / "run")


def test_a_run_leaves_its_files_and_no_others(finished):
    config = make_config(finished)
    names = {entry.name for entry in finished.iterdir()}
    files = {
        ".lock",
        "stdout",
        "flags.txt",
        "config.json",
        "arcs.jsonl",
        "epochs.jsonl",
        "best_arc.txt",
        "best_arc.json",
        "best_arc.png",
        "best_arc.svg",
    }
    assert names == files | {"results.json", "timings.json", "timings.jsonl", "checkpoints", "tensorboard"}
    assert (finished / "flags.txt").read_text() == flagfile_text(config)
    assert checkpoint_names(finished) == ["ckpt-4", "ckpt-8"]


def test_the_log_has_the_originals_lines_in_their_order(finished):
    lines = (finished / "stdout").read_text().splitlines()
    assert lines[:3] == ["-" * 80, *HEADER, "-" * 80]
    start = next(number for number, line in enumerate(lines) if line.startswith("epoch="))
    expected = [*epoch_lines(1), *epoch_lines(2)]
    for line, pattern in zip(lines[start:], expected, strict=False):
        assert re.fullmatch(pattern, line), (pattern, line)
    assert len(lines) > start + len(expected)  # the outcome follows
    steps = [int(step) for step in re.findall(r"ch_step=(\d+)", "\n".join(lines))]
    assert steps == list(range(1, 9))


def test_the_log_says_what_is_searched_on_and_what_came_out(finished):
    text = (finished / "stdout").read_text()
    assert "Images 8x8x1, 10 classes: 256 for training, 64 for validation, 359 for testing" in text
    assert "Largest class: 14.1 % of validation images, 13.9 % of test images" in text
    assert results(finished)["valid_largest_class_share"] == 9 / 64
    assert results(finished)["test_largest_class_share"] == 50 / 359
    assert "Always naming the largest class: 0.1406 on validation images, 0.1393 on test images" in text
    assert "Prepropcess: [subtract mean], [divide std]" in text  # the original's spelling
    assert f'--child_fixed_arc="{results(finished)["best_arc"]}"' in text


def test_every_shown_architecture_is_kept_with_its_reward(finished):
    kept = rows(finished / "arcs.jsonl")
    assert [row["epoch"] for row in kept] == [1] * 10 + [2] * 10
    shown = "".join(
        "\n".join([*SPACE.format_layers(SPACE.parse(row["arc"])), f"val_acc={row['reward']:<6.4f}", "-" * 80]) + "\n"
        for row in kept[:10]
    )
    assert f"Here are 10 architectures\n{shown}Epoch 1: Eval\n" in (finished / "stdout").read_text()
    assert all(round(row["reward"] * 64, 3).is_integer() for row in kept)  # on one batch of 64


def test_the_best_architecture_is_the_one_of_the_highest_reward(finished):
    outcome, kept = results(finished), rows(finished / "arcs.jsonl")
    best = (finished / "best_arc.txt").read_text()
    assert best == outcome["best_arc"] + "\n"
    assert outcome["best_arc_layers"] == SPACE.format_layers(SPACE.parse(best))
    assert outcome["best_arc_reward"] == max(row["reward"] for row in kept)
    assert (outcome["best_arc_epoch"], outcome["best_arc"], outcome["best_arc_reward"]) in [
        (row["epoch"], row["arc"], row["reward"]) for row in kept
    ]


def test_results_hold_the_outcome_and_each_epoch_and_no_times(finished):
    outcome, kept = results(finished), rows(finished / "arcs.jsonl")
    assert set(outcome) == {
        *("best_arc", "best_arc_layers", "best_arc_epoch", "best_arc_reward"),
        *("best_arc_valid_accuracy", "best_arc_test_accuracy", "seed", "epochs"),
        *("search_mode", "space", "operations", "num_poisoned", "num_layers", "out_filters"),
        *("image_shape", "num_classes", "class_names", "best_arc_test_accuracy_per_class"),
        *("final_arcs", "final_arcs_valid_accuracy", "final_arcs_test_accuracy"),
        *("valid_largest_class_share", "test_largest_class_share"),
    }
    assert outcome["class_names"] == list(outcome["best_arc_test_accuracy_per_class"])
    assert np.mean(list(outcome["best_arc_test_accuracy_per_class"].values())) == pytest.approx(
        outcome["best_arc_test_accuracy"], abs=0.05
    )  # the digits are about as many of each
    assert outcome["epochs"] == rows(finished / "epochs.jsonl")
    for epoch, row in enumerate(outcome["epochs"], start=1):
        rewards = [other["reward"] for other in kept if other["epoch"] == epoch]
        assert (row["epoch"], row["step"]) == (epoch, BATCHES_PER_EPOCH * epoch)
        assert row["mean_reward"] == pytest.approx(np.mean(rewards))
        assert row["best_reward"] == max(rewards)
        assert 0 <= row["valid_accuracy"] <= 1
        assert 0 <= row["test_accuracy"] <= 1
        assert 0 < row["baseline"] < 1


COUNTED = ("child training", "candidates")
COMPUTED = ("multiply_adds_per_phase", "candidates_rewarded", "candidate_images")


def test_times_are_kept_beside_the_results_by_epoch_and_in_all(finished):
    at_end = json.loads((finished / "timings.json").read_text())
    *_, last = by_epoch = rows(finished / "timings.jsonl")
    assert [row.pop("epoch") for row in by_epoch] == [1, 2]
    phases = {"child training", "controller training", "evaluation", "final measurement"}
    for before, after in itertools.pairwise([*by_epoch, at_end]):
        assert set(before) == set(after) == {"minutes", "seconds_per_phase", *COMPUTED}
        assert set(after["seconds_per_phase"]) == phases
        assert all(after["seconds_per_phase"][phase] >= before["seconds_per_phase"][phase] for phase in phases)
    assert 0 < last["seconds_per_phase"]["evaluation"] < 60 * last["minutes"]
    first = by_epoch[0]
    assert {name: at_end[name] for name in COMPUTED} == {name: last[name] for name in COMPUTED}
    assert last["candidate_images"] == 64 * last["candidates_rewarded"] > 64 * first["candidates_rewarded"]
    assert last["multiply_adds_per_phase"].keys() == set(COUNTED)
    assert all(last["multiply_adds_per_phase"][name] > first["multiply_adds_per_phase"][name] > 0 for name in COUNTED)
    assert at_end["seconds_per_phase"]["final measurement"] > 0


def test_the_best_architecture_is_drawn(finished):
    with Image.open(finished / "best_arc.png") as picture:
        assert min(picture.size) > 100
        assert len(picture.convert("RGB").getcolors(maxcolors=1 << 20)) > 3
    assert "<svg" in (finished / "best_arc.svg").read_text()


def test_tensorboard_shows_what_was_promised(finished):
    board = events(finished)
    tags = {plugin: set(board.PluginTagToContent(plugin)) for plugin in ("scalars", "images", "histograms", "text")}
    assert tags["scalars"] >= {
        *("child/loss", "child/train_accuracy", "child/learning_rate", "child/gradient_norm"),
        *("child/steps_per_second", "controller/loss", "controller/baseline", "controller/reward"),
        *("controller/entropy", "controller/skip_rate", "controller/grad_norm", "controller/learning_rate"),
        *("evaluation/valid_accuracy", "evaluation/test_accuracy"),
    }
    assert {"controller/operation_probabilities", "controller/skip_probabilities"} <= tags["images"]
    assert "architecture/picture" in tags["images"]
    assert "architecture/flag" in tags["text"]
    assert tags["histograms"]
    assert board.PluginTagToContent("hparams")


def test_reset_starts_over_and_only_the_seed_makes_the_difference(finished, tmp_path):
    other_seed = search(tmp_path / "run", run={"seed": 1, "num_epochs": 1})
    first_epoch = [row for row in rows(finished / "arcs.jsonl") if row["epoch"] == 1]
    assert rows(other_seed / "arcs.jsonl") != first_epoch
    with pytest.raises(InputError, match=r"--seed=0 \(there: 1\)"):
        search(tmp_path / "run")
    again = search(tmp_path / "run", run={"reset_output_dir": True})
    assert_same_outcome(again, finished)
    assert_same_steps(again, finished)


def test_a_run_killed_before_its_first_checkpoint_starts_over_and_goes_on_to_more_epochs(finished, tmp_path):
    with killed_at("child_step", 3):
        search(tmp_path / "run")
    begun = search(tmp_path / "run", run={"num_epochs": 1})
    assert "has no checkpoint yet: it begins anew" in (begun / "stdout").read_text()
    resumed = search(tmp_path / "run")
    assert_same_outcome(resumed, finished)
    assert f"Resuming at step {BATCHES_PER_EPOCH}" in (resumed / "stdout").read_text()
    assert_same_steps(resumed, finished)


def test_epochs_that_a_run_has_left_behind_are_refused_and_nothing_is_lost(finished):
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match="--num_epochs: expected at least 2, which the run found there has begun, rec"):
        search(finished, run={"num_epochs": 1})
    assert {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()} == before


def test_images_that_changed_since_a_run_was_killed_are_refused(tmp_path, monkeypatch):
    with killed_at("child_step", BATCHES_PER_EPOCH + 1):
        search(tmp_path / "run")

    def changed(config, tell):
        images = load_images(config)
        return dataclasses.replace(images, train_images=images.train_images[:, ::-1])

    monkeypatch.setattr(session, "load_images", changed)
    with pytest.raises(InputError, match="--dataset=digits: expected the images and labels that the run found there"):
        search(tmp_path / "run")


def test_epochs_that_would_have_been_evaluated_otherwise_are_refused(tmp_path):
    run = {"num_epochs": 1, "eval_every_epochs": 2}
    search(tmp_path / "run", run)
    with pytest.raises(InputError, match="a number with which --eval_every_epochs=2 evaluates epoch 1, as the run"):
        search(tmp_path / "run", {**run, "num_epochs": 2})


def test_a_run_stopped_anywhere_and_moved_goes_on_to_the_same_numbers(finished, tmp_path):
    directory = tmp_path / "my run"
    with stopped_at("child_step", 2):
        search(directory)
    *_, saved, advice = (directory / "stdout").read_text().splitlines()
    assert saved == f"Interrupted; saved {directory / 'checkpoints' / 'ckpt-2'}"
    command = shlex.split(advice.removeprefix("To go on: "))
    assert command == ["enas-search", f"--flagfile={directory / 'flags.txt'}", "--noreset_output_dir"]
    assert not (directory / "results.json").exists()
    moved = directory.rename(tmp_path / "moved")
    with stopped_at("round_observed", 3):  # the first one of the second epoch
        search(moved)
    assert checkpoint_names(moved) == ["ckpt-4", "ckpt-8"]
    search(moved)
    assert_same_outcome(moved, finished)
    assert_same_steps(moved, finished)


def test_the_originals_quirks_run_together(tmp_path):
    directory = search(tmp_path / "run", run={"num_epochs": 1, "original_quirks": frozenset(ORIGINAL_QUIRKS)})
    assert len(rows(directory / "arcs.jsonl")) == 10


def test_a_search_for_connections_keeps_every_operation_at_the_first(tmp_path):
    directory = search(tmp_path / "run", run={"num_epochs": 1, "search_for": "connection"})
    layers = [SPACE.layers(SPACE.parse(row["arc"])) for row in rows(directory / "arcs.jsonl")]
    assert {layer.operation for arc in layers for layer in arc} == {0}
    assert {arc[1].skips for arc in layers} == {(0,), (1,)}


def test_without_controller_training_the_controller_stays_as_it_was(tmp_path):
    directory = search(tmp_path / "run", run={"num_epochs": 1}, controller={"training": False})
    assert "Training controller" not in (directory / "stdout").read_text()
    initial = MacroController(SPACE, make_config(directory).strategy, seed=0)
    reader = tf.train.load_checkpoint(str(directory / "checkpoints"))
    for k, variable in enumerate(initial.variables):
        saved = reader.get_tensor(f"controller/{k}/.ATTRIBUTES/VARIABLE_VALUE")
        np.testing.assert_array_equal(saved, variable.numpy())
    assert results(directory)["epochs"][0]["baseline"] == 0


@pytest.fixture
def losses(monkeypatch) -> list[float]:
    """Replaces the child's training: each step only takes the next loss from this list."""
    losses = []

    def step(self, images, labels, arc):
        loss = losses[int(self.step_count)]
        self.step_count.assign_add(1)
        return {"loss": loss, "lr": 0.1, "grad_norm": 1.0, "correct": 6}

    monkeypatch.setattr(ChildTrainer, "step", step)
    return losses


def test_a_loss_that_is_no_number_stops_the_run(tmp_path, losses):
    losses += [2.3] * BATCHES_PER_EPOCH + [math.nan]
    with pytest.raises(TrainingDivergedError) as error:
        search(tmp_path / "run")
    said = re.fullmatch(r".* at step 5 on the architecture ([\d ]+); last good checkpoint: (.*)", str(error.value))
    SPACE.parse(said[1])
    assert said[2] == str(tmp_path / "run" / "checkpoints" / "ckpt-4")


def test_every_epoch_leaves_a_checkpoint_and_only_some_are_evaluated(tmp_path, losses):
    losses += [2.3] * 3 * BATCHES_PER_EPOCH + [math.nan]
    with pytest.raises(TrainingDivergedError, match="ckpt-12$"):
        search(tmp_path / "run", run={"num_epochs": 4, "eval_every_epochs": 2})
    assert [row["epoch"] for row in rows(tmp_path / "run" / "epochs.jsonl")] == [2]
    assert checkpoint_names(tmp_path / "run") == ["ckpt-12", "ckpt-8"]


def test_a_micro_search_leaves_the_same_files_and_goes_on_to_the_same_numbers(tmp_path):
    run, child = {"search_for": "micro"}, {"num_cells": 1}
    whole = search(tmp_path / "whole", run, child=child)
    parts = search(tmp_path / "parts", {**run, "num_epochs": 1}, child=child)
    search(parts, run, child=child)
    assert results(parts) == results(whole)
    space = MicroSpace(1, MICRO_OPERATIONS[:4])
    assert len([space.parse(row["arc"]) for row in rows(whole / "arcs.jsonl")]) == 20
    tags = events(whole).PluginTagToContent("images")
    assert {"controller/operation_probabilities", "controller/input_probabilities", "architecture/picture"} <= set(tags)
