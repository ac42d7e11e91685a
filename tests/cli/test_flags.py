"""Flags: names and defaults as specified, the way to a config and back, what is refused."""

import dataclasses
import re

import pytest
from absl import flags

from enas_tf.cli.assess_flags import ASSESS_FLAGS
from enas_tf.cli.benchmark import BENCHMARK_FLAGS
from enas_tf.cli.compare_flags import COMPARE_FLAGS, REPEATED_FLAGS
from enas_tf.cli.describe import DESCRIBE_FLAGS
from enas_tf.cli.export import EXPORT_FLAGS
from enas_tf.cli.flags import (
    SETTINGS,
    config_from_flagfile,
    define_search_flags,
    flag_lines,
    flagfile_text,
    search_config_from_flags,
)
from enas_tf.cli.kinds import BOOLEAN
from enas_tf.cli.other_flags import OTHER_FLAGS
from enas_tf.cli.predict import PREDICT_FLAGS
from enas_tf.cli.predict_flags import IMAGES_FLAG, MODEL_FLAG, SOURCE_FLAGS
from enas_tf.cli.strategy_flags import strategy_flag, strategy_flags
from enas_tf.cli.train import TRAIN_FLAGS
from enas_tf.config import ORIGINAL_QUIRKS, PoisonConfig, RunConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.strategies.controller import ControllerConfig
from enas_tf.strategies.registry import STRATEGIES
from enas_tf.training.schedules import make_schedule

NEEDED = ("--search_for=macro", "--controller_search_whole_channels")

# The original's flags with effect or without, and its defaults; `output_dir` is "" there, which stops it with an error.
ORIGINAL_DEFAULTS = {
    "reset_output_dir": False,
    "data_path": "",
    "output_dir": "outputs",
    "data_format": "NHWC",
    "search_for": None,
    "batch_size": 32,
    "num_epochs": 300,
    "child_lr_dec_every": 100,
    "child_num_layers": 5,
    "child_num_cells": 5,
    "child_filter_size": 5,
    "child_out_filters": 48,
    "child_out_filters_scale": 1,
    "child_num_branches": 4,
    "child_num_aggregate": None,
    "child_num_replicas": 1,
    "child_block_size": 3,
    "child_lr_T_0": None,
    "child_lr_T_mul": None,
    "child_cutout_size": None,
    "child_grad_bound": 5.0,
    "child_lr": 0.1,
    "child_lr_dec_rate": 0.1,
    "child_keep_prob": 0.5,
    "child_drop_path_keep_prob": 1.0,
    "child_l2_reg": 1e-4,
    "child_lr_max": None,
    "child_lr_min": None,
    "child_skip_pattern": None,
    "child_fixed_arc": None,
    "child_use_aux_heads": False,
    "child_sync_replicas": False,
    "child_lr_cosine": False,
    "controller_lr": 1e-3,
    "controller_lr_dec_rate": 1.0,
    "controller_keep_prob": 0.5,
    "controller_l2_reg": 0.0,
    "controller_bl_dec": 0.99,
    "controller_tanh_constant": None,
    "controller_op_tanh_reduce": 1.0,
    "controller_temperature": None,
    "controller_entropy_weight": None,
    "controller_skip_target": 0.8,
    "controller_skip_weight": 0.0,
    "controller_num_aggregate": 1,
    "controller_num_replicas": 1,
    "controller_train_steps": 50,
    "controller_forwards_limit": 2,
    "controller_train_every": 2,
    "controller_search_whole_channels": False,
    "controller_sync_replicas": False,
    "controller_training": True,
    "controller_use_critic": False,
    "log_every": 50,
    "eval_every_epochs": 1,
}


def _parse(*arguments: str) -> flags.FlagValues:
    values = define_search_flags(flags.FlagValues())
    values(["enas-search", *arguments])
    return values


CONTROLLER = ControllerConfig()  # without --controller_sync_replicas every sample is an update
DEFAULTS = SearchConfig(RunConfig(search_whole_channels=True), strategy=CONTROLLER)


def _config(*arguments: str) -> SearchConfig:
    return search_config_from_flags(_parse(*NEEDED, *arguments))


def test_the_originals_flags_have_its_defaults():
    values = _parse()
    assert {name: values[name].value for name in ORIGINAL_DEFAULTS} == ORIGINAL_DEFAULTS


def test_every_flag_of_the_originals_scripts_is_defined():
    # `child_num_cell_layers` is passed by two scripts and defined nowhere in the original.
    values = define_search_flags(flags.FlagValues())
    assert [name for name in (*ORIGINAL_DEFAULTS, "child_num_cell_layers") if name not in values] == []


def test_every_config_field_has_one_flag():
    for section, specs in SETTINGS.items():
        fields = [field.name for field in dataclasses.fields(getattr(SearchConfig(), section))]
        assert sorted(spec.field for spec in specs) == sorted(fields)


def test_every_flag_has_a_sentence_of_help():
    specs = [*OTHER_FLAGS, strategy_flag(), *(spec for specs in SETTINGS.values() for spec in specs)]
    specs += [spec for kind in STRATEGIES.values() for spec in strategy_flags(kind)]
    assert [spec.name for spec in specs if not spec.help.endswith(".")] == []


def test_flags_left_out_give_the_default_config():
    assert _config() == DEFAULTS
    assert search_config_from_flags(_parse("--search_for=macro")) == SearchConfig(strategy=CONTROLLER)


def test_flags_reach_their_fields():
    config = _config(
        "--child_cutout_size=12",
        "--nohorizontal_flip",
        "--download=False",
        "--child_lr_cosine",
        "--child_lr_max=0.05",
        "--child_lr_min=0.0005",
        "--child_lr_T_0=10",
        "--child_lr_T_mul=2",
        "--controller_lstm_size=32",
        "--nocontroller_training",
    )
    assert (config.data.cutout_size, config.data.horizontal_flip, config.data.download) == (12, False, False)
    assert (config.optimizer.lr_max, config.optimizer.lr_min) == (0.05, 0.0005)
    assert (config.optimizer.lr_t_0, config.optimizer.lr_t_mul) == (10, 2)
    assert (config.strategy.lstm_size, config.strategy.training) == (32, False)


def test_flags_that_no_published_script_passes_reach_their_fields():
    config = _config(
        "--search_for=connection",
        "--child_out_filters=20",
        "--child_out_filters_scale=2",
        "--child_lr=0.2",
        "--child_lr_dec_every=3",
        "--child_lr_dec_rate=0.5",
        "--controller_temperature=5",
        "--controller_lstm_num_layers=2",
        "--controller_l2_reg=0.01",
    )
    assert (config.run.search_for, config.child.filters) == ("connection", 40)
    assert (config.strategy.temperature, config.strategy.lstm_num_layers, config.strategy.l2_reg) == (5, 2, 0.01)
    # by hand: halved every 3 epochs of 2 steps
    schedule = make_schedule(config.optimizer, batches_per_epoch=2)
    assert [schedule(step) for step in (0, 5, 6, 11, 12)] == [0.2, 0.2, 0.1, 0.1, 0.05]


def test_without_sync_replicas_every_sample_is_an_update():
    counts = ("--controller_num_aggregate=20", "--controller_train_steps=50")
    together = _config("--controller_sync_replicas", *counts).strategy
    apart = _config(*counts).strategy
    assert (together.num_aggregate, together.train_steps) == (20, 50)
    assert (apart.num_aggregate, apart.train_steps) == (1, 1000)


@pytest.mark.parametrize(
    ("text", "quirks"),
    [
        ("", set()),
        ("unclipped", {"unclipped"}),
        ("unclipped, last_branch", {"unclipped", "last_branch"}),
        ("all", set(ORIGINAL_QUIRKS)),
    ],
)
def test_quirks_are_named_one_by_one_or_all(text, quirks):
    assert _config(f"--original_quirks={text}").run.original_quirks == quirks


def test_a_poison_reaches_its_fields_in_canonical_form():
    config = _config("--remove_ops=removal_2", "--poison=P1_006", "--poison_ops=dropout(rate=1):2, identity:1").poison
    assert config == PoisonConfig(("removal_2",), "P1_006", (("dropout(rate=1.0)", 2), ("identity", 1)))


def test_operations_on_offer_reach_their_field_in_canonical_form():
    assert _config().child.operations is None
    config = _config("--operations=identity, dropout(rate=1),conv_3x3", "--child_num_branches=6")
    assert config.child.operations == ("identity", "dropout(rate=1.0)", "conv_3x3")
    assert "--operations=identity,dropout(rate=1.0),conv_3x3\n" in flagfile_text(config)
    assert "--operations" not in flagfile_text(_config())  # experiments from before compare such lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--poison=P1_006", "--original_quirks=all"), "--original_quirks=last_branch: expected no poison beside it"),
        (
            ("--search_mode=random_sampling", "--guided_random_candidates=9"),
            "--guided_random_candidates: expected 0 with --search_mode=random_sampling, received 9",
        ),
    ],
)
def test_settings_that_contradict_one_another_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        _config(*arguments)


def test_flags_without_effect_are_accepted():
    arguments = (
        "--child_num_cell_layers=5",
        "--child_skip_pattern=any",
        "--controller_use_critic",
        "--child_num_replicas=2",
    )
    assert _config(*arguments) == DEFAULTS


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (
            "--original_quirks=all",
            "--data_dir=/a directory/with blanks",
            "--image_size=16",
            "--nodownload",
            "--reset_output_dir",
            "--child_l2_reg=2.5e-4",
            "--controller_entropy_weight=1e-4",
            "--controller_num_aggregate=20",
            "--seed=7",
        ),
        ("--controller_sync_replicas", "--controller_num_aggregate=20", "--search_for=connection"),
        (
            "--operations=max_pooling,conv_3x3,dropout(rate=.5),identity",
            "--remove_ops=conv_3x3, max_pooling",
            "--poison=P6P3_002_100",
            "--poison_ops=dropout(rate=.5):2,identity:1",
            "--search_mode=random",
            "--guided_random_candidates=100",
        ),
    ],
)
def test_the_flagfile_repeats_the_run(tmp_path, arguments):
    config = _config(*arguments)
    flagfile = tmp_path / "flags.txt"
    flagfile.write_text(flagfile_text(config))
    assert search_config_from_flags(_parse(f"--flagfile={flagfile}")) == config


def test_the_flagfile_states_each_value_and_omits_what_is_unset():
    lines = flagfile_text(_config("--nohorizontal_flip", "--original_quirks=unclipped,last_branch")).splitlines()
    expected = {"--nohorizontal_flip", "--original_quirks=last_branch,unclipped", "--child_l2_reg=0.0001", "--seed=0"}
    assert expected <= set(lines)
    assert not [line for line in lines if "cutout" in line or "None" in line]


def _flag_lines(*arguments: str) -> list[str]:
    values = _parse(*NEEDED, *arguments)
    return flag_lines(values, search_config_from_flags(values))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("--num_epochs=4", "--controller_train_steps=5", "--controller_num_aggregate=2"),
            {
                **{"search_schedule": "joint", "child_arcs": "strategy", "candidates_per_epoch": "20 in all"},
                **{"num_candidates": "20", "outcome_candidates": "0", "recalibration_batches": "0"},
                **{"num_valid_images": "a tenth of the training images", "operations": "the first 4"},
            },
        ),
        (
            ("--num_epochs=4", "--search_mode=evolution", "--controller_train_every=1"),
            {
                **{"search_schedule": "after", "child_arcs": "uniform", "candidates_per_epoch": "0"},
                **{"num_candidates": "200", "outcome_candidates": "10", "recalibration_batches": "4"},
                **{"reward_images": "all held-out images"},
            },
        ),
        (("--search_mode=darts",), {"recalibration_batches": "4", "child_arcs": "strategy", "num_candidates": "0"}),
        (("--search_mode=evolution", "--num_candidates=70", "--reward_images=8"), {"num_candidates": "70"}),
        (("--child_fixed_arc=0",), {"search_schedule": "None", "num_candidates": "None"}),
    ],
)
def test_what_follows_from_other_flags_is_told(arguments, expected):
    told = {name: text for name, _, text in (re.split(r"(\.{3,})", line) for line in _flag_lines(*arguments))}
    assert {name: told[name] for name in expected} == expected


def test_candidates_that_nobody_would_have_are_refused():
    for mode in ("random", "evolution", "tpe"):
        arguments = [f"--search_mode={mode}", "--num_epochs=3", "--controller_train_every=50"]
        if mode == "random":
            arguments += ["--outcome_candidates=3"]
        else:
            with pytest.raises(InputError, match=r"--controller_train_every: expected a divisor of an evaluated epoch"):
                _config(*arguments)
            assert _config(*arguments, "--num_candidates=7").num_candidates == 7


def test_flag_lines_are_those_of_the_originals_log():
    lines = _flag_lines("--controller_entropy_weight=0.0001", "--child_use_aux_heads")
    assert lines == sorted(lines)
    assert {len(line) for line in lines} == {80}
    assert "child_cutout_size...........................................................None" in lines
    assert "child_use_aux_heads.........................................................True" in lines
    assert "controller_entropy_weight.................................................0.0001" in lines
    assert "search_for.................................................................macro" in lines
    assert {line.split(".")[0] for line in lines} >= set(ORIGINAL_DEFAULTS)


def test_the_log_lists_the_flags_of_the_chosen_strategy_and_of_the_controller():
    def prefixes(*arguments):
        listed = {line.split(".")[0] for line in _flag_lines(*arguments)}
        return {name for name in STRATEGIES if any(flag.startswith(f"{name}_") for flag in listed)}

    assert prefixes() == prefixes("--search_mode=random") == {"controller"}
    assert prefixes("--search_mode=evolution") == {"controller", "evolution"}


CHILD_RATES = ("--child_lr_cosine", "--child_lr_max=0.05", "--child_lr_min=0.001", "--child_lr_T_0=10")


def test_what_does_not_train_weights_is_not_among_the_settings_that_are_written():
    """Neither in the log nor in flags.txt nor in config.json, and a run that goes on may name it or not."""
    arguments = (*CHILD_RATES, "--child_lr_T_mul=2", "--child_grad_bound=4")
    names = {spec.name for spec in SETTINGS["optimizer"]}
    for mode, are_there in (("darts", False), ("evolution", True)):
        values = _parse(*NEEDED, *arguments, f"--search_mode={mode}")
        config = search_config_from_flags(values)
        in_log = {line.split(".")[0] for line in flag_lines(values, config)}
        in_flagfile = {line[2:].partition("=")[0] for line in flagfile_text(config).splitlines()}
        for listed in (in_log, in_flagfile):
            assert (names <= listed) if are_there else not names & listed, mode
        assert ("optimizer" in config.to_plain()) == are_there
        assert "--child_grad_bound=4.0" in flagfile_text(config, with_training=True)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("--search_for=cells", "macro, branch, connection or micro"),
        ("--batch_size=0", "a positive integer"),
        ("--batch_size=many", "a positive integer"),
        ("--batch_size=2.5", "a positive integer"),
        ("--seed=-1", "an integer of at least 0"),
        ("--image_size=7", "an integer of at least 8"),
        ("--child_num_branches=3", "4, 5 or 6"),
        ("--child_keep_prob=0", "a number above 0 and at most 1"),
        ("--child_keep_prob=nan", "a number above 0 and at most 1"),
        ("--child_l2_reg=-1", "a number of at least 0"),
        ("--child_lr=inf", "a number above 0"),
        ("--controller_skip_target=1", "between 0 and 1"),
        ("--controller_bl_dec=1.1", "from 0 to 1"),
        ("--data_format=nhwc", "NHWC or NCHW"),
        ("--download=perhaps", "true or false"),
        ("--output_dir=", "not empty"),
        ("--original_quirks=last_brunch", ", ".join(ORIGINAL_QUIRKS)),
        ("--original_quirks=all,last_brunch", ", ".join(ORIGINAL_QUIRKS)),
        ("--search_mode=guided", "controller, random, random_sampling"),
        ("--guided_random_candidates=-1", "an integer of at least 0"),
        ("--operations=dropout", "dropout(rate=…), received dropout"),
        ("--operations=conv 3x3", "an operation as name or name(parameter=value), received 'conv 3x3'"),
        ("--poison=P7_006", "received P7_006 (set P7, 6 instances, no variant)"),
        ("--poison=identity", "P<set>_<instances> or P<set>_<instances>_<variant>"),
        ("--poison_ops=identity", "operation:instances, separated by commas"),
        ("--poison_ops=dropout(rate=1.5):1", "a rate from 0 to 1, received 1.5"),
        ("--poison_ops=transposed_conv(kernel_size=4):1", "an odd kernel size (an even one changes the shape"),
    ],
)
def test_an_illegal_value_names_the_flag_the_value_and_what_is_expected(argument, expected):
    with pytest.raises(flags.IllegalFlagValueError) as error:
        _parse(argument)
    assert f"flag {argument}: expected" in str(error.value)
    assert expected in str(error.value)


def test_what_to_search_for_must_be_given():
    with pytest.raises(flags.IllegalFlagValueError, match="--search_for: expected macro, branch, connection or micro"):
        search_config_from_flags(_parse("--controller_search_whole_channels"))


def test_what_the_original_stops_at_is_refused():
    with pytest.raises(InputError) as error:
        _config("--child_sync_replicas")
    assert error.value.what == "--child_sync_replicas"


@pytest.mark.parametrize(
    ("what", "arguments"),
    [
        ("--child_fixed_arc", ["--child_fixed_arc=0 1 1"]),
        ("--search_for=connection", ["--search_for=connection"]),
        ("--poison, --poison_ops or --remove_ops", ["--poison=P1_006"]),
        ("--original_quirks=last_branch", ["--original_quirks=last_branch,unclipped"]),
        ("--child_out_filters=1", ["--child_out_filters=1", "--child_out_filters_scale=2"]),
    ],
)
def test_what_needs_whole_channels_is_refused_without_them(what, arguments):
    with pytest.raises(InputError, match="expected --controller_search_whole_channels beside it") as error:
        search_config_from_flags(_parse("--search_for=macro", *arguments))
    assert error.value.what == what


def test_without_whole_channels_all_quirks_are_those_that_concern_the_run():
    config = search_config_from_flags(_parse("--search_for=macro", "--original_quirks=all"))
    assert config.searches_channels and config.run.original_quirks == set(ORIGINAL_QUIRKS)


EVOLUTION = "--search_mode=evolution"


def test_the_budget_follows_from_the_controllers_flags_where_no_flag_says_it():
    controller = ("--controller_sync_replicas", "--controller_train_steps=5", "--controller_num_aggregate=10")
    every = ("--controller_train_every=1", "--num_epochs=70")
    after = _config(EVOLUTION, *controller, *every)
    assert (after.searches_after, after.schedule.num_candidates, after.candidates_per_epoch) == (True, 3500, 0)
    joint = _config(EVOLUTION, *controller, *every, "--search_schedule=joint")
    assert (joint.schedule.candidates_per_epoch, joint.num_candidates) == (50, 3500)
    # What a controller that is trained after every second or third epoch has on average.
    for train_every, eval_every, number in ((2, 1, 25), (2, 2, 50), (3, 2, 17)):
        flags_given = (f"--controller_train_every={train_every}", f"--eval_every_epochs={eval_every}")
        assert _config(EVOLUTION, *controller, *flags_given, "--search_schedule=joint").candidates_per_epoch == number
    # Random search takes candidates where it is asked to, and every strategy that searches afterwards does.
    assert _config("--search_mode=random", *controller).num_candidates is None
    assert _config("--search_mode=random", "--candidates_per_epoch=4").num_candidates == 1200
    assert _config("--search_mode=random", "--search_schedule=after", *controller, *every).num_candidates == 3500
    assert _config().num_candidates is None


@pytest.mark.parametrize("mode", STRATEGIES)
def test_a_flagfile_repeats_the_budget_and_says_nothing_new_of_controller_and_random(mode):
    config = _config(f"--search_mode={mode}", "--num_epochs=4")
    text = flagfile_text(config)
    assert search_config_from_flags(_parse(*text.splitlines())) == config
    old = mode in ("controller", "random", "random_sampling", "darts")
    new = [line for line in text.splitlines() if "candidates=" in line and "guided" not in line]
    assert new == ([] if old else ["--num_candidates=100"])


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ([EVOLUTION, "--candidates_per_epoch=3"], "--candidates_per_epoch: expected --num_candidates in its place"),
        (
            [EVOLUTION, "--search_schedule=joint", "--num_candidates=3"],
            "--num_candidates: expected --candidates_per_epoch in its place",
        ),
        (["--search_mode=random", "--num_candidates=3"], "--num_candidates: expected --candidates_per_epoch"),
        (
            ["--search_schedule=after"],
            "--search_schedule: expected joint with --search_mode=controller, received after",
        ),
        (["--search_mode=random_sampling", "--search_schedule=after"], "expected joint with"),
        (["--candidates_per_epoch=3"], "--candidates_per_epoch: expected no candidates beside those that follow"),
        (["--num_candidates=3"], "--num_candidates: expected no candidates beside those that follow"),
        (["--search_mode=darts", "--outcome_candidates=3"], "--outcome_candidates: expected no such flag"),
        (["--search_mode=random", "--reward_images=9"], "--reward_images: expected no such flag"),
        (["--search_mode=random", "--outcome_candidates=9"], "--outcome_candidates: expected no such flag"),
        ([EVOLUTION, "--child_arcs=strategy"], "--child_arcs: expected uniform with --search_schedule=after"),
        (
            ["--search_mode=grid", "--search_schedule=joint", "--child_arcs=strategy"],
            "--child_arcs: expected uniform with --search_mode=grid",
        ),
    ],
)
def test_flags_of_the_schedule_that_do_not_go_together_are_named(arguments, fault):
    with pytest.raises(InputError, match=fault):
        _config(*arguments)


@pytest.mark.parametrize(
    "argument",
    [
        *("--search_schedule=before", "--child_arcs=random", "--candidates_per_epoch=0", "--num_candidates=-1"),
        *("--reward_images=0", "--outcome_candidates=0", "--recalibration_batches=-1", "--num_candidates=many"),
    ],
)
def test_values_of_the_schedule_that_are_none_are_refused(argument):
    with pytest.raises(flags.Error, match=argument.partition("=")[0].removeprefix("--")):
        _config(argument)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cost_target=3"], "--cost_target: expected --reward_cost beside it, without which it has no effect"),
        (["--cost_weight=-1"], "--cost_weight: expected --reward_cost beside it"),
        (["--reward_cost=parameters"], "--cost_target: expected the parameters at which the price is 1"),
        (
            ["--reward_cost=parameters", "--cost_target=3", "--operation_milliseconds=x"],
            "--operation_milliseconds: expected --reward_cost=milliseconds beside it",
        ),
        (
            ["--reward_cost=parameters", "--cost_target=3", "--search_mode=darts"],
            "--reward_cost: expected no such flag with --search_mode=darts, in which rewards decide nothing",
        ),
        (
            ["--reward_cost=parameters", "--cost_target=3", "--search_mode=random_sampling"],
            "--reward_cost: expected no such flag with --search_mode=random_sampling",
        ),
    ],
)
def test_prices_without_effect_are_refused(arguments, said):
    with pytest.raises(InputError, match=re.escape(said)):
        _config(*arguments)


def test_the_weight_of_a_cost_is_a_number_or_one_on_each_side_of_the_target():
    priced = ("--reward_cost=multiply_adds", "--cost_target=1e6")
    for text, weights in (("-0.5", (-0.5, -0.5)), ("0,-1", (0.0, -1.0))):
        config = _config(*priced, f"--cost_weight={text}")
        assert config.reward.exponents == weights
        assert config_from_flagfile(flagfile_text(config)) == config
    assert _config(*priced).reward.exponents == (-0.07, -0.07)
    assert "reward_cost" not in flagfile_text(_config()) and "cost_weight" not in flagfile_text(_config())
    for text in ("1", "0,-1,-2", "-inf", "much"):
        with pytest.raises(flags.IllegalFlagValueError, match="a number of at most 0, or two separated by a comma"):
            _parse(*priced, f"--cost_weight={text}")
    told = {name: text for name, _, text in (re.split(r"(\.{3,})", line) for line in _flag_lines(*priced))}
    assert told["cost_weight"] == "-0.07"


# Every command's flags that name a file or a directory.
PATH_FLAGS = {
    *("output_dir", "init_from_original", "data_dir", "data_path", "arc_file", "experiment_dir", "picture"),
    *("operation_milliseconds", "image_cache_dir", "run", "init_from_search", "model", "images", "csv"),
    *("chart", "against", "golden", "log", "report", "write_golden", "original_checkpoint", "expected", "output"),
}


def test_in_every_path_the_home_directory_is_a_tilde(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    specs = [spec for specs in SETTINGS.values() for spec in specs]
    specs += [*OTHER_FLAGS, *ASSESS_FLAGS, *DESCRIBE_FLAGS, *COMPARE_FLAGS, *REPEATED_FLAGS, *BENCHMARK_FLAGS]
    specs += [*TRAIN_FLAGS, MODEL_FLAG, IMAGES_FLAG, *SOURCE_FLAGS, *EXPORT_FLAGS, *PREDICT_FLAGS]
    paths = [spec for spec in specs if spec.name in PATH_FLAGS or re.search("_(dir|path|file)$", spec.name)]
    paths = [spec for spec in paths if spec.kind is not BOOLEAN]
    assert {spec.name for spec in paths} >= PATH_FLAGS
    assert [spec.name for spec in paths if spec.kind.parse("~/a b") != "/home/someone/a b"] == []
    assert _config("--output_dir=~/runs").run.output_dir == "/home/someone/runs"
    assert next(spec for spec in BENCHMARK_FLAGS if spec.name == "json").kind.parse("~/x") == "/home/someone/x"
