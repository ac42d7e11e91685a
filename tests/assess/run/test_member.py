"""What the process of one run sets its stand-alone trainings to."""

import dataclasses

import pytest

from enas_tf.assess.run.member import training_config
from enas_tf.config import OptimizerConfig, RunConfig, SearchConfig
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.strategies.registry import STRATEGIES

SEARCH = SearchConfig(RunConfig(search_whole_channels=True, seed=3), optimizer=OptimizerConfig(lr=0.2))


@pytest.mark.parametrize("mode", STRATEGIES)
def test_an_architecture_is_trained_alone_alike_whatever_strategy_has_found_it(mode, tmp_path):
    config = dataclasses.replace(SEARCH, strategy=STRATEGIES[mode].config())
    training = training_config(config, "0 1 1", RunDirectory(str(tmp_path)), 7)
    assert training.child.fixed_arc == "0 1 1"
    assert (training.run.num_epochs, training.run.output_dir, training.run.seed) == (7, str(tmp_path), 3)
    assert training.optimizer == SEARCH.optimizer
    assert training.strategy.trains_by_child_flags
    assert training.strategy.kept_share == 0.0
