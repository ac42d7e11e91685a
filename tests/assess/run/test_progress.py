"""What is said of an experiment while it runs."""

import io

from rich.console import Console

from enas_tf.assess.run.progress import ExperimentProgress
from enas_tf.reporting.results import append_jsonl
from tests.assess.made_experiment import NUM_EPOCHS, begin, finish, make_experiment


def said_of(runs, candidates_after: int, work) -> str:
    """What is said after some work that took a hundred seconds."""
    time, said = [0.0], io.StringIO()
    progress = ExperimentProgress(Console(file=said, width=200), runs, NUM_EPOCHS, candidates_after, lambda: time[0])
    work()
    time[0] = 100.0
    progress.show(runs[:1])
    return said.getvalue()


def test_candidates_after_the_last_epoch_are_told_and_are_work_that_is_left(tmp_path):
    _, runs = make_experiment(tmp_path / "experiment", strategies=("evolution",), poisons=("clean",), seeds=(0,))

    def work():
        begin(runs[0])
        append_jsonl(runs[0].files.search.candidates, [{"number": number} for number in range(1, 6)])

    said = said_of(runs, 10, work)
    assert f"evolution-clean-seed0: epoch {NUM_EPOCHS}/{NUM_EPOCHS}, candidate 5/10, validation accuracy" in said
    assert "0:00:33 left" in said  # all epochs and half of the candidates in 100 seconds


def test_a_joint_searches_candidates_are_in_its_epochs(tmp_path):
    _, runs = make_experiment(tmp_path / "experiment", strategies=("random",), poisons=("clean",), seeds=(0, 1))

    def work():
        begin(runs[0], NUM_EPOCHS // 2)
        append_jsonl(runs[0].files.search.candidates, [{"number": 1}])
        finish(runs[1])

    said = said_of(runs, 10, work)
    assert "candidate" not in said
    assert "0:00:33 left" in said  # three quarters of all epochs in 100 seconds
