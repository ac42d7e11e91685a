"""Whose an experiment's directory is, and what is refused."""

import dataclasses
import os

import pytest

from enas_tf.assess.plan.directory import Experiment, ExperimentDirectory
from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.errors import InputError

FLAGS = ("--search_for=macro", "--num_epochs=3")


def experiment(path, flags=FLAGS, **settings) -> Experiment:
    return Experiment(AssessConfig(experiment_dir=str(path), seeds=(0, 1), **settings), flags)


def test_an_experiment_is_read_as_it_was_written(tmp_path):
    directory = ExperimentDirectory(str(tmp_path / "new" / "experiment"))
    written = experiment(directory.path, poisons=("clean", "P3_006_100"), standalone_arcs=2)
    directory.check(written)
    assert not directory.path.exists()
    directory.write(written)
    assert directory.read() == written
    directory.check(written)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"strategies": ("random",)}, "--strategies without controller"),
        ({"poisons": ("removal_2",)}, "--poisons without clean"),
        ({"standalone_arcs": 3}, "--standalone_arcs=3 (there: 0)"),
    ],
)
def test_another_experiment_is_refused(tmp_path, changes, named):
    directory = ExperimentDirectory(str(tmp_path))
    there = experiment(tmp_path)
    directory.write(there)
    before = directory.experiment.read_text()
    with pytest.raises(InputError, match=r"the experiment found here") as error:
        directory.check(Experiment(dataclasses.replace(there.config, **changes), FLAGS))
    assert named in str(error.value)
    assert directory.experiment.read_text() == before


def test_other_searches_are_refused(tmp_path):
    directory = ExperimentDirectory(str(tmp_path))
    directory.write(experiment(tmp_path))
    with pytest.raises(InputError, match=r"--num_epochs=4 \(not there\), no --num_epochs=3"):
        directory.check(experiment(tmp_path, ("--search_for=macro", "--num_epochs=4")))


def test_flags_of_a_strategy_come_with_it_and_stay(tmp_path):
    directory = ExperimentDirectory(str(tmp_path))
    there = experiment(tmp_path)
    directory.write(there)
    config = dataclasses.replace(there.config, strategies=("controller", "random", "evolution"))
    grown = Experiment(config, (*FLAGS, "--evolution_population_size=20"))
    directory.check(grown)
    with pytest.raises(InputError, match="--tpe_startup_trials=3 \\(not there\\)"):
        directory.check(Experiment(config, (*FLAGS, "--tpe_startup_trials=3")))
    directory.write(grown)
    with pytest.raises(InputError, match="--evolution_population_size=30 \\(not there\\), no"):
        directory.check(Experiment(config, (*FLAGS, "--evolution_population_size=30")))


def test_an_experiment_may_grow(tmp_path):
    directory = ExperimentDirectory(str(tmp_path))
    there = experiment(tmp_path)
    directory.write(there)
    grown = dataclasses.replace(there.config, seeds=(0, 1, 2), strategies=("random", "controller", "random_sampling"))
    directory.check(Experiment(grown, FLAGS))


def test_foreign_files_and_unusable_paths_are_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match=r"an empty directory, received thesis.tex"):
        ExperimentDirectory(str(tmp_path)).check(experiment(tmp_path))
    with pytest.raises(InputError, match="which is a file"):
        ExperimentDirectory(str(tmp_path / "thesis.tex" / "x")).check(experiment(tmp_path))
    assert os.listdir(tmp_path) == ["thesis.tex"]


def test_what_is_no_experiment_cannot_be_read(tmp_path):
    directory = ExperimentDirectory(str(tmp_path))
    with pytest.raises(InputError, match="no experiment.json"):
        directory.read()
    directory.experiment.write_text('{"seeds": 3}')
    with pytest.raises(InputError, match="what enas-assess wrote"):
        directory.read()
