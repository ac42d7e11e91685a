"""Runs that cannot write, and runs whose newest checkpoint is damaged: both go on to the same numbers."""

import errno
import os
import pathlib
import shutil

import pytest

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError, OutputError
from enas_tf.search.architecture_search import run_search
from enas_tf.search.final_training import run_final_training
from enas_tf.search.finished_search import restore_search
from tests.full_disk import files_of_at_most
from tests.search.test_search import COMMAND_LINE, assert_same_outcome, killed_at, make_config, search

FULL = os.strerror(errno.EFBIG)


@pytest.fixture(autouse=True)
def _output_in_memory(capsys):
    """Keeps the console from pytest's own file, which cannot grow either."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> pathlib.Path:
    return search(tmp_path_factory.mktemp("undisturbed") / "run")


def complaint(config: SearchConfig, room: int, run=run_search) -> str:
    with files_of_at_most(room), pytest.raises(OutputError) as error:
        run(config, COMMAND_LINE)
    return str(error.value)


def test_a_search_that_cannot_write_begins_anew_once_it_can(undisturbed, tmp_path):
    config = make_config(tmp_path / "run")
    room = (undisturbed / "checkpoints" / "ckpt-4.data-00000-of-00001").stat().st_size - 1
    said = complaint(config, room)
    assert said.startswith(f"{tmp_path / 'run'}/")  # checkpoints, or events, of which there may be more
    assert said.endswith(
        f": could not be written ({FULL}); what was saved before is whole. "
        "There is no checkpoint yet: the same command begins anew"
    )
    assert not list(tmp_path.glob("run/checkpoints/*"))  # what is half done would take the room of the rest
    run_search(config, COMMAND_LINE)
    assert_same_outcome(tmp_path / "run", undisturbed)


def test_a_search_whose_logs_cannot_grow_goes_on_from_its_checkpoint(undisturbed, tmp_path):
    config = make_config(tmp_path / "run")
    with killed_at("saved", 1):
        run_search(config, COMMAND_LINE)
    said = complaint(config, (tmp_path / "run" / "stdout").stat().st_size + 20)
    assert said.startswith(f"{tmp_path / 'run'}/") and f"could not be written ({FULL})" in said
    flags = tmp_path / "run" / "flags.txt"
    assert said.endswith(f"Once it can be, the run goes on by: enas-search --flagfile={flags} --noreset_output_dir")
    assert search(tmp_path / "run")
    assert_same_outcome(tmp_path / "run", undisturbed)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras.*")
def test_a_final_training_that_cannot_save_its_network_leaves_no_half_of_it(tmp_path):
    config = make_config(tmp_path / "run", {"num_epochs": 1}, child={"fixed_arc": "0 1 1"})
    run_final_training(config, COMMAND_LINE)
    network = tmp_path / "run" / "network.keras"
    results, size = (tmp_path / "run" / "results.json").read_bytes(), network.stat().st_size
    assert complaint(config, size - 1, run_final_training).startswith(f"{network}: could not be written ({FULL})")
    assert (tmp_path / "run" / "results.json").read_bytes() == results
    assert network.stat().st_size == size
    assert not list((tmp_path / "run").glob(".unfinished*"))


def test_what_a_search_ended_with_is_not_taken_from_the_checkpoint_before(undisturbed, tmp_path):
    shutil.copytree(undisturbed, tmp_path / "run")
    (tmp_path / "run" / "checkpoints" / "ckpt-8.data-00000-of-00001").write_bytes(b"")
    with pytest.raises(InputError, match="--run=.*: expected a whole newest checkpoint .*ckpt-8: "):
        restore_search(make_config(tmp_path / "run"), str(tmp_path / "run"), f"--run={tmp_path / 'run'}")


def test_a_damaged_newest_checkpoint_is_named_and_the_one_before_taken(undisturbed, tmp_path):
    with killed_at("saved", 2):
        search(tmp_path / "run")
    newest = tmp_path / "run" / "checkpoints" / "ckpt-8"
    data = newest.with_name("ckpt-8.data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:1000])
    search(tmp_path / "run")
    (line,) = [line for line in (tmp_path / "run" / "stdout").read_text().splitlines() if " is damaged (" in line]
    assert line.startswith(f"{newest} is damaged (")
    assert line.endswith(f"): going on from the one before it, {newest.with_name('ckpt-4')}")
    assert_same_outcome(tmp_path / "run", undisturbed)
