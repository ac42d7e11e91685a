"""A search that brings its own child step: what it tells, and that stopping and resuming changes no number."""

import numpy as np
import pytest

from enas_tf.strategies.darts import DartsConfig
from tests.search.test_search import (
    BATCHES_PER_EPOCH,
    SPACE,
    assert_same_outcome,
    events,
    killed_at,
    make_config,
    results,
    rows,
    search,
    stopped_at,
)

DARTS = DartsConfig(order=2, lr_max=0.1)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return search(tmp_path_factory.mktemp("darts") / "run", strategy=DARTS)


def test_it_tells_of_the_relaxed_network_and_what_becomes_of_it(finished):
    outcome = results(finished)
    assert outcome["search_mode"] == "darts"
    assert outcome["best_arc_epoch"] == 2
    last = outcome["epochs"][-1]
    # Half of the 256 training images are kept for the logits.
    assert [row["step"] for row in outcome["epochs"]] == [BATCHES_PER_EPOCH // 2, BATCHES_PER_EPOCH]
    assert last["discretised_accuracy"] == pytest.approx(outcome["best_arc_valid_accuracy"])
    assert 0 <= last["relaxed_accuracy"] <= 1
    assert last["share_without_weights"] == last["share_of_poison"] == last["share_of_pooling"] == 0
    assert 0.99 < last["relative_entropy"] < 1
    board = events(finished)
    scalars, images = (set(board.PluginTagToContent(plugin)) for plugin in ("scalars", "images"))
    assert {"darts/relaxed_accuracy", "darts/share_of_pooling"} <= scalars
    assert {"darts/operation_probabilities", "darts/skip_probabilities"} <= images
    log = (finished / "stdout").read_text()
    assert "128 for training, 128 kept for the strategy, 64 for validation" in log
    assert "Most likely architecture: taken after epoch 2" in log
    SPACE.parse((finished / "best_arc.txt").read_text())


@pytest.mark.parametrize("happens", [stopped_at, killed_at])
def test_stopped_or_killed_it_goes_on_to_the_same_numbers(finished, tmp_path, happens):
    with happens("child_step", 3):
        search(tmp_path / "run", strategy=DARTS)
    assert_same_outcome(search(tmp_path / "run", strategy=DARTS), finished)


def test_a_micro_space_is_searched_too(tmp_path):
    run, child = {"search_for": "micro", "num_epochs": 1}, {"num_layers": 2, "num_cells": 1, "num_branches": 5}
    finished = search(tmp_path / "run", run, child=child, strategy=DartsConfig(split="validation"))
    (epoch,) = results(finished)["epochs"]
    assert epoch["step"] == BATCHES_PER_EPOCH
    assert 0 <= epoch["share_without_weights"] <= 1
    config = make_config(tmp_path / "run", run, child=child, strategy=DartsConfig(split="validation"))
    assert config.num_recalibration_batches == 4  # of which a micro space has no use
    assert np.isfinite(rows(finished / "arcs.jsonl")[0]["reward"])
