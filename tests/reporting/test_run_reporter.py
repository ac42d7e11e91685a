"""What the reporter makes of a space; a whole search's reports are tested with the search."""

import io

import numpy as np
import pytest
import tensorflow as tf
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from enas_tf.config import SearchConfig
from enas_tf.reporting.results import append_jsonl, read_jsonl
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.reporting.run_reporter import CHILD_PHASE, RunFacts, RunPosition, RunReporter
from enas_tf.reporting.search_events import show_candidates, show_policy, show_population
from enas_tf.search_space import ImageFacts, MacroSpace, MicroSpace, SearchSpace


@pytest.fixture
def directory(tmp_path) -> RunDirectory:
    return RunDirectory(str(tmp_path))


def make_reporter(directory: RunDirectory, space: SearchSpace, resumed: RunPosition | None = None) -> RunReporter:
    facts = RunFacts(SearchConfig(), space, {CHILD_PHASE: 1}, minutes=lambda: 2.0, images=ImageFacts((8, 8, 1), 10))
    return RunReporter(directory, Console(file=io.StringIO()), facts, resumed)


def board_of(directory: RunDirectory) -> EventAccumulator:
    return EventAccumulator(str(directory.tensorboard)).Reload()


@pytest.mark.parametrize(
    "space, operations, connections, figure",
    [
        (MacroSpace(3), (3, 6), (3,), "controller/skip_probabilities"),
        (MicroSpace(1), (4, 5), (4, 2), "controller/input_probabilities"),
    ],
    ids=["macro", "micro"],
)
def test_policy_and_best_architecture_are_shown_in_both_spaces(directory, space, operations, connections, figure):
    with make_reporter(directory, space) as reporter:
        show_policy(reporter, "controller", 7, np.full(operations, 0.2), np.full(connections, 0.5))
        reporter.architecture((0,) * space.arc_length, "best", step=7)
    board = board_of(directory)
    images = {"controller/operation_probabilities", figure, "architecture/picture"}
    assert set(board.PluginTagToContent("images")) == images
    assert set(board.PluginTagToContent("histograms")) == {"controller/connection_probability"}
    assert directory.best_arc.read_text().split() == ["0"] * space.arc_length
    assert (directory.path / "best_arc.svg").exists()


def test_the_best_so_far_is_drawn_against_what_is_counted_up_to_all_of_it(directory):
    points = [{"candidate": 1, "images": 64, "reward": 0.25}, {"candidate": 3, "images": 192, "reward": 0.5}]
    totals = {"num_rewarded": 9, "num_images": 576, "multiply_adds": 9e6}
    with_cost = [{**point, "multiply_adds": 1e6 * point["candidate"]} for point in points]
    drawn = []
    with make_reporter(directory, MacroSpace(3)) as reporter:
        reporter.figures = lambda figures, step: drawn.append(figures["candidates/best_so_far"])
        for best_so_far in ([], points, with_cost):
            show_candidates(reporter, {"best_so_far": best_so_far, **totals}, step=7)
    assert [[axes.get_xlabel() for axes in figure.axes] for figure in drawn] == [
        ["candidates", "images"],
        ["candidates", "images", "multiply-adds"],
    ]
    for axes, last, total in zip(drawn[1].axes, (3, 192, 3e6), (9, 576, 9e6), strict=True):
        np.testing.assert_array_equal(axes.lines[0].get_ydata(), [0.25, 0.5])
        (rest,) = axes.collections[0].get_segments()
        np.testing.assert_array_equal(rest, [[last, 0.5], [total, 0.5]])


def test_a_population_is_drawn_as_shares(directory):
    with make_reporter(directory, MacroSpace(3)) as reporter:
        show_population(reporter, "evolution", 7, np.full((3, 6), 0.2), np.full(3, 0.5))
    images = {"evolution/operation_shares", "evolution/skip_shares"}
    assert set(board_of(directory).PluginTagToContent("images")) == images


def test_entries_that_cannot_be_chosen_do_not_count_as_improbable(directory):
    connections = np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.2, 0.4, 0.4], [0.2, 0.4, 0.4]] * 2)
    with make_reporter(directory, MicroSpace(2)) as reporter:
        show_policy(reporter, "controller", 7, np.full((8, 5), 0.2), connections)
    (event,) = board_of(directory).Tensors("controller/connection_probability")
    buckets = tf.make_ndarray(event.tensor_proto)  # [buckets, (left, right, count)]
    assert buckets[:, 2].sum() == 2 * (4 + 6)
    assert buckets[0, 0] == pytest.approx(0.2)


def test_seconds_go_on_from_the_epoch_a_run_resumes_at(directory):
    append_jsonl(directory.epoch_timings, [{"epoch": k, "seconds_per_phase": {CHILD_PHASE: 100.0 * k}} for k in (1, 2)])
    resumed = RunPosition(step=4, epoch=1)
    with make_reporter(directory, MacroSpace(3), resumed) as reporter:
        reporter.epoch_done({"epoch": 2})
    first, second = read_jsonl(directory.epoch_timings)
    assert (first["epoch"], second["epoch"]) == (1, 2)
    assert 100.0 <= second["seconds_per_phase"][CHILD_PHASE] < 200.0
    assert second["minutes"] == 2.0
