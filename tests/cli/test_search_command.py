"""`enas-search` as a process of its own, on input it has to refuse before it writes anything."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

COMMAND = "from enas_tf.cli.search import run; run()"

# Runs the command for each list of arguments of a JSON text, in one process: TensorFlow takes seconds to import.
COMMANDS = """
import json, sys
from enas_tf.cli.search import run
for arguments in json.loads(sys.argv.pop()):
    sys.argv[1:] = arguments
    try:
        run()
    except SystemExit as exit:
        print("exit code", exit.code)
"""

SEARCH = ["--search_for=macro", "--controller_search_whole_channels", "--dataset=digits"]


def run_python(program: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


def test_a_bad_flag_is_one_line_and_nothing_is_written(tmp_path):
    result = run_python(COMMAND, *SEARCH, f"--output_dir={tmp_path / 'run'}", "--child_lr_cosine")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == (
        "enas-search: --child_lr_cosine: expected its four numbers as well, "
        "received no --child_lr_max, --child_lr_min, --child_lr_T_0, --child_lr_T_mul\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def refused(tmp_path_factory) -> SimpleNamespace:
    """What the command said, line by line, on several inputs that it can refuse only once TensorFlow is there."""
    root = tmp_path_factory.mktemp("refused")
    foreign, other = root / "foreign", root / "other"
    for directory in (foreign, other):
        directory.mkdir()
    (foreign / "results.json").write_text("years of work")
    (other / "flags.txt").write_text("--search_for=macro\n--batch_size=16\n")
    (root / "file").write_text("a file")
    inputs = {
        "no data": [f"--data_path={root / 'nowhere'}", f"--output_dir={root / 'run'}"],
        "data without layout": [f"--data_path={foreign}", f"--output_dir={root / 'run'}"],
        "large batch": ["--batch_size=2000", f"--output_dir={root / 'run'}"],
        "foreign files": ["--reset_output_dir", f"--output_dir={foreign}"],
        "another run": [f"--output_dir={other}"],
        "file in the way": [f"--output_dir={root / 'file' / 'run'}"],
        "unknown operation": ["--remove_ops=conv_7x7", f"--output_dir={root / 'run'}"],
        "nothing left": [
            "--remove_ops=conv_3x3,separable_conv_3x3,conv_5x5,separable_conv_5x5",
            f"--output_dir={root / 'run'}",
        ],
        "nothing on offer": ["--operations=", f"--output_dir={root / 'run'}"],
        "unknown offer": ["--operations=identity,conv_7x7", f"--output_dir={root / 'run'}"],
        "the same twice": ["--operations=identity,conv_3x3,identity", f"--output_dir={root / 'run'}"],
        "unknown poison": ["--poison=P6P9_002", f"--output_dir={root / 'run'}"],
        "rate above 1": ["--poison_ops=dropout(rate=2):1", f"--output_dir={root / 'run'}"],
    }
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    result = run_python(COMMANDS, json.dumps([[*SEARCH, *arguments] for arguments in inputs.values()]))
    return SimpleNamespace(
        root=root,
        exit_codes=[line for line in result.stdout.splitlines() if line.startswith("exit code")],
        said=dict(zip(inputs, result.stderr.splitlines(), strict=True)),
        written={path: path.stat().st_mtime_ns for path in root.rglob("*")} != before,
    )


def test_each_refusal_is_one_line_with_exit_code_2_and_nothing_is_written(refused):
    assert refused.exit_codes == ["exit code 2"] * len(refused.said)
    assert all(line.startswith("enas-search: ") for line in refused.said.values())
    assert not refused.written


@pytest.mark.parametrize(
    ("case", "parts"),
    [
        ("no data", ["--data_path={root}/nowhere: expected a directory, received nothing"]),
        ("data without layout", ["--data_path={root}/foreign: expected", "data_batch_1", "train/<class>"]),
        ("large batch", ["--batch_size: expected at most the", "received 2000"]),
        ("foreign files", ["--output_dir={root}/foreign: expected no files of the names a run writes"]),
        ("another run", ["--output_dir={root}/other: expected a run with the same flags", "=32 (there: 16)"]),
        ("file in the way", ["--output_dir={root}/file/run: expected a directory", "received {root}/file"]),
        ("unknown operation", ["--remove_ops: expected operations of the space (conv_3x3, ", "received conv_7x7"]),
        ("nothing left", ["--remove_ops: expected names that leave an operation in the space, received all of it"]),
        ("nothing on offer", ["--operations: expected operations that the macro space can offer", "received none"]),
        ("unknown offer", ["the macro space can offer (conv_3x3, ", "identity, ", "), received conv_7x7"]),
        ("the same twice", ["--operations: expected each operation once, received identity more than once"]),
        ("unknown poison", ["--poison=P6P9_002: expected one of P1_<inst", "(set P6P9, 2 instances, no variant)"]),
        ("rate above 1", ["--poison_ops=dropout(rate=2):1: expected a rate from 0 to 1, received 2"]),
    ],
)
def test_a_refusal_names_what_is_wrong(refused, case, parts):
    for part in parts:
        assert part.format(root=refused.root) in refused.said[case]
