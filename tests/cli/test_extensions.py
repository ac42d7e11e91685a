"""Packages that add operations, strategies and rewards, as processes see them that find one on their path."""

import json
import os
import pathlib
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

README = pathlib.Path(__file__).parents[2] / "README.md"
GUIDE = README.parent / "docs" / "extending.md"
OPERATIONS, STRATEGIES, REWARDS = "enas_tf.operations", "enas_tf.strategies", "enas_tf.rewards"

# Runs commands, each given as its module and its arguments, in one process: TensorFlow takes seconds to import.
COMMANDS = """
import importlib, json, sys
for module, *arguments in json.loads(sys.argv.pop()):
    sys.argv[1:] = arguments
    try:
        importlib.import_module(f"enas_tf.cli.{module}").run()
    except SystemExit as exit:
        print("exit code", exit.code)
print("TensorFlow", "tensorflow" in sys.modules)
"""

TINY = [
    *("--dataset=digits", "--num_train_images=96", "--num_valid_images=32", "--num_epochs=1", "--nohorizontal_flip"),
    *("--child_out_filters=4", "--child_num_layers=2", "--child_num_cells=1", "--controller_search_whole_channels"),
    "--controller_train_every=1",
]


def install(directory: pathlib.Path, files: dict[str, str], entry_points: dict[str, dict[str, str]], name="my-nas"):
    """Puts a package where `pip install --target` would."""
    metadata = directory / f"{name.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = []
    for group, points in entry_points.items():
        lines += [f"[{group}]", *(f"{point} = {value}" for point, value in points.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
    for path, text in files.items():
        (directory / path).parent.mkdir(exist_ok=True)
        (directory / path).write_text(text)


def run(path: pathlib.Path, *commands: list[str], cwd: pathlib.Path | None = None) -> SimpleNamespace:
    """What commands said in a process with packages of `path`, and how each ended."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(path), str(GUIDE.parents[1])]))
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps(commands)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=cwd,
    )
    codes = [line.removeprefix("exit code ") for line in done.stdout.splitlines() if line.startswith("exit code")]
    return SimpleNamespace(codes=codes, out=done.stdout, err=done.stderr)


def install_what_is_shown(text: str, directory: pathlib.Path) -> list[str]:
    """Installs the package that a text shows; returns the groups of its entry points."""
    files = dict(re.findall(r"```(?:python|toml)\n# (\S+)\n(.*?)```", text, re.DOTALL))
    points = {
        group: dict(re.findall(r'(\w+) = "(.*)"', block))
        for group, block in re.findall(r'entry-points\."(.*?)"\]\n([^\[]*)', files.pop("pyproject.toml"))
    }
    install(directory, files, points)
    return sorted(points)


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> pathlib.Path:
    """The package that the guide shows, installed."""
    directory = tmp_path_factory.mktemp("packages")
    assert install_what_is_shown(GUIDE.read_text(encoding="utf-8"), directory) == [OPERATIONS, REWARDS, STRATEGIES]
    return directory


def test_what_the_readme_shows_is_searched_with(tmp_path):
    assert install_what_is_shown(README.read_text(encoding="utf-8"), tmp_path / "packages") == [OPERATIONS, STRATEGIES]
    chosen = ["--operations=conv_3x3,halving,max_pooling", "--search_mode=twins", f"--output_dir={tmp_path / 'run'}"]
    done = run(tmp_path / "packages", ["search", "--search_for=macro", *TINY, *chosen])
    assert done.codes == ["0"], done.err
    arcs = [json.loads(line)["arc"] for line in (tmp_path / "run" / "arcs.jsonl").read_text().splitlines()]
    assert arcs[::2] == arcs[1::2]
    assert json.loads((tmp_path / "run" / "results.json").read_text())["operations"][1] == "halving"


@pytest.fixture(scope="module")
def searched(packages, tmp_path_factory) -> SimpleNamespace:
    """Searches over the operation and with the strategy, and what follows a search."""
    root = tmp_path_factory.mktemp("runs")
    own = ["--operations=conv_3x3,scaling,identity", "--poison=P1_001", f"--output_dir={root / 'macro'}"]
    macro = [
        "--search_for=macro",
        *TINY,
        *own,
        "--search_mode=climbing",
        "--climbing_stay=0.25",
        "--candidates_per_epoch=3",
    ]
    micro = ["--search_for=micro", *TINY, "--operations=scaling,identity", f"--output_dir={root / 'micro'}"]
    synthetic = ["--synthetic_reward=few_skips", "--synthetic_updates=30", "--strategies=climbing", "--seeds=0"]
    flags = f"--flagfile={root / 'macro' / 'flags.txt'}"
    done = run(
        packages,
        ["search", *macro],
        ["search", *macro, "--noreset_output_dir", "--num_epochs=2"],
        ["train", flags, f"--output_dir={root / 'final'}", "--child_fixed_arc=1 2 1", "--reset_output_dir"],
        ["describe", flags, "--arc=1 3 1"],
        ["search", *micro, "--search_mode=random"],
        ["train", *micro, f"--output_dir={root / 'cells'}", "--child_fixed_arc=0 0 1 1 0 0 1 0"],
        ["assess", "--search_for=macro", *TINY, *synthetic, f"--experiment_dir={root / 'assessed'}"],
    )
    return SimpleNamespace(root=root, **vars(done))


def test_what_the_guide_shows_searches_trains_and_is_described(searched):
    assert searched.codes == ["0"] * 7, searched.err
    assert "layer 0  [1]    scaling of stem" in searched.out
    assert "layer 1  [3 1]  identity of layer 0, skips from stem" in searched.out
    for name in ("final", "cells"):
        results = json.loads((searched.root / name / "results.json").read_text())
        assert 0 <= results["test_accuracy"] <= 1
        assert (searched.root / name / "network.keras").exists()


def test_networks_with_the_operation_of_the_guide_are_used_in_a_fresh_process(packages, searched):
    commands = [["predict", f"--model={searched.root / name}", "--split=test"] for name in ("final", "cells")]
    done = run(packages, *commands)
    assert done.codes == ["0"] * 2, done.err
    assert done.out.count(": the same\n") == 2


def test_the_strategy_of_the_guide_learns_and_goes_on(searched):
    results = json.loads((searched.root / "macro" / "results.json").read_text())
    assert results["search_mode"] == "climbing"
    assert results["operations"] == ["conv_3x3", "scaling", "identity", "identity"]
    assert results["num_poisoned"] == 1
    assert [row["epoch"] for row in results["epochs"]] == [1, 2]
    config = json.loads((searched.root / "macro" / "config.json").read_text())
    assert config["strategy"] == {"name": "climbing", "stay": 0.25}
    assert config["child"]["operations"] == ["conv_3x3", "scaling", "identity"]
    flags = (searched.root / "macro" / "flags.txt").read_text()
    assert "--climbing_stay=0.25\n" in flags and "--operations=conv_3x3,scaling,identity\n" in flags


def test_the_reward_of_the_guide_is_searched_on(searched):
    data = json.loads((searched.root / "assessed" / "synthetic" / "macro_few_skips.json").read_text())
    assert (data["reward"], list(data["strategies"])) == ("few_skips", ["climbing", "random"])
    assert data["strategies"]["climbing"]["seeds"]["0"]["best_reward"] == 1.0
    assert "climbing against random, 30 architectures each" in searched.out


def test_flags_are_there_and_names_are_checked_without_tensorflow(packages, tmp_path):
    done = run(
        packages,
        ["search", "--help"],
        ["assess", "--help"],
        ["search", "--search_for=macro", *TINY, "--operations=scaling,blur"],
        ["search", "--search_for=macro", *TINY, "--search_mode=luck"],
        ["assess", "--search_for=macro", *TINY, "--strategies=climbing,luck"],
        ["assess", "--search_for=macro", *TINY, "--synthetic_reward=luck"],
        cwd=tmp_path,
    )
    assert done.codes == ["0", "0", "2", "2", "2", "2"]
    assert "--climbing_stay" in done.out and "`climbing`, changes the best one" in done.out
    operations, mode, strategies, reward = done.err.splitlines()
    assert operations.endswith("stretched_conv, scaling), received blur")
    assert mode.endswith(" or climbing")
    assert ", climbing" in strategies
    assert reward.endswith(" or few_skips")
    assert done.out.endswith("TensorFlow False\n")
    assert list(tmp_path.iterdir()) == []


NO_KIND = {"broken.py": "KIND = {}\n"}
RAISING = {"broken.py": "raise RuntimeError('no\\nluck')\n"}
LESS = {"broken.py": "from enas_tf.layers.registry import OperationKind\nKIND = OperationKind()\n"}
CELLS = {"broken.py": "from enas_tf.layers.registry import OperationKind\nKIND = OperationKind(None, None, int, int)\n"}
PAY = {"broken.py": "from enas_tf.rewards.reward import RewardKind\nKIND = RewardKind('pay', None, None)\n"}
OTHER = {"broken.py": "from enas_tf.strategies.grid import KIND\n"}
POINT = "broken:KIND"


@pytest.mark.parametrize(
    ("files", "group", "name", "said"),
    [
        (RAISING, STRATEGIES, "luck", "expected the StrategyKind broken:KIND, received RuntimeError: no luck"),
        (NO_KIND, STRATEGIES, "luck", "expected the StrategyKind broken:KIND, received an object of type dict"),
        ({}, STRATEGIES, "luck", "received ModuleNotFoundError: No module named 'broken'"),
        (OTHER, STRATEGIES, "luck", "expected the strategy's own name, grid, received luck"),
        (OTHER, STRATEGIES, "grid", "expected a name that nothing else has, received one that is taken"),
        (RAISING, REWARDS, "pay", "expected the RewardKind broken:KIND, received RuntimeError: no luck"),
        (NO_KIND, REWARDS, "pay", "expected the RewardKind broken:KIND, received an object of type dict"),
        (PAY, REWARDS, "bonus", "expected the reward's own name, pay, received bonus"),
        (PAY, REWARDS, "constant", "expected a name that nothing else has, received one that is taken"),
        (RAISING, OPERATIONS, "conv_5x5", "expected a name that nothing else has, received one that is taken"),
        (RAISING, OPERATIONS, "identity", "expected a name that nothing else has, received one that is taken"),
        (RAISING, OPERATIONS, "blur", "expected the OperationKind broken:KIND, received RuntimeError: no luck"),
        (LESS, OPERATIONS, "blur", "expected a layer, or both a micro_layer and a cell_layer, received less"),
        (CELLS, OPERATIONS, "blur", "expected one of the macro space, received one that has layers for cells only"),
    ],
)
def test_a_package_that_is_at_fault_is_one_line_and_nothing_is_written(tmp_path, files, group, name, said):
    install(tmp_path / "packages", files, {group: {name: POINT}})
    (tmp_path / "here").mkdir()
    offer = [f"--operations=conv_3x3,{name}"] if name == "blur" else []
    command = "assess" if group == REWARDS else "search"  # the only one that knows rewards
    done = run(tmp_path / "packages", [command, "--search_for=macro", *TINY, *offer], cwd=tmp_path / "here")
    assert done.codes == ["2"], done.err
    assert done.err.startswith(f"enas-{command}: ") and done.err.count("\n") == 1
    assert name in done.err and said in done.err
    assert list((tmp_path / "here").iterdir()) == []


def test_two_packages_with_one_name_are_refused(tmp_path):
    for package in ("my-nas", "your-nas"):
        install(tmp_path / "packages", RAISING, {OPERATIONS: {"blur": POINT}}, package)
    done = run(tmp_path / "packages", ["search", "--search_for=micro", *TINY], cwd=tmp_path)
    assert done.codes == ["2"]
    assert re.search(
        r"blur \(entry point of enas_tf.operations, package (my|your)-nas\): expected a name that", done.err
    )
