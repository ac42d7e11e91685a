"""Where a network lies, and which images it was trained on."""

import dataclasses
import errno
import pathlib

import pytest

from enas_tf.config import ChildConfig, DataConfig, RunConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.reporting.results import write_json
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.search.retraining import RetrainingDirectory
from enas_tf.serving.trained_network import data_of_run, load_trained_network
from enas_tf.strategies.controller import ControllerConfig
from tests.serving.made_network import make_network

# Keras 3.15 asks numpy 2.4 for a copy in a way that warns; none of it ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
CONFIG = SearchConfig(
    RunConfig(search_for="macro", search_whole_channels=True),
    DataConfig(dataset="digits", num_valid_images=50),
    strategy=ControllerConfig(),
)


@pytest.fixture
def model(tmp_path):
    make_network().save(tmp_path / "network.keras")
    return tmp_path


def test_a_directory_and_the_file_in_it_are_one_network(model):
    for name in (model, model / "network.keras"):
        network = load_trained_network(str(name))
        assert (network.class_names, network.image_shape) == (("cat", "dog"), (8, 10, 3))
        assert data_of_run(str(name)) is None


def test_images_are_those_of_the_run(model):
    write_json(RunDirectory(str(model)).config, CONFIG.to_plain())
    assert data_of_run(str(model)) == CONFIG.data


def test_images_of_the_best_of_several_trainings_are_theirs(model):
    held_out = dataclasses.replace(CONFIG.data, hold_out_validation=True)
    plain = dataclasses.replace(CONFIG, data=held_out, child=ChildConfig(fixed_arc="0")).to_plain()
    write_json(RetrainingDirectory(str(model)).retraining, {"run": "a/search", "config": plain})
    assert data_of_run(str(model / "network.keras")) == held_out


def test_a_run_without_a_network_is_told_from_no_run(tmp_path):
    with pytest.raises(InputError, match="received nothing there"):
        load_trained_network(str(tmp_path))
    write_json(RunDirectory(str(tmp_path)).config, CONFIG.to_plain())
    with pytest.raises(InputError, match="received a run that has saved none"):
        load_trained_network(str(tmp_path))


def test_a_file_that_is_no_network_says_why(model):
    path = model / "network.keras"
    whole = path.read_bytes()
    for content, said in ((b"", "an empty file"), (b"text", "no .keras archive"), (whole[:-30], "or one that was cut")):
        path.write_bytes(content)
        with pytest.raises(InputError, match=f"--model=.*: expected a .keras file that can be loaded, .*{said}"):
            load_trained_network(str(model))


def test_a_file_that_may_not_be_read_says_so(model, monkeypatch):
    def refused(path, *arguments, **named):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(pathlib.Path, "open", refused)
    with pytest.raises(InputError, match="expected a .keras file that can be loaded, received Permission denied"):
        load_trained_network(str(model))
