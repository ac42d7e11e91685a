"""Whole searches over ranges of channels on a few of the built-in digits."""

import pytest

from enas_tf.search_space import MACRO_OPERATIONS, MacroChannelSpace
from tests.search.test_search import events, results, rows, search, stopped_at

SPACE = MacroChannelSpace(2, 4, MACRO_OPERATIONS[:4])
CHANNELS = {"search_whole_channels": False}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return search(tmp_path_factory.mktemp("finished") / "run", CHANNELS)


def test_it_leaves_architectures_of_its_space(finished):
    kept = rows(finished / "arcs.jsonl")
    assert len([SPACE.parse(row["arc"]) for row in kept]) == 20
    log = (finished / "stdout").read_text()
    shown = "\n".join(SPACE.format_layers(SPACE.parse(kept[0]["arc"])))
    assert f"Here are 10 architectures\n{shown}\nval_acc=" in log
    assert "--child_fixed_arc" not in log  # it has no network of its own
    assert "--nocontroller_search_whole_channels" in (finished / "flags.txt").read_text().splitlines()


def test_tensorboard_shows_its_policy(finished):
    board = events(finished)
    names = ("start_probabilities", "count_probabilities", "skip_probabilities")
    assert {"architecture/picture", *(f"controller/{name}" for name in names)} <= set(
        board.PluginTagToContent("images")
    )


@pytest.mark.long
def test_a_run_that_goes_on_gives_the_same_numbers(finished, tmp_path):
    with stopped_at("child_step", 6):
        search(tmp_path / "run", CHANNELS)
    search(tmp_path / "run", CHANNELS)
    assert results(tmp_path / "run") == results(finished)


@pytest.mark.long
def test_architectures_are_drawn_at_random_too(tmp_path):
    run = {"num_epochs": 1, "search_mode": "random", **CHANNELS}
    assert SPACE.parse(results(search(tmp_path / "run", run))["best_arc"])
