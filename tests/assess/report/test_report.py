"""The report over made-up results: what it says, that it needs no other file, that every axis has a name."""

import csv
import html.parser
import json
import re

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from enas_tf.assess.report.plots import (
    plot_best_reward,
    plot_best_so_far,
    plot_error_by_instances,
    plot_over_epochs,
    plot_shared_against_alone,
)
from enas_tf.assess.report.report import write_report
from enas_tf.assess.statistics.evidence import gather
from enas_tf.assess.synthetic.courses import Course
from enas_tf.assess.synthetic.plots import plot_courses
from enas_tf.reporting.results import append_jsonl
from tests.assess.made_experiment import begin, finish, make_experiment

STRATEGIES, POISONS = ("controller", "random"), ("clean", "P3_006_100", "P3_036_100")


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A report of an experiment of which one run failed, one is under way and one has not begun."""
    path = tmp_path_factory.mktemp("experiment")
    directory, runs = make_experiment(
        path, strategies=STRATEGIES, poisons=POISONS, seeds=(0, 1, 2), standalone_arcs=3, standalone_epochs=4
    )
    for run in runs[:-3]:
        finish(run)
    begin(runs[-3], 2)
    runs[-2].files.path.mkdir(parents=True)
    runs[-2].files.failure.write_text(json.dumps({"exit_code": 1, "last_lines": ["no space left on device"]}))
    said = write_report(directory)
    return directory, said


def rows_of(directory) -> list[dict]:
    with directory.runs_csv.open() as file:
        return list(csv.DictReader(file))


def text_of(directory, suffix: str) -> str:
    return directory.report.with_name(f"report.{suffix}").read_text()


def test_all_files_are_written_and_named(reported):
    directory, said = reported
    for path in (directory.runs_csv, directory.summary):
        assert path.exists()
    assert said[0] == "15 of 18 runs are finished; 1 failed, 1 unfinished, 1 missing. Tables hold finished runs only."
    assert "report.html" in said[1]


def test_the_page_needs_no_other_file(reported):
    references = []

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            references.extend(value for name, value in attributes if name in ("src", "href", "srcset", "data"))

    page = text_of(reported[0], "html")
    Parser().feed(page)
    assert len(references) == 6
    assert all(reference.startswith("data:image/png;base64,") for reference in references)
    assert not re.search(r"https?:|@import|url\(", page)


def test_plots_of_the_markdown_are_there(reported):
    directory = reported[0]
    names = re.findall(r"\]\((plots/\w+\.png)\)", text_of(directory, "md"))
    assert len(names) == 6
    assert all((directory.path / name).exists() for name in names)


@pytest.mark.parametrize("suffix", ["html", "md"])
def test_both_forms_say_the_same(reported, suffix):
    text = text_of(reported[0], suffix)
    for part in (
        "15 of 18 runs are finished",
        "The smallest cell has 2 finished seeds, where a claim needs at least 10",
        "no space left on device",
        "tensorflow 2.21.0",
        "Test images never choose",
        "2026-01-02",
        "--controller_num_aggregate=10",
        "evaluates 300 architectures a run",
        "Kendall",
        "Wilcoxon",
    ):
        assert part in text, part


def test_published_results_stand_beside_cifar10_only(reported, tmp_path):
    assert "Published results" not in text_of(reported[0], "md")
    directory, runs = make_experiment(tmp_path, seeds=(0,))
    text = directory.experiment.read_text().replace("--dataset=digits", "--dataset=cifar10")
    directory.experiment.write_text(text)
    finish(runs[0])
    write_report(directory)
    assert "Pham et al., 2018" in text_of(directory, "md")


def test_an_experiment_without_finished_runs_has_a_report(tmp_path):
    directory, _ = make_experiment(tmp_path, seeds=(0,), poisons=("clean", "P3_006_100"))
    said = write_report(directory)
    assert said[0].startswith("0 of 4 runs are finished; 4 missing")
    assert "has 0 finished seeds" in text_of(directory, "md")


def test_runs_csv_has_a_row_a_run(reported):
    directory, _ = reported
    rows = rows_of(directory)
    assert len(rows) == 18
    first = rows[0]
    assert (first["strategy"], first["poison"], first["seed"], first["state"]) == (
        "controller",
        "clean",
        "0",
        "finished",
    )
    assert first["best_arc"] == "1 0 1"
    assert float(first["seconds_child_training"]) == 18.0
    assert float(first["relative_entropy"]) == pytest.approx(0.7)
    assert rows[-1]["state"] == "missing"
    assert rows[-1]["test_accuracy"] == ""


def test_summary_has_the_numbers_of_the_report(reported):
    directory, _ = reported
    summary = json.loads(directory.summary.read_text())
    condition = next(
        condition
        for condition in summary["cells"]
        if (condition["strategy"], condition["poison"]) == ("random", "clean")
    )
    tested = [float(row["test_accuracy"]) for row in rows_of(directory) if is_of(row, condition)]
    assert condition["test_accuracy"]["mean"] == pytest.approx(sum(tested) / 3)
    assert condition["test_accuracy"]["num"] == 3
    assert {"paired", "adjusted_p", "test"} <= set(summary["against_random"][0])
    assert summary["rank_correlations"][0]["num_arcs"] == 9


def is_of(row: dict, condition: dict) -> bool:
    return (row["strategy"], row["poison"]) == (condition["strategy"], condition["poison"])


def test_tensorboard_has_a_run_a_finished_run(reported):
    directory, _ = reported
    runs = sorted(directory.tensorboard.iterdir())
    assert len(runs) == 15
    events = EventAccumulator(str(runs[0])).Reload()
    assert "test_accuracy" in events.Tags()["scalars"]
    assert {"_hparams_/experiment", "_hparams_/session_start_info"} <= set(events.PluginTagToContent("hparams"))


def test_every_axis_is_named_with_its_unit(reported):
    evidence = gather(reported[0])
    records, conditions = evidence.records, evidence.conditions
    courses = {"controller": {0: Course(np.array([0.2, 0.3]), 0.2, [])}}
    figures = [
        plot_over_epochs(records, conditions, lambda row: row["valid_accuracy"], "accuracy (%)", lambda row: 0.5),
        plot_best_so_far(records, conditions),
        plot_error_by_instances(records, conditions),
        plot_shared_against_alone(records, conditions),
        plot_courses("hidden_target", courses),
    ]
    countable = re.compile(r"epochs|instances|architectures rewarded|\(%\)|\(s\)|\(from 0 to 1\)")
    for figure in figures:
        assert figure.axes
        for axes in figure.axes:
            for label in (axes.get_xlabel(), axes.get_ylabel()):
                assert countable.search(label), label


def test_error_by_instances_begins_with_the_clean_space(reported):
    evidence = gather(reported[0])
    figure = plot_error_by_instances(evidence.records, evidence.conditions)
    (axes,) = figure.axes
    assert axes.get_title() == "P3_n_100"
    for line in axes.containers:
        assert list(line.lines[0].get_xdata()) == [0, 6, 36]


def test_operations_that_differ_in_their_instances_share_a_panel(tmp_path):
    directory, runs = make_experiment(tmp_path, poisons=("clean", "identity:6", "identity:36"), seeds=(0,))
    for run in runs:
        finish(run)
    write_report(directory)
    assert "| controller | identity:36 |" in text_of(directory, "md")
    assert (directory.tensorboard / "controller-identity_x36-seed0").exists()
    evidence = gather(directory)
    (axes,) = plot_error_by_instances(evidence.records, evidence.conditions).axes
    assert axes.get_title() == "identity:n"
    assert list(axes.containers[0].lines[0].get_xdata()) == [0, 6, 36]


def test_budgets_stand_in_the_report(tmp_path):
    directory, runs = make_experiment(tmp_path, strategies=("controller", "random", "evolution"), seeds=(0, 1))
    for run in runs:
        if run.condition.strategy == "controller":  # as runs were that did not tell
            finish(run)
            continue
        rises = [{"multiply_adds": number, "reward": number / 2000000} for number in (234567, 1000000)]
        finish(run, candidates={"num_rewarded": 280, "multiply_adds": 1234567, "best_so_far": rises})
        multiply_adds = {"candidates": 1234567, "child training": 7654321}
        cost = {"candidates_rewarded": 280, "candidate_images": 5600, "multiply_adds_per_phase": multiply_adds}
        timings = {"minutes": 0.6, "seconds_per_phase": {"child training": 18.0}}
        run.files.search.timings.write_text(json.dumps(timings | cost))
    append_jsonl(runs[0].files.search.arcs, [{"epoch": 1, "arc": "0", "reward": 0.5}] * 60)
    write_report(directory)
    text = text_of(directory, "md")
    for part in (
        "| controller | clean | joint | 300 | 60 | – | – | – | 36 |",  # of its flags
        "| evolution | clean | after | 280 | – | 5600 | 1.23e+06 | 7.65e+06 | 36 |",
        "Architectures rewarded in a run: clean: controller 300, random 280, evolution 280.",
        "# Do the controller and evolution learn?",
        "whether the controller and evolution learn.",
        "evaluates 300 architectures a run",
    ):
        assert part in text, part
    evidence = gather(directory)
    (axes,) = plot_best_reward(evidence.records, evidence.conditions).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("multiply-adds of candidates", "best reward so far (%)")
    random, *_ = axes.get_lines()
    assert random.get_label() == "random"
    assert random.get_xdata().tolist() == [234567, 1000000, 1234567]
    assert random.get_ydata() == pytest.approx([11.72835, 50.0, 50.0])
    assert "plots/best_reward.png" in text
    budgets = {row["strategy"]: row for row in json.loads(directory.summary.read_text())["budgets"]}
    assert budgets["random"]["architectures_rewarded"] == 280
    assert rows_of(directory)[2]["images_run"] == "5600"
