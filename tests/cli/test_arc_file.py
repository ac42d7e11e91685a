"""What `--arc_file` may name, and that an architecture is not taken for one of another space."""

import json

import pytest
from absl import flags

from enas_tf.cli.arc_file import arc_flag, read_arc_file, with_own_notation
from enas_tf.cli.flags import define_search_flags, search_config_from_flags
from enas_tf.config import ChildConfig, PoisonConfig, RunConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.reporting.results import write_json
from enas_tf.search_space import ArcRecord, ImageFacts, SpaceConfig
from enas_tf.strategies.controller import ControllerConfig

OFFERED = ("conv_5x5", "separable_conv_5x5", "average_pooling", "max_pooling")
RECORD = ArcRecord("2 3 1", SpaceConfig("macro", 2, OFFERED), 2, 8, ImageFacts((8, 8, 1), 10))
REMOVED = "--remove_ops=conv_3x3,separable_conv_3x3"
SETTINGS = (
    "--search_for=macro",
    "--controller_search_whole_channels",
    "--child_num_branches=6",
    "--child_num_layers=2",
)


@pytest.fixture
def run(tmp_path):
    """What a search of a space without 3x3 convolutions left."""
    write_json(tmp_path / "best_arc.json", RECORD.to_plain())
    (tmp_path / "best_arc.txt").write_text("2 3 1\n")
    results = {"best_arc": "2 3 1", "best_arc_reward": 0.5, **RECORD.surroundings()}
    write_json(tmp_path / "results.json", results)
    return tmp_path


def settled(*arguments: str) -> tuple[str, ArcRecord]:
    """The architecture a command would go on with, and what it knows of it."""
    values = define_search_flags(flags.FlagValues())
    values(["command", *SETTINGS, *arguments])
    record = read_arc_file(values)
    config = with_own_notation(search_config_from_flags(values), arc_flag(values), record)
    return config.child.fixed_arc, record


NAMES = ["best_arc.json", "best_arc.txt", "results.json", ""]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_a_run_or_its_directory(run, name):
    assert settled(f"--arc_file={run / name}", REMOVED) == ("2 3 1", RECORD)


@pytest.mark.parametrize("name", NAMES)
def test_an_architecture_of_another_space_is_refused_naming_both(run, name):
    with pytest.raises(InputError) as error:
        settled(f"--arc_file={run / name}")
    assert error.value.what == f"--arc_file={run / name}"
    assert "2 layers with conv_3x3, separable_conv_3x3, conv_5x5" in error.value.expected
    assert "2 layers with conv_5x5, separable_conv_5x5, average_pooling, max_pooling" in str(error.value.received)


@pytest.mark.parametrize(
    "difference",
    [
        ["--search_for=micro", "--child_num_branches=5", "--remove_ops="],
        ["--child_num_layers=3"],
        ["--remove_ops=conv_3x3"],
        ["--poison=P1_001"],
    ],
)
def test_kind_layers_and_operations_decide(run, difference):
    with pytest.raises(InputError, match="expected an architecture of the m"):
        settled(f"--arc_file={run}", REMOVED, *difference)


def test_cells_fit_any_depth_and_any_images(tmp_path):
    operations = ("separable_conv_3x3", "separable_conv_5x5", "average_pooling", "max_pooling", "identity")
    images = ImageFacts((8, 8, 1), 10)
    record = ArcRecord("0 0 1 0 0 0 1 0", SpaceConfig("micro", 1, operations), 3, 8, images)
    write_json(tmp_path / "cells.json", record.to_plain())
    deeper = ("--search_for=micro", "--child_num_branches=5", "--child_num_cells=1", "--child_num_layers=15")
    assert settled(f"--arc_file={tmp_path / 'cells.json'}", *deeper) == (record.arc, record)


@pytest.mark.parametrize("kept", ["config.json", "flags.txt"])
def test_of_a_run_before_best_arc_json_the_settings_say_the_space(tmp_path, kept):
    config = SearchConfig(
        RunConfig(search_whole_channels=True),
        child=ChildConfig(num_layers=2, num_branches=6),
        strategy=ControllerConfig(),
        poison=PoisonConfig(remove_ops=("conv_3x3", "separable_conv_3x3")),
    )
    (tmp_path / "best_arc.txt").write_text("2 3 1\n")
    if kept == "config.json":
        write_json(tmp_path / kept, config.to_plain())
    else:
        (tmp_path / kept).write_text("\n".join([*SETTINGS, REMOVED]))
    assert settled(f"--arc_file={tmp_path}", REMOVED)[0] == "2 3 1"
    with pytest.raises(InputError, match="one of the macro space of 2 layers with conv_5x5"):
        settled(f"--arc_file={tmp_path}")


def test_of_a_run_without_either_file_of_its_architecture_the_results_tell(run):
    (run / "best_arc.txt").unlink()
    (run / "best_arc.json").unlink()
    assert settled(f"--arc_file={run}", REMOVED) == ("2 3 1", RECORD)


def test_ranges_of_channels_are_refused_by_name(tmp_path):
    record = ArcRecord("0 1 0 1 1", SpaceConfig("channels", 2, OFFERED, num_channels=8), 2, 8)
    write_json(tmp_path / "best_arc.json", record.to_plain())
    with pytest.raises(InputError, match="expected an architecture that has a network of its own, received one of ran"):
        settled(f"--arc_file={tmp_path}")


def test_a_text_with_another_architecture_than_the_record_beside_it_stands_for_itself(run):
    (run / "best_arc.txt").write_text("[0]\n[5 1]\nval_acc=0.9844\n")
    assert settled(f"--arc_file={run / 'best_arc.txt'}")[0] == "0 5 1"


def test_any_other_text_says_nothing_of_its_space(run, tmp_path):
    (tmp_path / "mine.txt").write_text("2, 3, 1")
    assert settled(f"--arc_file={tmp_path / 'mine.txt'}") == ("2 3 1", ArcRecord("2, 3, 1"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.txt", None, "expected a file with an architecture, or the directory of a run"),
        ("", None, "a directory without best_arc.txt"),
        ("other.json", json.dumps({"a": 1}), "expected an architecture as arc or best_arc, received a"),
        ("bad.json", json.dumps({"arc": "0", "space": "cube"}), "ValueError: space 'cube'"),
        ("half.json", json.dumps({"arc": "0", "space": "macro"}), "expected an architecture with its space"),
        ("bytes.txt", b"\xff\xfe\x00", "bytes that are not text"),
    ],
)
def test_what_holds_no_architecture_is_refused(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as error:
        settled(f"--arc_file={tmp_path / name}")
    assert said in str(error.value)
