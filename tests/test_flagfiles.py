"""Every published flagfile parses, names only flags that exist, and describes a search."""

import pathlib

import pytest
from absl import flags

from enas_tf.cli.flags import define_search_flags, search_config_from_flags
from enas_tf.cli.main import parse_flags
from enas_tf.config import SearchConfig

FLAGFILES = pathlib.Path(__file__).parents[1] / "flags"


def _read(path: pathlib.Path) -> SearchConfig:
    values = define_search_flags(flags.FlagValues())
    parse_flags(values, ["enas-search", f"--flagfile={path}"], "")
    return search_config_from_flags(values)


@pytest.mark.parametrize(
    "path", sorted(FLAGFILES.rglob("*.flags")), ids=lambda path: path.relative_to(FLAGFILES).as_posix()
)
def test_flagfile_describes_a_search(path):
    config = _read(path)
    assert config.run.output_dir.startswith("outputs")


def test_cifar10_macro_search_is_the_published_setting():
    config = _read(FLAGFILES / "cifar10_macro_search.flags")
    child, optimizer, controller = config.child, config.optimizer, config.controller
    assert (config.data.dataset, config.data.batch_size, config.run.num_epochs) == ("cifar10", 128, 310)
    assert (child.num_layers, child.filters, child.num_branches, child.keep_prob) == (12, 36, 6, 0.9)
    assert (optimizer.l2_reg, optimizer.lr_cosine, optimizer.lr_max, optimizer.lr_min) == (2.5e-4, True, 0.05, 5e-4)
    assert (optimizer.lr_t_0, optimizer.lr_t_mul) == (10, 2)
    assert (controller.num_aggregate, controller.train_steps, controller.train_every) == (20, 50, 1)
    assert (controller.lr, controller.tanh_constant, controller.op_tanh_reduce) == (1e-3, 1.5, 2.5)
    assert (controller.entropy_weight, controller.skip_target, controller.skip_weight) == (1e-4, 0.4, 0.8)
    assert (config.run.reset_output_dir, config.run.log_every, config.run.eval_every_epochs) == (True, 50, 1)
