"""What a run was set to: kept as data, compared as data, and read from flags where there is nothing else."""

import dataclasses
import json

import pytest

from enas_tf.cli.flags import config_from_flagfile, flagfile_text
from enas_tf.config import (
    JOINT,
    DataConfig,
    OptimizerConfig,
    PoisonConfig,
    RunConfig,
    ScheduleConfig,
    SearchConfig,
)
from enas_tf.errors import InputError
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.search.settings import CommandLine, read_config, resumes, write_config
from enas_tf.strategies.controller import ControllerConfig
from enas_tf.strategies.darts import DartsConfig
from enas_tf.strategies.q_learning import QLearningConfig
from enas_tf.strategies.random import RandomConfig

COMMAND_LINE = CommandLine([], flagfile_text, config_from_flagfile)
CONFIG = SearchConfig(
    RunConfig(search_whole_channels=True, seed=3, original_quirks=frozenset({"unclipped", "frozen_aux_head"})),
    DataConfig(data_path="my --batch_size=32 images"),
    optimizer=OptimizerConfig(lr_cosine=True, lr_max=0.1, lr_min=1e-17, lr_t_0=10, lr_t_mul=2),
    strategy=ControllerConfig(tanh_constant=1.5, lr=0.1 + 0.2),
    poison=PoisonConfig(("removal_2",), "P1_006", (("dropout(rate=1.0)", 2), ("identity", 1))),
)


@pytest.fixture
def directory(tmp_path) -> RunDirectory:
    return RunDirectory(str(tmp_path))


def with_section(config: SearchConfig, section: str, **fields) -> SearchConfig:
    return dataclasses.replace(config, **{section: dataclasses.replace(getattr(config, section), **fields)})


@pytest.mark.parametrize("config", [CONFIG, dataclasses.replace(CONFIG, strategy=RandomConfig())])
def test_settings_come_back_from_json(directory, config):
    write_config(directory, config, None)
    assert read_config(directory) == config
    assert not directory.flags.exists()


def test_a_run_from_before_a_setting_has_its_default(directory):
    write_config(directory, CONFIG, COMMAND_LINE)
    plain = json.loads(directory.config.read_text())
    del plain["poison"], plain["run"]["jit_compile"]
    directory.config.write_text(json.dumps(plain))
    assert read_config(directory) == dataclasses.replace(CONFIG, poison=PoisonConfig())


def test_a_run_with_the_same_settings_is_resumed(directory):
    config = with_section(CONFIG, "run", output_dir=str(directory.path))
    assert resumes(directory, config, COMMAND_LINE) is False
    write_config(directory, config, COMMAND_LINE)
    assert resumes(directory, config, COMMAND_LINE) is True


def test_a_run_from_before_there_was_config_json_is_resumed(directory):
    strategy = RandomConfig()
    old = dataclasses.replace(CONFIG, strategy=strategy, poison=PoisonConfig())
    # As such runs had them: settings of a controller that is not there, and no settings that are younger.
    lines = flagfile_text(dataclasses.replace(old, strategy=CONFIG.strategy)).replace("=controller\n", "=random\n")
    directory.flags.write_text("\n".join(line for line in lines.splitlines() if not line.startswith("--poison")))
    assert read_config(directory, COMMAND_LINE) == old
    assert resumes(directory, old, COMMAND_LINE) is True
    with pytest.raises(InputError, match=r"--search_mode=controller \(there: random\)$"):
        resumes(directory, dataclasses.replace(old, strategy=CONFIG.strategy), COMMAND_LINE)


def test_resuming_names_each_flag_that_differs_with_both_values(directory):
    write_config(directory, CONFIG, COMMAND_LINE)
    now = with_section(with_section(CONFIG, "data", batch_size=64, cutout_size=4), "strategy", lr=0.5)
    now = with_section(now, "run", num_epochs=7)
    with pytest.raises(InputError) as error:
        resumes(directory, now, COMMAND_LINE)
    said = str(error.value)
    assert said.startswith(f"--output_dir={directory.path}: expected a run with the same flags to resume")
    assert "--batch_size=64 (there: 32)" in said
    assert "--child_cutout_size=4 (there: None)" in said
    assert "--controller_lr=0.5 (there: 0.30000000000000004)" in said
    assert "--seed" not in said
    assert "--num_epochs" not in said
    with pytest.raises(InputError, match=r"data.batch_size=64 \(there: 32\)"):
        resumes(directory, now, None)


def test_epochs_are_evaluated_as_often_as_the_run_has_evaluated_them(directory):
    write_config(directory, CONFIG, COMMAND_LINE)
    with pytest.raises(InputError, match=r"received --eval_every_epochs=3 \(there: 1\)$"):
        resumes(directory, with_section(CONFIG, "run", eval_every_epochs=3), COMMAND_LINE)


def test_what_changes_no_number_may_differ_on_resume(directory):
    write_config(directory, CONFIG, COMMAND_LINE)
    now = with_section(CONFIG, "run", num_epochs=400, log_every=1, output_dir="elsewhere")
    now = with_section(now, "data", download=False, data_dir="there", image_memory_gb=0.0, image_cache_dir="here")
    assert resumes(directory, now, COMMAND_LINE) is True


def of_epochs(config: SearchConfig, num_epochs: int, **run) -> SearchConfig:
    return with_section(config, "run", num_epochs=num_epochs, **run)


MICRO = dataclasses.replace(CONFIG, run=RunConfig(search_for="micro"), poison=PoisonConfig())
DROPPING = with_section(MICRO, "child", fixed_arc="0 0 0 0", drop_path_keep_prob=0.9)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (DROPPING, "--child_drop_path_keep_prob is reached in the last epoch"),
        (dataclasses.replace(MICRO, strategy=DartsConfig()), "--search_mode=darts is paced by them"),
        (
            dataclasses.replace(MICRO, strategy=QLearningConfig(), schedule=ScheduleConfig(search_schedule=JOINT)),
            "--search_mode=q_learning is paced by them",
        ),
    ],
)
def test_other_epochs_are_refused_where_they_would_not_give_the_run_that_has_so_many_at_once(directory, config, reason):
    write_config(directory, of_epochs(config, 8), COMMAND_LINE)
    assert resumes(directory, of_epochs(config, 8), COMMAND_LINE) is True
    for other in (7, 9):
        said = f"--num_epochs: expected 8, as the run found there has: {reason}, received {other}"
        with pytest.raises(InputError, match=said):
            resumes(directory, of_epochs(config, other), COMMAND_LINE)


def test_other_epochs_are_taken_where_they_would(directory):
    plain = with_section(DROPPING, "child", drop_path_keep_prob=1.0)
    for config in (plain, MICRO, of_epochs(CONFIG, 8, eval_every_epochs=4)):
        write_config(directory, of_epochs(config, 8), COMMAND_LINE)
        assert resumes(directory, of_epochs(config, 9), COMMAND_LINE) is True


def test_a_run_of_another_command_is_not_cleared_away(directory):
    write_config(directory, MICRO, COMMAND_LINE)
    training = with_section(DROPPING, "run", reset_output_dir=True)
    with pytest.raises(InputError, match="expected no run, or one of enas-train, received one of enas-search, which"):
        resumes(directory, training, COMMAND_LINE)
    assert resumes(directory, with_section(MICRO, "run", reset_output_dir=True), COMMAND_LINE) is False
    directory.config.write_text("{")
    assert resumes(directory, training, COMMAND_LINE) is False


def test_nor_does_what_has_no_effect(directory):
    darts = dataclasses.replace(CONFIG, strategy=DartsConfig())
    write_config(directory, darts, COMMAND_LINE)
    assert "child_lr" not in directory.flags.read_text()
    assert "optimizer" not in json.loads(directory.config.read_text())
    assert resumes(directory, darts, COMMAND_LINE) is True
    assert resumes(directory, dataclasses.replace(darts, optimizer=OptimizerConfig()), COMMAND_LINE) is True
    with pytest.raises(InputError, match=r"--darts_order=2 \(there: 1\)"):
        resumes(directory, with_section(darts, "strategy", order=2), COMMAND_LINE)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", '{"strategy": {"name": "luck"}}', '{"strategy": {"name": "random"}, "run": {"sed": 1}}', "3"],
)
def test_settings_that_cannot_be_read_are_named_with_their_file(directory, text):
    directory.config.write_text(text)
    with pytest.raises(InputError) as error:
        resumes(directory, CONFIG, COMMAND_LINE)
    assert str(error.value).startswith(f"{directory.config}: expected the settings of a search, received ")


def test_a_directory_without_a_run_has_no_settings(directory):
    with pytest.raises(InputError, match="expected a run with its config.json"):
        read_config(directory)
