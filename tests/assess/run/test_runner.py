"""The runner with made-up programs in place of searches: failing, killed, resumed, interrupted, orphaned."""

import io
import os
import signal
import subprocess
import sys
import threading

import pytest
from rich.console import Console

from enas_tf.assess.plan.runs import PlannedRun
from enas_tf.assess.run.progress import ExperimentProgress
from enas_tf.assess.run.runner import Launcher, Runner
from enas_tf.assess.statistics.records import collect
from enas_tf.training.interruption import Interruption
from tests.assess.made_experiment import NUM_EPOCHS, begin, finish, make_experiment

# What every made-up program begins with: it notes each of its starts.
HEAD = """
import os, pathlib, signal, sys, time
flagfile = pathlib.Path(sys.argv[1].removeprefix("--flagfile="))
run = flagfile.parent
(run / "starts").open("a").write("x")
num_starts = len((run / "starts").read_text())
def finish():
    (run / "results.json").write_text("{}")
"""
FINISHES = HEAD + "finish()"
FAILS_ON_SEED_1 = HEAD + "sys.exit('no luck') if run.name.endswith('seed1') else finish()"
KILLED_ONCE = HEAD + "os.kill(os.getpid(), signal.SIGKILL) if num_starts == 1 else finish()"
KILLED_ALWAYS = HEAD + "os.kill(os.getpid(), signal.SIGKILL)"
LEAVES_NOTHING = HEAD + "print('nothing to do')"
# Saves at the first SIGINT, as a search does.
WAITS = (
    HEAD
    + """
def stop(*_):
    (run / "saved").write_text("")
    sys.exit(130)
signal.signal(signal.SIGINT, stop)
(run / "ready").write_text("")
signal.pause()
"""
)


def launcher(program: str, num_workers: int = 2) -> Launcher:
    return Launcher((sys.executable, "-c", program), num_workers, poll_seconds=0.01)


@pytest.fixture
def runs(tmp_path) -> list[PlannedRun]:
    _, runs = make_experiment(tmp_path / "experiment", strategies=("random",), seeds=(0, 1, 2))
    for run in runs:
        run.files.path.mkdir(parents=True)
    return runs


def carry_out(runs: list[PlannedRun], program: str) -> tuple[ExperimentProgress, str]:
    said = io.StringIO()
    progress = ExperimentProgress(Console(file=said, width=200), runs, NUM_EPOCHS)
    Runner(runs, launcher(program), progress).run(Interruption())
    return progress, said.getvalue()


def starts(run: PlannedRun) -> int:
    path = run.files.path / "starts"
    return len(path.read_text()) if path.exists() else 0


def states(runs: list[PlannedRun]) -> list[str]:
    return [record.state for record in collect(runs)]


def test_all_runs_are_carried_out_once(runs):
    progress, said = carry_out(runs, FINISHES)
    assert [starts(run) for run in runs] == [1, 1, 1]
    assert progress.failed_runs == []
    assert said.count(": finished") == 3


def test_finished_runs_are_not_run_again_and_begun_ones_go_on(runs):
    finish(runs[0])
    begin(runs[1], 2)
    _, said = carry_out(runs, FINISHES)
    assert [starts(run) for run in runs] == [0, 1, 1]
    assert f"{runs[1].name}: goes on" in said
    assert f"{runs[2].name}: begins" in said


def test_a_failed_run_is_reported_and_does_not_stop_the_others(runs):
    progress, said = carry_out(runs, FAILS_ON_SEED_1)
    assert progress.failed_runs == [runs[1].name]
    assert states(runs) == ["finished", "failed", "finished"]
    assert "no luck" in said
    failure = collect(runs)[1].failure
    assert failure == {"exit_code": 1, "last_lines": ["no luck"]}


def test_a_failed_run_is_tried_again_the_next_time(runs):
    carry_out(runs, FAILS_ON_SEED_1)
    progress, _ = carry_out(runs, FINISHES)
    assert [starts(run) for run in runs] == [1, 2, 1]
    assert progress.failed_runs == []
    assert states(runs) == ["finished"] * 3


def test_a_killed_run_is_started_once_more(runs):
    progress, said = carry_out(runs, KILLED_ONCE)
    assert [starts(run) for run in runs] == [2, 2, 2]
    assert progress.failed_runs == []
    assert said.count(f"killed by signal {signal.SIGKILL:d}") == 3


def test_a_run_that_is_always_killed_fails(runs):
    progress, _ = carry_out(runs, KILLED_ALWAYS)
    assert [starts(run) for run in runs] == [2, 2, 2]
    assert len(progress.failed_runs) == 3
    assert collect(runs)[0].failure["exit_code"] == -signal.SIGKILL


def test_a_run_that_leaves_no_results_has_failed(runs):
    progress, said = carry_out(runs, LEAVES_NOTHING)
    assert len(progress.failed_runs) == 3
    assert "nothing to do" in said


def test_a_program_that_cannot_be_started_fails_its_run_alone(runs):
    progress = ExperimentProgress(Console(file=io.StringIO()), runs, NUM_EPOCHS)
    Runner(runs, Launcher(("/nowhere/python",), 2, 0.01), progress).run(Interruption())
    assert len(progress.failed_runs) == 3


def test_an_interrupted_experiment_lets_its_runs_save(runs):
    interruption = Interruption()

    def interrupt_when_ready():
        while not all((run.files.path / "ready").exists() for run in runs[:2]):
            pass
        interruption.requested = True

    threading.Thread(target=interrupt_when_ready, daemon=True).start()
    progress = ExperimentProgress(Console(file=io.StringIO()), runs, NUM_EPOCHS)
    with pytest.raises(KeyboardInterrupt):
        Runner(runs, launcher(WAITS), progress).run(interruption)
    assert [(run.files.path / "saved").exists() for run in runs] == [True, True, False]
    assert starts(runs[2]) == 0
    assert states(runs)[0] != "failed"


def test_threads_are_shared_out(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert launcher("", num_workers=3).environment["TF_NUM_INTRAOP_THREADS"] == "2"
    assert launcher("", num_workers=20).environment["TF_NUM_INTRAOP_THREADS"] == "1"


def test_a_run_stops_when_its_parent_is_gone():
    program = "import signal; from enas_tf.assess.run.member import watch_parent; watch_parent(); print(1, flush=True)"
    process = subprocess.Popen(
        [sys.executable, "-c", program + "; signal.pause()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.readline()
    assert process.poll() is None
    _, said = process.communicate()  # closes stdin, as the end of a parent does
    assert b"KeyboardInterrupt" in said
    assert process.returncode != 0
