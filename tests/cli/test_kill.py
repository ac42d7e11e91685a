"""Searches as processes that are killed or interrupted in the middle of an epoch, and resumed."""

import contextlib
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import threading

import pytest

from enas_tf.strategies.registry import CONTROLLER, STRATEGIES

pytestmark = pytest.mark.long

FLAGS = [
    *("--search_for=macro", "--controller_search_whole_channels", "--controller_sync_replicas"),
    *("--dataset=digits", "--nohorizontal_flip", "--num_train_images=640", "--batch_size=32", "--num_epochs=3"),
    *("--child_num_layers=3", "--child_out_filters=4", "--child_num_branches=6", "--log_every=1"),
    *("--controller_lstm_size=16", "--controller_train_steps=2", "--controller_num_aggregate=3"),
    *("--controller_train_every=1", "--seed=7"),
]
STEPS_PER_EPOCH = 20
IN_SECOND_EPOCH = f"ch_step={STEPS_PER_EPOCH + 5} "
SECONDS_AT_MOST = 300


@contextlib.contextmanager
def running(*arguments: str):
    """A search whose console can be read line by line; it is killed if the block lasts too long."""
    command = [sys.executable, "-c", "from enas_tf.cli.search import run; run()", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(SECONDS_AT_MOST, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def wait_for(process: subprocess.Popen, text: str) -> None:
    """Reads the console up to a line that holds the text."""
    assert any(text in line for line in process.stdout), process.stderr.read()


def finish(*arguments: str) -> None:
    with running(*arguments) as process:
        _, said = process.communicate()
        assert (process.returncode, said) == (0, "")


def assert_same_outcome(directory: pathlib.Path, other: pathlib.Path) -> None:
    for name in ("results.json", "arcs.jsonl", "best_arc.txt"):
        assert (directory / name).read_text() == (other / name).read_text(), name


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> pathlib.Path:
    directory = tmp_path_factory.mktemp("undisturbed") / "run"
    finish(*FLAGS, f"--output_dir={directory}")
    return directory


def test_a_search_killed_during_an_epoch_is_resumed_to_the_same_results(undisturbed, tmp_path):
    arguments = [*FLAGS, f"--output_dir={tmp_path / 'run'}"]
    with running(*arguments) as process:
        wait_for(process, IN_SECOND_EPOCH)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert (tmp_path / "run" / "checkpoints" / f"ckpt-{STEPS_PER_EPOCH}.index").exists()
    assert not (tmp_path / "run" / "results.json").exists()
    finish(*arguments)
    assert_same_outcome(tmp_path / "run", undisturbed)
    steps = [int(step) for step in re.findall(r"ch_step=(\d+)", (tmp_path / "run" / "stdout").read_text())]
    repeated_from = steps.index(STEPS_PER_EPOCH + 1, steps.index(STEPS_PER_EPOCH + 2))
    assert steps[repeated_from:] == list(range(STEPS_PER_EPOCH + 1, 3 * STEPS_PER_EPOCH + 1))


def test_an_interrupted_search_is_resumed_by_the_command_it_names(undisturbed, tmp_path):
    with running(*FLAGS, "--reset_output_dir", f"--output_dir={tmp_path / 'run'}") as process:
        wait_for(process, IN_SECOND_EPOCH)
        process.send_signal(signal.SIGINT)
        *_, saved, advice = process.stdout.read().splitlines()
        said = process.stderr.read()
        assert (process.wait(), said) == (130, "")
    last_step = int(re.fullmatch(r"Interrupted; saved .*/ckpt-(\d+)", saved)[1])
    assert STEPS_PER_EPOCH < last_step < 2 * STEPS_PER_EPOCH
    command, *arguments = shlex.split(advice.removeprefix("To go on: "))
    assert command == "enas-search"
    finish(*arguments)
    assert_same_outcome(tmp_path / "run", undisturbed)


# What each strategy's search is killed at: among its candidates, or in an epoch where there are none.
KILLED_AT = {
    "random": IN_SECOND_EPOCH,
    "random_sampling": IN_SECOND_EPOCH,
    "grid": "candidate=12 ",
    "evolution": "candidate=12 ",
    "q_learning": "candidate=12 ",
    "tpe": "candidate=12 ",
    "darts": IN_SECOND_EPOCH,
}
OWN_FLAGS = {"evolution": ("--evolution_population_size=6", "--evolution_tournament_size=2")}


@pytest.mark.parametrize("strategy", sorted(STRATEGIES.keys() - {CONTROLLER}))
def test_every_strategy_killed_goes_on_to_the_same_results(strategy, tmp_path):
    flags = [*FLAGS, f"--search_mode={strategy}", *OWN_FLAGS.get(strategy, ())]
    if strategy in ("grid", "evolution", "q_learning", "tpe"):
        flags += ["--num_candidates=30", "--reward_images=64"]
    finish(*flags, f"--output_dir={tmp_path / 'undisturbed'}")
    with running(*flags, f"--output_dir={tmp_path / 'run'}") as process:
        wait_for(process, KILLED_AT[strategy])
        process.kill()
        assert process.wait() == -signal.SIGKILL
    finish(*flags, f"--output_dir={tmp_path / 'run'}")
    assert "Resuming at step" in (tmp_path / "run" / "stdout").read_text()
    assert_same_outcome(tmp_path / "run", tmp_path / "undisturbed")
