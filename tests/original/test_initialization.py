"""A run that begins with a checkpoint of the original has everything that is stored in it."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from enas_tf.errors import InputError
from enas_tf.original.child_naming import from_original
from enas_tf.original.initialization import initialise_from_original
from enas_tf.original.naming import controller_variables
from enas_tf.original.network_naming import network_variables
from enas_tf.poisoning import space_of
from enas_tf.search.architecture_search import ArchitectureSearch
from enas_tf.search.final_training import FinalTraining
from enas_tf.strategies.darts import DartsConfig
from tests.original.tf1_checkpoint import (
    BASELINE,
    IMAGE_SHAPE,
    NUM_CLASSES,
    STEP,
    TRAIN_STEP,
    made_up_values,
    search_config,
    write_checkpoint,
)

DATA = SimpleNamespace(
    image_shape=IMAGE_SHAPE, num_classes=NUM_CLASSES, batches_per_epoch=10, num_valid=0, class_names=()
)


def _from(directory, config):
    return dataclasses.replace(config, run=dataclasses.replace(config.run, init_from_original=str(directory)))


def _offering(config, *operations):
    return dataclasses.replace(config, child=dataclasses.replace(config.child, operations=operations))


@pytest.fixture(scope="module", params=["macro", "micro"])
def run(request, tmp_path_factory):
    """The stored values, and the parts of a search that begins with them."""
    directory = tmp_path_factory.mktemp(request.param)
    config = _from(directory, search_config(request.param))
    donor = ArchitectureSearch(config, DATA)
    values = made_up_values(donor.child, donor.strategy.trainer.controller)
    write_checkpoint(directory, values)
    parts = ArchitectureSearch(config, DATA)
    lines = initialise_from_original(config, parts, DATA)
    return SimpleNamespace(config=config, values=values, parts=parts, lines=lines, directory=directory)


def test_weights_and_momenta_of_the_child(run):
    optimizer = run.parts.child_trainer.optimizer
    for name, variable in network_variables(run.parts.child).items():
        np.testing.assert_array_equal(variable, from_original(name, run.values[name]), err_msg=name)
        if variable.trainable:
            momentum = from_original(name, run.values[f"{name}/Momentum"])
            np.testing.assert_array_equal(optimizer.momentum_of(variable.value), momentum, err_msg=name)


def test_weights_and_moments_of_the_controller(run):
    trainer = run.parts.strategy.trainer
    slots = {variable.path.rpartition("/")[2]: variable for variable in trainer.optimizer.variables}
    for name, variable in controller_variables(trainer.controller).items():
        np.testing.assert_array_equal(variable, run.values[name], err_msg=name)
        path = variable.path.replace("/", "_")
        np.testing.assert_array_equal(slots[f"{path}_momentum"], run.values[f"{name}/Adam"], err_msg=name)
        np.testing.assert_array_equal(slots[f"{path}_velocity"], run.values[f"{name}/Adam_1"], err_msg=name)
    assert trainer.train_step == TRAIN_STEP
    assert float(trainer.baseline) == BASELINE


def test_where_the_run_stands(run):
    assert run.parts.step == STEP
    assert int(run.parts.state.evaluated_epoch) == 2  # of 10 steps each
    assert f"Beginning at step {STEP}" in run.lines[0]


@pytest.mark.parametrize(
    ("section", "change", "said"),
    [
        ("child", {"num_layers": 4}, "--child_num_layers: expected 3, as in --init_from_original="),
        ("child", {"out_filters": 6}, "--child_out_filters times --child_out_filters_scale: expected 4"),
        ("strategy", {"lstm_size": 9}, "--controller_lstm_size: expected 8"),
        ("strategy", {"lstm_num_layers": 1}, "--controller_lstm_num_layers: expected 2"),
        ("run", {"num_epochs": 2}, "--num_epochs: expected more than the 2 that"),
    ],
)
def test_a_run_of_other_sizes_is_refused(run, section, change, said):
    changed = dataclasses.replace(getattr(run.config, section), **change)
    with pytest.raises(InputError, match=said):
        initialise_from_original(dataclasses.replace(run.config, **{section: changed}), run.parts, DATA)


def test_images_of_other_classes_are_refused(run):
    data = SimpleNamespace(**{**vars(DATA), "num_classes": 100})
    with pytest.raises(InputError, match="--dataset: expected images of 3 channels and 10 classes.*100 classes"):
        initialise_from_original(run.config, run.parts, data)


@pytest.mark.parametrize("run", ["macro", "micro"], indirect=True)
def test_operations_by_name_have_to_be_those_of_the_original_by_number(run):
    published = space_of(run.config).operations
    initialise_from_original(_offering(run.config, *published), run.parts, DATA)
    with pytest.raises(InputError, match="--operations: expected the original's own, counted from the first, where"):
        initialise_from_original(_offering(run.config, *published[::-1]), run.parts, DATA)
    with pytest.raises(InputError, match="--child_num_branches: expected 5, as in .*, received 4"):
        initialise_from_original(_offering(run.config, *published[:4]), run.parts, DATA)


def test_a_final_training_is_refused_the_checkpoint_of_a_search(run):
    child = dataclasses.replace(run.config.child, fixed_arc="0")
    with pytest.raises(InputError, match="--child_fixed_arc: expected nothing .a search.*received one architecture"):
        initialise_from_original(dataclasses.replace(run.config, child=child), run.parts, DATA)


def test_a_strategy_with_steps_of_its_own_is_refused(run):
    settings = dataclasses.replace(run.config.run, recalibration_batches=0)
    config = dataclasses.replace(run.config, run=settings, strategy=DartsConfig())
    expected = "--init_from_original: expected a strategy that trains weights as the original does, received darts"
    with pytest.raises(InputError, match=expected):
        initialise_from_original(config, ArchitectureSearch(config, DATA), DATA)


def test_a_final_training_begins_with_a_network_of_its_architecture(tmp_path):
    config = search_config("macro", fixed_arc="0 2 1 0 0 1")
    config = dataclasses.replace(config, run=dataclasses.replace(config.run, num_epochs=5))
    values = made_up_values(FinalTraining(config, DATA).child, seed=1)
    write_checkpoint(tmp_path, values)
    config = _from(tmp_path, config)
    parts = FinalTraining(config, DATA)
    initialise_from_original(config, parts, DATA)
    for name, variable in network_variables(parts.child).items():
        np.testing.assert_array_equal(variable, values[name], err_msg=name)
    assert parts.step == STEP
