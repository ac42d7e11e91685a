"""Every published flagfile parses, names only flags that exist, and describes a search or an experiment."""

import pathlib

import pytest
from absl import flags

from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.assess.report.findings import ENOUGH_SEEDS
from enas_tf.cli.assess import planned_searches
from enas_tf.cli.assess_flags import assess_config_from_flags, define_assess_flags
from enas_tf.cli.flags import define_search_flags, search_config_from_flags
from enas_tf.cli.main import parse_flags
from enas_tf.config import SearchConfig
from enas_tf.poisoning import POISON_SETS, space_of

FLAGFILES = pathlib.Path(__file__).parents[1] / "flags"
EXPERIMENTS = sorted(FLAGFILES.glob("assess/*.flags"))


def _read(path: pathlib.Path) -> SearchConfig:
    values = define_search_flags(flags.FlagValues())
    parse_flags(values, ["enas-search", f"--flagfile={path}"], "")
    return search_config_from_flags(values)


@pytest.mark.parametrize(
    "path",
    sorted(set(FLAGFILES.rglob("*.flags")) - set(EXPERIMENTS)),
    ids=lambda path: path.relative_to(FLAGFILES).as_posix(),
)
def test_flagfile_describes_a_search(path):
    config = _read(path)
    assert config.run.output_dir.startswith("outputs")


def _read_experiment(path: pathlib.Path) -> tuple[AssessConfig, list[SearchConfig]]:
    values = define_search_flags(define_assess_flags(flags.FlagValues()))
    parse_flags(values, ["enas-assess", f"--flagfile={path}"], "")
    config = assess_config_from_flags(values)
    return config, list(planned_searches(config, values).values())


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.name)
def test_flagfile_describes_an_experiment(path):
    config, searches = _read_experiment(path)
    assert config.experiment_dir.startswith("outputs/assess_")
    assert {"controller", "random"} <= set(config.strategies)
    assert config.poisons[0] == "clean"
    for search in searches:
        space_of(search)


def test_the_published_removals_are_their_setting():
    config, searches = _read_experiment(FLAGFILES / "assess" / "removal_cifar10.flags")
    assert (len(config.poisons), config.seeds) == (5, (69,))
    child, run = searches[0].child, searches[0].run
    assert (child.num_layers, child.filters, searches[0].data.batch_size, run.num_epochs) == (12, 36, 128, 30)


def test_the_published_poisons_are_all_there():
    config, searches = _read_experiment(FLAGFILES / "assess" / "ssp_cifar10.flags")
    assert len(config.poisons) == 1 + 4 * len(POISON_SETS)
    assert {space.num_poisoned for space in map(space_of, searches)} == {0, 6, 36, 120, 300}


def test_controller_against_random_has_seeds_for_a_claim():
    config, _ = _read_experiment(FLAGFILES / "assess" / "controller_vs_random.flags")
    assert len(config.seeds) >= ENOUGH_SEEDS


def test_cifar10_macro_search_is_the_published_setting():
    config = _read(FLAGFILES / "cifar10_macro_search.flags")
    child, optimizer, controller = config.child, config.optimizer, config.strategy
    assert (config.data.dataset, config.data.batch_size, config.run.num_epochs) == ("cifar10", 128, 310)
    assert (child.num_layers, child.filters, child.num_branches, child.keep_prob) == (12, 36, 6, 0.9)
    assert (optimizer.l2_reg, optimizer.lr_cosine, optimizer.lr_max, optimizer.lr_min) == (2.5e-4, True, 0.05, 5e-4)
    assert (optimizer.lr_t_0, optimizer.lr_t_mul) == (10, 2)
    assert (controller.num_aggregate, controller.train_steps, controller.train_every) == (20, 50, 1)
    assert (controller.lr, controller.tanh_constant, controller.op_tanh_reduce) == (1e-3, 1.5, 2.5)
    assert (controller.entropy_weight, controller.skip_target, controller.skip_weight) == (1e-4, 0.4, 0.8)
    assert (config.run.reset_output_dir, config.run.log_every, config.run.eval_every_epochs) == (True, 50, 1)
