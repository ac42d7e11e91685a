"""`enas-assess`: what it plans, what it refuses before it writes anything, and a small experiment that is killed."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from absl import flags

from enas_tf.assess.plan.budget import BUDGET_FLAGS
from enas_tf.assess.plan.directory import Experiment, ExperimentDirectory
from enas_tf.assess.plan.runs import shared_flags
from enas_tf.cli import assess
from enas_tf.cli.assess import budget_of, planned_searches, shared_lines
from enas_tf.cli.assess_flags import assess_config_from_flags, define_assess_flags
from enas_tf.cli.flags import define_search_flags, flagfile_text, search_config_from_flags
from enas_tf.cli.main import parse_flags, run_command
from enas_tf.config import PoisonConfig
from enas_tf.errors import InputError
from enas_tf.strategies.evolution import EvolutionConfig
from tests.assess.made_experiment import finish, make_experiment

SEARCH = [
    *("--search_for=macro", "--controller_search_whole_channels", "--controller_sync_replicas"),
    *("--dataset=digits", "--nohorizontal_flip", "--num_train_images=320", "--batch_size=32", "--num_epochs=2"),
    *("--child_num_layers=2", "--child_out_filters=4", "--child_num_branches=6", "--controller_train_every=1"),
    *("--controller_lstm_size=16", "--controller_train_steps=2", "--controller_num_aggregate=3"),
]


def call(*arguments: str) -> None:
    assess.main(["enas-assess", *SEARCH, *arguments])


def parsed(*arguments: str) -> flags.FlagValues:
    values = define_search_flags(define_assess_flags(flags.FlagValues()))
    parse_flags(values, ["enas-assess", *SEARCH, *arguments], "")
    return values


def refused(capsys, monkeypatch, *arguments: str) -> str:
    """The one line that a command line is refused with."""
    monkeypatch.setattr(sys, "argv", ["enas-assess", *arguments])
    assert run_command("enas-assess", assess.main) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_a_dry_run_lists_the_runs_and_writes_nothing(tmp_path, capsys):
    path = tmp_path / "experiment"
    call(f"--experiment_dir={path}", "--poisons=clean,removal_2+P3_006_100", "--seeds=0..1", "--dry_run")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert lines[2] == "controller-removal_2+P3_006_100-seed0: to be run"
    assert not path.exists()


def test_operations_may_poison_a_space(tmp_path):
    values = parsed("--poisons=clean,removal_2+dropout(rate=1):2,identity:3")
    searches = planned_searches(assess_config_from_flags(values), values)
    poisons = {run.condition.poison: search.poison for run, search in searches.items()}
    assert poisons == {
        "clean": PoisonConfig(),
        "removal_2+dropout(rate=1.0):2": PoisonConfig(("removal_2",), "", (("dropout(rate=1.0)", 2),)),
        "identity:3": PoisonConfig((), "", (("identity", 3),)),
    }
    text = flagfile_text(next(search for run, search in searches.items() if "dropout" in run.condition.poison))
    again = define_search_flags(flags.FlagValues())
    (tmp_path / "run.flags").write_text(text)
    parse_flags(again, ["enas-search", f"--flagfile={tmp_path / 'run.flags'}"], "")
    assert search_config_from_flags(again).poison == poisons["removal_2+dropout(rate=1.0):2"]


def test_an_experiment_of_before_operations_could_poison_goes_on(tmp_path, capsys):
    arguments = [f"--experiment_dir={tmp_path}", "--seeds=0"]
    values = parsed(*arguments)
    config = assess_config_from_flags(values)
    searches = planned_searches(config, values)
    assert "--poison_ops=" in flagfile_text(next(iter(searches.values()))).splitlines()
    lines = shared_lines(searches.values(), budget_of(config, values), values)
    assert "--poison_ops=" not in lines
    ExperimentDirectory(str(tmp_path)).write(Experiment(config, (*lines, "--poison_ops=")))
    call(*arguments, "--poisons=clean,identity:3", "--dry_run")
    assert "controller-identity_x3-seed0: to be run" in capsys.readouterr().out


def test_an_experiment_whose_strategies_had_unequal_budgets_does_not_go_on(tmp_path, capsys, monkeypatch):
    values = parsed()
    config = assess_config_from_flags(values)
    searches = planned_searches(config, values)
    lines = shared_lines(searches.values(), budget_of(config, values), values)
    before = shared_flags(lines, BUDGET_FLAGS)
    ExperimentDirectory(str(tmp_path)).write(Experiment(config, before))
    said = refused(capsys, monkeypatch, *SEARCH, f"--experiment_dir={tmp_path}", "--seeds=0..19")
    assert "--candidates_per_epoch=6 (not there), --num_candidates=12 (not there)" in said


def test_all_have_equally_many_candidates_and_choose_among_as_many(tmp_path):
    values = parsed("--strategies=controller,random,random@after,evolution,random_sampling", "--seeds=0")
    searches = planned_searches(assess_config_from_flags(values), values)
    found = {run.condition.strategy: search for run, search in searches.items()}
    assert [search.searches_after for search in found.values()] == [False, False, True, True, False]
    assert {name: search.num_candidates for name, search in found.items()} == {
        **{"controller": None, "random": 12, "random@after": 12, "evolution": 12, "random_sampling": None}
    }
    outcomes = [search.num_outcome_candidates for search in found.values()]
    assert outcomes == [10, 10, 10, 10, 0]
    text = flagfile_text(found["random@after"])
    assert "--search_mode=random\n" in text and "--search_schedule=after\n" in text and "--num_candidates=12" in text
    assert "search_schedule" not in flagfile_text(found["random"])
    again = parsed("--strategies=controller,random", "--seeds=0", "--candidates_per_epoch=6")
    assert list(planned_searches(assess_config_from_flags(again), again).values())[1] == found["random"]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--poisons=P7_006"], ["P7_006", "P6P3_<instances>_100"]),
        (["--poisons=clean+P1_006"], ["one of each joined by +"]),
        (["--poisons=clean,identity:2+dropout(rate=2):3"], ["--poisons", "a rate from 0 to 1", "received 2"]),
        (["--poisons=identity:2+conv_3x3:1"], ["operations out of identity, ", "received conv_3x3"]),
        (["--poisons=dropout(rate=1):2,dropout(rate=1.0):2"], ["each once", "dropout(rate=1.0):2 more than once"]),
        (
            ["--poisons=removal_2", "--child_num_branches=4"],
            ["--poisons, removal_2: expected the six macro operations"],
        ),
        (
            ["--poisons=clean,P1_006", "--nocontroller_search_whole_channels"],
            ["--poisons, P1_006: expected --controller_search_whole_channels beside it"],
        ),
        (["--strategies=random", "--controller_train_every=9"], ["--controller_train_every: expected a divisor of an"]),
        (["--strategies=controller,luck"], ["names out of controller, random, random_sampling"]),
        (["--strategies=controller@after"], ["expected controller@joint, received controller@after"]),
        (["--strategies=random,random@joint"], ["--strategies: expected each once, received random more than once"]),
        (["--search_schedule=after"], ["--search_schedule: expected --strategies, as random@after, in its place"]),
        (["--candidates_per_epoch=5"], ["--candidates_per_epoch: expected 12 candidates in all", "received 10 in all"]),
        (
            ["--strategies=random,tpe", "--num_candidates=5"],
            ["--num_candidates: expected a multiple of the 2 evaluated"],
        ),
        (["--seeds=0..x"], ["seeds as 0,1,2 or 0..9"]),
        (["--seeds=3..1"], ["seeds as 0,1,2 or 0..9"]),
        (["--seeds=1,1"], ["each once"]),
        (["--seed=3"], ["--seed: expected --seeds in its place, received 3"]),
        (["--poison=P1_006"], ["--poison: expected --poisons in its place"]),
        (["--search_mode=random"], ["--search_mode: expected --strategies in its place"]),
        (["--child_lr_cosine"], ["--child_lr_cosine: expected its four numbers"]),
        (["--synthetic_reward=luck"], ["operation_share, hidden_target or constant"]),
        (["--strategies=random_sampling", "--guided_random_candidates=5"], ["--guided_random_candidates"]),
        (["--evolution_population_size=9"], ["--evolution_population_size=9: expected evolution among --strategies"]),
        (
            ["--tpe_startup_trials=3", "--synthetic_reward=constant"],
            ["expected tpe among --strategies, received controller, random"],
        ),
        (["--strategies=random_sampling", "--synthetic_reward=constant"], ["one that has candidates rewarded"]),
        (["--num_workers=0"], ["a positive integer"]),
        (["--report_only"], ["a directory with an experiment"]),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(tmp_path, capsys, monkeypatch, arguments, parts):
    said = refused(capsys, monkeypatch, *SEARCH, f"--experiment_dir={tmp_path / 'experiment'}", *arguments)
    for part in parts:
        assert part in said
    assert list(tmp_path.iterdir()) == []


def test_flags_of_listed_strategies_reach_their_runs_alone(tmp_path):
    values = parsed("--strategies=random,evolution", "--evolution_tournament_size=7", "--seeds=0")
    random, evolution = planned_searches(assess_config_from_flags(values), values).values()
    assert evolution.strategy == EvolutionConfig(tournament_size=7)
    assert "--evolution_tournament_size=7" in flagfile_text(evolution)
    assert "evolution" not in flagfile_text(random)
    assert evolution.to_plain()["strategy"].keys() == {"name", *vars(EvolutionConfig())}


def test_another_experiment_is_refused(tmp_path, capsys, monkeypatch):
    directory, _ = make_experiment(tmp_path / "experiment", seeds=(0, 1))
    said = refused(capsys, monkeypatch, *SEARCH, f"--experiment_dir={directory.path}", "--seeds=0")
    assert "expected the experiment found here" in said
    assert "--seeds without 1" in said


def test_a_report_of_what_is_there_needs_no_other_flag(tmp_path, capsys):
    directory, runs = make_experiment(tmp_path / "experiment", seeds=(0, 1))
    finish(runs[0])
    assess.main(["enas-assess", "--report_only", f"--experiment_dir={directory.path}"])
    assert "1 of 4 runs are finished; 3 missing" in capsys.readouterr().out
    assert directory.report.with_name("report.html").exists()


def test_a_synthetic_reward_leaves_curves_and_a_verdict(tmp_path, capsys):
    path = tmp_path / "experiment"
    arguments = [f"--experiment_dir={path}", "--seeds=0,1", "--synthetic_reward=constant", "--synthetic_updates=3"]
    call(*arguments)
    said = capsys.readouterr()
    verdict, *table, comparison, files, numbers = said.out.splitlines()
    assert said.err.splitlines()[0].startswith("controller 1/9  seed 0  reward 0.500")  # how far it is
    assert verdict.startswith("constant, 3 updates, 2 seeds: the policy did not collapse")
    assert [line.split()[:2] for line in table[1:]] == [
        ["controller", "0"],
        ["controller", "1"],
        ["random", "0"],
        ["random", "1"],
    ]
    assert comparison.startswith(
        "controller against random, 9 architectures each: best reward equal with each of the 2"
    )
    assert numbers == f"Table: {path / 'synthetic' / 'macro_constant.csv'}"
    assert json.loads((path / "synthetic" / "macro_constant.json").read_text())["verdict"] == verdict
    assert "macro_constant.png" in files
    assert sorted(entry.name for entry in path.iterdir()) == ["synthetic"]


def test_any_strategy_runs_on_a_synthetic_reward_and_random_beside_it(tmp_path, capsys):
    path = tmp_path / "experiment"
    arguments = ["--synthetic_reward=hidden_target", "--synthetic_updates=20", "--strategies=evolution,random_sampling"]
    call(f"--experiment_dir={path}", "--seeds=2", *arguments, "--evolution_population_size=25")
    assert "evolution against random, 60 architectures each" in capsys.readouterr().out
    (found,) = path.glob("synthetic/*.json")
    data = json.loads(found.read_text())
    assert {"verdict", "curves", "controller"}.isdisjoint(data)
    assert list(data["strategies"]) == ["evolution", "random"]
    assert data["strategies"]["evolution"]["settings"]["population_size"] == 25
    numbers = data["strategies"]["random"]["seeds"]["2"]
    assert numbers["best_reward"] == max(numbers["curve"]["best_reward"])
    with found.with_suffix(".csv").open() as file:
        assert file.readline().strip() == "strategy,seed,architectures,best_reward,mean_reward"
        assert len(file.readlines()) == 2 * 60


@pytest.fixture
def in_a_thread(monkeypatch):
    """Inputs are checked in a thread: a process of its own would import TensorFlow once more."""
    pool = concurrent.futures.ThreadPoolExecutor
    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", lambda workers, context: pool(workers))


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--data_path=/nowhere", "--data_path=/nowhere: expected a directory"),
        ("--batch_size=2000", "--batch_size: expected at most"),
        ("--poisons=removal_9", "removal_9"),
        ("--poisons=clean,removal_9+identity:3", "--poisons: expected one of removal_1"),
    ],
)
def test_spaces_and_images_are_checked_before_anything_is_written(tmp_path, in_a_thread, argument, said):
    path = tmp_path / "experiment"
    with pytest.raises(InputError, match=said):
        call(f"--experiment_dir={path}", argument)
    assert not path.exists()


def test_spaces_are_checked_before_any_image_is_read(tmp_path, in_a_thread):
    with pytest.raises(InputError, match="--poisons: expected one of removal_1"):
        call(f"--experiment_dir={tmp_path / 'experiment'}", "--poisons=clean,removal_9", "--data_path=/nowhere")


COMMAND = [sys.executable, "-m", "enas_tf.cli.assess"]
SECONDS_AT_MOST = 400


@contextlib.contextmanager
def experiment(*arguments: str):
    with subprocess.Popen([*COMMAND, *SEARCH, *arguments], stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(condition) -> None:
    deadline = time.monotonic() + SECONDS_AT_MOST
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def processes_of(run: pathlib.Path) -> list[int]:
    """Processes that work on a run, by their command lines."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"--flagfile={run / 'run.flags'}".encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


@pytest.mark.long
def test_an_experiment_survives_the_kill_of_a_worker_and_of_itself(tmp_path):
    path = tmp_path / "experiment"
    arguments = [f"--experiment_dir={path}", "--strategies=random", "--seeds=0", "--num_epochs=40"]
    run = path / "runs" / "random-clean-seed0"
    epochs = run / "epochs.jsonl"
    with experiment(*arguments) as process:
        wait_until(epochs.exists)
        (worker,) = processes_of(run)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: processes_of(run) not in ([], [worker]))
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_until(lambda: not processes_of(run))
    assert not (run / "results.json").exists()
    with experiment(*arguments) as process:
        assert process.wait(SECONDS_AT_MOST) == 0
    assert [json.loads(line)["epoch"] for line in epochs.read_text().splitlines()] == list(range(1, 41))
    assert (path / "report.html").exists()
