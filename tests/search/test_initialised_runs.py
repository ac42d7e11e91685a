"""What a new run begins with, if it is given something to begin with, and that a resumed one is not given it again."""

import pytest

from enas_tf.errors import InputError
from enas_tf.search.architecture_search import run_search
from tests.search.test_search import COMMAND_LINE, killed_at, make_config, rows

STEP = 5  # of four steps an epoch: in the second one


def _begin_in_the_second_epoch(parts, data):
    parts.child_trainer.step_count.assign(STEP)
    parts.state.evaluated_epoch.assign(STEP // data.batches_per_epoch)
    return ["Beginning elsewhere"]


def _search(directory, initialise):
    config = make_config(directory)
    run_search(config, COMMAND_LINE, initialise)
    return (directory / "stdout").read_text()


def test_a_new_run_begins_where_it_is_told_to(tmp_path):
    log = _search(tmp_path / "run", _begin_in_the_second_epoch)
    assert "Beginning elsewhere" in log
    steps = [line.split()[1] for line in log.splitlines() if line.startswith("epoch=")]
    assert steps == ["ch_step=6", "ch_step=7", "ch_step=8"]
    assert [row["epoch"] for row in rows(tmp_path / "run" / "epochs.jsonl")] == [2]


def test_a_resumed_run_keeps_what_it_has(tmp_path):
    with killed_at("epoch_done", 2):
        _search(tmp_path, lambda parts, data: [])

    def fail(parts, data):
        raise AssertionError("a resumed run was given initial weights")

    assert "Resuming at step 4" in _search(tmp_path, fail)


def test_a_run_killed_before_its_first_checkpoint_begins_anew(tmp_path):
    with killed_at("child_step", 2):
        _search(tmp_path, _begin_in_the_second_epoch)
    assert "ch_step=6 " in _search(tmp_path, _begin_in_the_second_epoch)


def test_nothing_is_written_if_there_is_nothing_to_begin_with(tmp_path):
    def refuse(parts, data):
        raise InputError("--init_from_original", "a checkpoint", "none")

    with pytest.raises(InputError):
        _search(tmp_path / "run", refuse)
    assert list(tmp_path.iterdir()) == []
