"""enas-train on its command line: what it takes from the search it follows, and what it refuses."""

import dataclasses
import sys

import pytest
from absl import flags

from enas_tf.cli import train
from enas_tf.cli.flags import define_search_flags, flagfile_text, search_config_from_flags
from enas_tf.cli.settings_of_run import parse_after_search
from enas_tf.config import ChildConfig, DataConfig, RunConfig, ScheduleConfig, SearchConfig
from enas_tf.reporting.results import write_json, write_text
from enas_tf.strategies.controller import ControllerConfig
from enas_tf.strategies.darts import DartsConfig
from enas_tf.strategies.evolution import EvolutionConfig

SEARCH = SearchConfig(
    RunConfig(search_whole_channels=True, num_epochs=7, seed=3, guided_random_candidates=5),
    DataConfig(dataset="digits", horizontal_flip=False),
    ChildConfig(num_layers=2, out_filters=4, num_branches=6),
    strategy=EvolutionConfig(),
    schedule=ScheduleConfig(search_schedule="after", num_candidates=500),
)


@pytest.fixture
def search(tmp_path):
    """The directory of a search, as far as settings and architecture go."""
    directory = tmp_path / "search"
    directory.mkdir()
    write_json(directory / "config.json", SEARCH.to_plain())
    write_text(directory / "flags.txt", flagfile_text(SEARCH))
    write_text(directory / "best_arc.txt", "2 3 1\n")
    return directory


def parsed(*arguments: str) -> SearchConfig:
    values = parse_after_search(
        lambda: define_search_flags(flags.FlagValues()), ["command", *arguments], "", ["init_from_search"]
    )
    return search_config_from_flags(values)


def test_a_searchs_settings_hold_where_no_flag_says_otherwise(search):
    config = parsed(f"--init_from_search={search}", "--child_fixed_arc=2 3 1", "--num_epochs=9")
    assert (config.data, config.optimizer) == (SEARCH.data, SEARCH.optimizer)
    assert config.child == dataclasses.replace(SEARCH.child, fixed_arc="2 3 1")
    assert (config.run.num_epochs, config.run.seed) == (9, 3)


def test_how_it_searched_and_where_it_lies_are_left_out(search):
    config = parsed(f"--init_from_search={search}", "--child_fixed_arc=2 3 1")
    assert config.strategy == ControllerConfig(training=False).without_aggregation()
    assert config.schedule == ScheduleConfig()
    assert config.run.guided_random_candidates == 0
    assert config.run.output_dir == RunConfig().output_dir


def test_what_darts_found_is_trained_by_the_childs_flags(search):
    darts = dataclasses.replace(SEARCH, strategy=DartsConfig(), schedule=ScheduleConfig())
    write_json(search / "config.json", darts.to_plain())
    config = parsed(f"--init_from_search={search}", "--child_fixed_arc=2 3 1")
    assert config.strategy.trains_by_child_flags
    assert config.child.num_layers == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--child_fixed_arc: expected an architecture to train (or --arc_file), received nothing"),
        (["--top=3"], "--top: expected --run beside it, received none"),
        (["--seeds=0..4"], "--seeds: expected --run beside it, received none"),
        (["--run={search}"], "--output_dir: expected a directory for the trainings beside --run={search}"),
        (["--run={search}", "--output_dir=x", "--arc_file=y"], "--arc_file: expected no such flag beside --run="),
        (["--run={search}", "--output_dir=x", "--child_fixed_arc=2 3 1"], "--child_fixed_arc: expected no such flag"),
        (["--run={search}", "--output_dir=x", "--seed=4"], "--seed: expected no such flag beside --run="),
        (["--run={search}", "--output_dir=x", "--nohold_out_validation"], "--hold_out_validation: expected no such"),
        (["--run={search}", "--output_dir=x", "--seeds=3..1"], "expected seeds as 0,1,2 or 0..9"),
        (["--run={search}", "--init_from_search=x"], "--init_from_search: expected no --run beside it, received x"),
        (["--run=nowhere", "--output_dir=x"], "--run=nowhere: expected the directory of a search, received none"),
        (["--init_from_search=nowhere"], "--init_from_search=nowhere: expected the directory of a search"),
        (
            ["--run={search}", "--output_dir=x", "--child_num_layers=3"],
            "--run={search}: expected an architecture of the macro space of 3 layers",
        ),
        (
            ["--init_from_search={search}", "--init_from_original=y"],
            "--init_from_search: expected no --init_from_original beside it, received y",
        ),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(monkeypatch, capsys, tmp_path, search, arguments, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["enas-train", *(argument.format(search=search) for argument in arguments)])
    with pytest.raises(SystemExit) as exit_:
        train.run()
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("enas-train: ")
    assert error.count("\n") == 1
    assert said.format(search=search) in error
    assert [path.name for path in tmp_path.iterdir()] == ["search"]


def test_ranges_of_channels_have_no_network_to_train(monkeypatch, capsys, search):
    channels = dataclasses.replace(SEARCH, run=dataclasses.replace(SEARCH.run, search_whole_channels=False))
    write_json(search / "config.json", channels.to_plain())
    monkeypatch.setattr(sys, "argv", ["enas-train", f"--run={search}", "--output_dir=x"])
    with pytest.raises(SystemExit):
        train.run()
    error = capsys.readouterr().err
    assert f"--run={search}: expected a search whose architectures have networks of their own" in error


def test_a_final_training_is_no_search(monkeypatch, capsys, search):
    fixed = dataclasses.replace(SEARCH, child=dataclasses.replace(SEARCH.child, fixed_arc="2 3 1"))
    write_json(search / "config.json", fixed.to_plain())
    monkeypatch.setattr(sys, "argv", ["enas-train", f"--run={search}", "--output_dir=x"])
    with pytest.raises(SystemExit):
        train.run()
    assert "expected the directory of a search, received that of a final training" in capsys.readouterr().err
