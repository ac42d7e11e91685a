"""`enas-compare` from the command line: what it writes, shows and refuses."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from enas_tf.cli import compare
from enas_tf.models.factory import make_child, make_controller
from enas_tf.poisoning import space_of
from tests.conftest import GOLDENS
from tests.original.tf1_checkpoint import made_up_values, search_config, write_checkpoint

LOG = GOLDENS / "stdout_macro_search.txt"


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command; returns exit code, stdout and stderr."""

    def run_command(*arguments):
        monkeypatch.setattr(sys, "argv", ["enas-compare", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            compare.run()
        output = capsys.readouterr()
        return SimpleNamespace(code=exit_.value.code or 0, out=output.out, err=output.err)

    return run_command


def _tamper(path, name):
    arrays = dict(np.load(path))
    arrays[name] = arrays[name] * np.float32(1.01)
    np.savez(path, **arrays)


def test_a_golden_file_of_the_original(run, tmp_path):
    result = run(f"--golden={GOLDENS / 'lr_schedule.npz'}", f"--report={tmp_path / 'report.md'}")
    assert result.code == 0
    for text in ("cosine", "step_decay", "1e-04 (rounding)", "passes: largest relative difference"):
        assert text in result.out
        assert text in (tmp_path / "report.md").read_text()


def test_quirks_given_take_the_place_of_those_of_the_file(run):
    assert run(f"--golden={GOLDENS / 'lr_schedule.npz'}", "--original_quirks=unclipped").code == 1


SIZES = {
    "macro_controller": ["--controller_lstm_size=32", "--controller_lstm_num_layers=2", "--child_num_layers=4"],
    "macro_search": ["--child_num_layers=9", "--child_out_filters=12", "--child_num_branches=6", "--image_size=16"],
    "micro_search": ["--child_num_layers=6", "--child_out_filters=6", "--child_num_branches=5", "--image_size=16"],
}
CHANGED = {"macro_controller": "train/2/loss", "macro_search": "logits_eval/3", "micro_search": "step/2/grad_norm"}


@pytest.mark.parametrize(
    "kind",
    ["macro_controller", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("macro_search", "micro_search"))],
)
def test_a_golden_file_is_written_read_and_missed_when_it_is_changed(run, tmp_path, kind):
    path = tmp_path / "mine.npz"
    written = run(f"--write_golden={path}", f"--kind={kind}", "--seed=3", *SIZES[kind])
    assert (written.code, written.err) == (0, "")
    settings = json.loads(path.with_suffix(".json").read_text())
    assert settings["exact_gradients"] is True
    assert (settings["kind"], settings["seed"]) == (kind, 3)
    assert run(f"--golden={path}").code == 0
    _tamper(path, CHANGED[kind])
    missed = run(f"--golden={path}", f"--golden={GOLDENS / 'lr_schedule.npz'}")
    assert missed.code == 1
    assert "MISS" in missed.out


def test_all_files_of_a_directory_have_a_line_each(run, tmp_path):
    assert run(f"--write_golden={tmp_path / 'a.npz'}", "--kind=lr_schedule", "--golden_steps=30").code == 0
    small = ["--controller_lstm_size=4", "--child_num_layers=3", "--golden_steps=2"]
    assert run(f"--write_golden={tmp_path / 'b.npz'}", "--kind=macro_controller", *small).code == 0
    result = run(f"--golden={tmp_path}", "--nearby_starts=8", f"--report={tmp_path / 'report.md'}")
    assert result.code == 0
    report = (tmp_path / "report.md").read_text()
    assert "| a | 0.0e+00 |  |  | 60 | ok |" in report.partition("## All files")[2]
    assert "8 of 8 nearby starts follow" in report
    assert "nearby start 8 of 8: follows the file" in result.out
    assert "| step | loss | baseline | grad_norm | verdict | own spread |" in report


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    directory = tmp_path_factory.mktemp("original")
    config = search_config("macro")
    space = space_of(config)
    child = make_child(config, space, (8, 8, 1), 10)
    write_checkpoint(directory, made_up_values(child, make_controller(config.strategy, space)))
    return directory


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_checkpoint_is_read_sampled_and_evaluated(run, checkpoint):
    arguments = [f"--original_checkpoint={checkpoint}", "--sample=2", "--seed=1"]
    result = run(*arguments, "--evaluate", "--dataset=digits")
    assert result.code == 0
    for text in ("num_layers 3, out_filters 4", "momentum of the child's optimizer", "missing", "valid_accuracy: 0."):
        assert text in result.out
    first, second = result.out.partition("Here are 2 architectures\n")[2].split("-" * 80 + "\n")[:2]
    assert len(first.splitlines()) == len(second.splitlines()) == 3
    assert run(*arguments).out.partition("Here are")[2] == result.out.partition("Here are")[2]


def test_expected_logits_of_a_checkpoint(run, checkpoint, tmp_path):
    path = tmp_path / "expected.npz"
    images = np.zeros((2, 8, 8, 1), np.float32)
    np.savez(path, images=images, arcs=[[0, 1, 0, 2, 1, 1]], logits_eval=np.zeros((1, 2, 10), np.float32))
    result = run(f"--original_checkpoint={checkpoint}", f"--expected={path}")
    assert result.code == 1
    assert "logits_eval/*" in result.out


def test_logs_are_drawn(run, tmp_path):
    picture = tmp_path / "runs.png"
    result = run(f"--log={LOG}", f"--log={LOG}", f"--output={picture}", f"--report={tmp_path / 'report.md'}")
    assert result.code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "0.1870" in result.out
    assert "| run | epoch |" in (tmp_path / "report.md").read_text()


def test_runs_are_named_by_what_their_paths_do_not_share(tmp_path):
    from enas_tf.cli.compare_logs import run_names

    assert run_names([tmp_path / "a" / "stdout", tmp_path / "b" / "stdout"]) == ["a", "b"]
    assert run_names([tmp_path / "a" / "stdout", tmp_path / "log.txt"]) == ["a", "log.txt"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "command line: expected one of --golden"),
        (["--golden=a.npz", "--log=b"], "received --golden and --log"),
        (["--golden={root}/none.npz"], "none.json: expected a golden file's settings"),
        (["--write_golden={root}/x.npz"], "--kind: expected what to write"),
        (["--write_golden={root}/x.npz", "--kind=rnn"], "--kind=rnn"),
        (
            ["--write_golden={root}/x.npz", "--kind=macro_search", "--operations=identity"],
            "the original's own, counted",
        ),
        (["--write_golden={root}/x.txt", "--kind=lr_schedule"], "expected a name that ends in .npz"),
        (["--write_golden={root}/none/x.npz", "--kind=lr_schedule"], "expected a file in a directory that exists"),
        (["--original_checkpoint={root}/none"], "expected the directory of a TensorFlow 1 checkpoint"),
        (["--original_checkpoint={root}", "--sample=1"], "received nothing"),
        (["--golden={root}"], "expected a golden file, or a directory of them"),
        (["--golden={schedule}", "--nearby_starts=3"], "expected an integer of at least 8, or 0 for none"),
        (["--golden={schedule}", "--golden_steps=3"], "--golden_steps: expected --write_golden with it"),
        (["--write_golden={root}/x.npz", "--kind=lr_schedule", "--golden_steps=0"], "expected a positive integer"),
        (["--log={log}", "--log={log}", "--nearby_starts=8"], "--nearby_starts: expected --golden with it"),
        (["--log={log}"], "--log: expected two files or more"),
        (["--log={log}", "--log={root}/none"], "No such file"),
        (["--log={log}", "--log={json}", "--output={root}/x.png"], "of which none matches"),
        (["--log={log}", "--log={log}", "--output={root}/x.jpg"], "expected a name that ends in .png"),
        (["--golden={schedule}", "--report={root}/none/report.md"], "--report="),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(run, tmp_path, arguments, said):
    places = {
        "root": tmp_path,
        "log": LOG,
        "json": GOLDENS / "lr_schedule.json",
        "schedule": GOLDENS / "lr_schedule.npz",
    }
    result = run(*(argument.format(**places) for argument in arguments))
    assert result.code == 2
    assert result.err.startswith("enas-compare: ")
    assert result.err.count("\n") == 1
    assert said in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--golden=a", "--golden=b"], ["--log=a", "--log=b"]])
def test_help_and_repeated_flags(run, arguments):
    result = run(*arguments, "--help")
    assert result.code == 0
    for flag in ("--golden", "--write_golden", "--original_checkpoint", "--log", "--child_num_layers"):
        assert flag in result.out
