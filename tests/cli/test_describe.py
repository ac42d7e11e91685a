"""The command that explains an architecture, from its command line."""

import json
import pathlib
import sys

import pytest

from enas_tf.cli import describe
from enas_tf.cli.flags import flagfile_text
from enas_tf.config import ChildConfig, RunConfig, ScheduleConfig, SearchConfig
from enas_tf.reporting.results import write_json
from enas_tf.search_space import ArcRecord, ImageFacts, SpaceConfig
from enas_tf.strategies.darts import DartsConfig
from enas_tf.strategies.evolution import EvolutionConfig

ARC = "2 3 1 5 1 0"
SMALL = ("--child_out_filters=4", "--image_size=8", "--image_channels=1")


def run_describe(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["enas-describe", *arguments])
    with pytest.raises(SystemExit) as exit_:
        describe.run()
    return exit_.value.code


def test_words_with_what_the_network_costs(monkeypatch, capsys):
    assert run_describe(monkeypatch, f"--arc={ARC}", *SMALL) == 0
    said = capsys.readouterr().out
    assert "layer 2  [5 1 0]  max_pooling of layer 1, skips from stem" in said
    assert "--child_num_layers=3 --child_out_filters=4 on 8x8x1 images of 10 classes" in said


def test_json_holds_the_same_and_the_numbers(monkeypatch, capsys):
    assert run_describe(monkeypatch, f"--arc={ARC}", "--json", "--num_classes=7", *SMALL) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["arc"] == ARC
    assert len(described["layers"]) == 3
    assert described["network"]["num_classes"] == 7
    assert described["network"]["num_parameters"] > 0 and described["network"]["multiply_adds"] > 0


def test_cells_are_recognised_by_their_number_of_integers(monkeypatch, capsys):
    arguments = ["--arc=" + " ".join(["0 0 1 4"] * 2), "--child_num_layers=1", *SMALL]
    assert run_describe(monkeypatch, *arguments) == 0
    assert "Micro architecture" in capsys.readouterr().out


def test_a_picture_in_both_formats(monkeypatch, tmp_path):
    assert run_describe(monkeypatch, f"--arc={ARC}", f"--picture={tmp_path / 'arc.png'}", *SMALL) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arc.png", "arc.svg"]


def test_the_best_architecture_of_a_run(monkeypatch, capsys, tmp_path):
    (tmp_path / "best_arc.txt").write_text(ARC + "\n")
    assert run_describe(monkeypatch, f"--arc_file={tmp_path / 'best_arc.txt'}", *SMALL) == 0
    assert "Macro architecture of 3 layers" in capsys.readouterr().out


@pytest.fixture
def found(tmp_path) -> pathlib.Path:
    """A run's directory with the record of an architecture of a changed space."""
    space = SpaceConfig("macro", 3, ("conv_5x5", "max_pooling"))
    record = ArcRecord("1 0 1 1 0 0", space, 3, 4, ImageFacts((17, 45, 3), 7))
    write_json(tmp_path / "best_arc.json", record.to_plain())
    return tmp_path


def test_space_sizes_and_images_of_a_run_follow_from_its_directory(monkeypatch, capsys, found):
    assert run_describe(monkeypatch, f"--arc_file={found}") == 0
    said = capsys.readouterr().out
    assert "layer 0  [1]      max_pooling of stem" in said
    assert "--child_num_layers=3 --child_out_filters=4 on 17x45x3 images of 7 classes" in said


def test_flags_win_over_what_a_run_says(monkeypatch, capsys, found):
    arguments = ("--child_out_filters=2", "--image_shape=8x9x1", "--num_classes=3")
    assert run_describe(monkeypatch, f"--arc_file={found}", *arguments) == 0
    assert "--child_out_filters=2 on 8x9x1 images of 3 classes" in capsys.readouterr().out


def test_flags_that_make_another_space_of_it_are_refused(monkeypatch, capsys, found):
    assert run_describe(monkeypatch, f"--arc_file={found}", "--child_num_branches=6") == 2
    assert "received one of the macro space of 3 layers with conv_5x5, max_pooling" in capsys.readouterr().err


def test_another_notation_is_all_that_is_written(monkeypatch, capsys):
    arc = " ".join(["0 0 1 1"] * 8)
    assert run_describe(monkeypatch, f"--arc={arc}", "--to=darts") == 0
    genotype = capsys.readouterr().out
    assert genotype.startswith("Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_5x5', 1)")
    assert run_describe(monkeypatch, f"--arc={genotype}", "--to=text") == 0
    assert capsys.readouterr().out == f"{arc}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([f"--arc={ARC}", "--to=darts"], "--to=darts: expected an architecture of two cells"),
        ([f"--arc={ARC}", "--to=text", "--json"], "--to: expected no --json beside it"),
        ([f"--arc={ARC}", "--image_shape=7x45x3"], "expected HEIGHTxWIDTHxCHANNELS, both sides at least 8"),
        ([], "--arc: expected an architecture (or --arc_file), received nothing"),
        (["--arc=2 3 1 1 0"], "--arc: expected as many integers as a macro or a micro architecture has"),
        (["--arc=2 3 1 1 0 2"], "--arc, layer 2: expected skip bits of 0 or 1"),
        (["--arc=2 3 1 1 0 x"], "--arc: expected integers separated by blanks, received 'x'"),
        (["--arc=2 3 1", "--child_num_layers=3"], "--child_num_layers=2 would fit"),
        (
            ["--arc=2 3 1", "--picture=/missing/arc"],
            "--picture=/missing/arc: expected a file in a directory that exists",
        ),
        (["--arc_file=missing.txt"], "--arc_file=missing.txt"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(monkeypatch, capsys, arguments, said):
    assert run_describe(monkeypatch, *arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("enas-describe: ")
    assert output.err.count("\n") == 1
    assert said in output.err


@pytest.mark.parametrize("strategy", [DartsConfig(alpha_lr=0.01), EvolutionConfig()])
def test_what_a_strategy_found_is_described_by_the_flags_of_its_run(monkeypatch, capsys, tmp_path, strategy):
    run, child = RunConfig(search_whole_channels=True), ChildConfig(num_layers=2, out_filters=4)
    num_candidates = 7 if strategy.takes_candidates else None
    config = SearchConfig(run, child=child, strategy=strategy, schedule=ScheduleConfig(num_candidates=num_candidates))
    (tmp_path / "flags.txt").write_text(flagfile_text(config))
    assert run_describe(monkeypatch, f"--flagfile={tmp_path / 'flags.txt'}", "--arc=1 0 0", "--image_size=8") == 0
    assert "Macro architecture of 2 layers" in capsys.readouterr().out
