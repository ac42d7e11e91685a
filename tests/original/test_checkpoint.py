"""Checkpoints of the original: what is told from them, what is read, and what is refused."""

import dataclasses

import numpy as np
import pytest

from enas_tf.errors import InputError
from enas_tf.models.factory import make_child, make_controller, make_network
from enas_tf.models.fixed_network import FixedChild
from enas_tf.original.checkpoint import OriginalCheckpoint
from enas_tf.original.checkpoint_network import NETWORK, load_network, named_variables
from enas_tf.original.checkpoint_quirks import checkpoint_quirks
from enas_tf.original.checkpoint_sizes import infer_sizes
from enas_tf.original.values import read_variables
from enas_tf.poisoning import space_of
from tests.original.tf1_checkpoint import IMAGE_SHAPE, NUM_CLASSES, made_up_values, search_config, write_checkpoint

ARC = "1 3 1 0 0 1"


def _shared(config):
    space = space_of(config)
    return make_child(config, space, IMAGE_SHAPE, NUM_CLASSES), make_controller(config.strategy, space)


@pytest.fixture(scope="module")
def macro():
    config = search_config("macro")
    return config, made_up_values(*_shared(config))


@pytest.fixture(scope="module")
def micro():
    config = search_config("micro")
    return config, made_up_values(*_shared(config))


@pytest.fixture
def open_checkpoint(tmp_path):
    def opened(values):
        write_checkpoint(tmp_path / "original", values)
        return OriginalCheckpoint(str(tmp_path / "original"), "original_checkpoint")

    return opened


def test_sizes_of_a_macro_search(macro, open_checkpoint):
    sizes = infer_sizes(open_checkpoint(macro[1]))
    assert (sizes.search_for, sizes.is_fixed, sizes.num_classes, sizes.num_channels) == ("macro", False, 10, 3)
    assert sizes.child == {"num_layers": 3, "out_filters": 4, "out_filters_scale": 1, "num_branches": 5}
    assert sizes.search_whole_channels
    assert sizes.controller == {"lstm_size": 8, "lstm_num_layers": 2}


def test_sizes_of_a_micro_search(micro, open_checkpoint):
    sizes = infer_sizes(open_checkpoint(micro[1]))
    assert (sizes.search_for, sizes.is_fixed) == ("micro", False)
    expected = {"num_layers": 3, "out_filters": 4, "num_cells": 2, "num_branches": 5, "use_aux_heads": False}
    assert sizes.child == {**expected, "out_filters_scale": 1}


def test_every_variable_of_the_network_and_its_hidden_averages_are_read(macro, open_checkpoint):
    config, values = macro
    checkpoint = open_checkpoint(values)
    network = load_network(checkpoint, search_config(), infer_sizes(checkpoint), IMAGE_SHAPE[:2])
    assert network.contents.missing == []
    named = named_variables(network.child, network.controller)[NETWORK]
    assert network.contents.read[NETWORK] == list(named)
    for name, value in read_variables(named).items():
        np.testing.assert_array_equal(value, values[name], err_msg=name)
    norm = network.child.stem.norm
    scope = "child/stem_conv/bn/child/stem_conv/bn"
    np.testing.assert_array_equal(norm.biased_mean, values[f"{scope}/moving_mean/biased"])
    np.testing.assert_array_equal(norm.biased_variance, values[f"{scope}/moving_variance/biased"])
    assert float(norm.num_updates) == 25


def test_operations_by_name_have_to_be_those_of_the_original_by_number(macro, open_checkpoint):
    config, values = macro
    checkpoint = open_checkpoint(values)

    def load(*operations):
        offering = dataclasses.replace(config, child=dataclasses.replace(config.child, operations=operations))
        return load_network(checkpoint, offering, infer_sizes(checkpoint), IMAGE_SHAPE[:2])

    assert load("conv_3x3", "separable_conv_3x3").space == space_of(config)  # the checkpoint says how many there are
    with pytest.raises(InputError, match="--operations: expected the original's own, .*received identity"):
        load("identity")


def test_what_is_ignored_is_said_with_its_purpose(macro, open_checkpoint):
    values = macro[1] | {"child/stranger": np.ones(3, np.float32), "input_producer/limit_epochs/epochs": np.int64(1)}
    checkpoint = open_checkpoint(values)
    contents = load_network(checkpoint, search_config(), infer_sizes(checkpoint), IMAGE_SHAPE[:2]).contents
    assert contents.ignored["unknown to this port"] == ["child/stranger"]
    assert contents.ignored["input queues"] == ["input_producer/limit_epochs/epochs"]
    assert contents.ignored["baseline of the rewards"] == ["Variable"]
    assert contents.ignored["counters of steps"] == ["global_step", "train_step"]
    num_momenta = len(contents.ignored["momentum of the child's optimizer"])
    assert num_momenta == sum(name.endswith("/Momentum") for name in values)
    total = sum(len(names) for part in (contents.read, contents.ignored) for names in part.values())
    assert total == len(values)


def test_a_missing_variable_is_named_with_what_is_there_instead(macro, open_checkpoint):
    values = dict(macro[1])
    values["child/stem_conv/batch_norm/scale"] = values.pop("child/stem_conv/bn/scale")
    checkpoint = open_checkpoint(values)
    with pytest.raises(InputError, match="received no child/stem_conv/bn/scale; beside them it has child/stem_conv/ba"):
        load_network(checkpoint, search_config(), infer_sizes(checkpoint), IMAGE_SHAPE[:2])


def test_a_variable_of_another_shape_is_named(macro, open_checkpoint):
    values = macro[1] | {"child/layer_1/skip/bn/scale": np.ones(5, np.float32)}
    checkpoint = open_checkpoint(values)
    expected = r"child/layer_1/skip/bn/scale: expected shape \(4,\), received \(5,\)"
    with pytest.raises(InputError, match=expected):
        load_network(checkpoint, search_config(), infer_sizes(checkpoint), IMAGE_SHAPE[:2])


def test_another_model_is_refused_with_what_it_holds(open_checkpoint):
    checkpoint = open_checkpoint({"Model/RNN/w": np.ones((2, 2), np.float32), "Model/emb": np.ones(3, np.float32)})
    with pytest.raises(InputError, match="child/stem_conv/w.*received 2 variables: Model/RNN/w, Model/emb"):
        infer_sizes(checkpoint)


def _as_written(values):
    return {
        name: np.float32(0) if "/local_step" in name and "/branch_" in name and "/branch_4/" not in name else value
        for name, value in values.items()
    }


def test_whether_only_the_last_branch_ran_is_told_from_the_averages(macro, open_checkpoint):
    checkpoint = open_checkpoint(macro[1])
    assert checkpoint_quirks(checkpoint, infer_sizes(checkpoint)) == frozenset()
    checkpoint = open_checkpoint(_as_written(macro[1]))
    assert checkpoint_quirks(checkpoint, infer_sizes(checkpoint)) == {"last_branch"}


@pytest.fixture
def fixed(open_checkpoint):
    """A checkpoint of one macro architecture, all of whose convolutions are ordinary ones."""
    config = search_config("macro", fixed_arc=ARC)
    config = dataclasses.replace(
        config, run=dataclasses.replace(config.run, original_quirks=frozenset({"plain_fixed_convs"}))
    )
    space = space_of(config)
    network = make_network(config, space, space.parse(ARC), IMAGE_SHAPE, NUM_CLASSES)
    return config, open_checkpoint(made_up_values(FixedChild(network)))


def test_a_network_of_one_architecture(fixed):
    config, checkpoint = fixed
    sizes = infer_sizes(checkpoint)
    assert (sizes.search_for, sizes.is_fixed, sizes.has_controller) == ("macro", True, False)
    assert sizes.child == {"num_layers": 3, "out_filters": 4, "out_filters_scale": 1}
    assert checkpoint_quirks(checkpoint, sizes) == {"plain_fixed_convs"}
    assert load_network(checkpoint, config, sizes, IMAGE_SHAPE[:2]).contents.missing == []


def test_a_network_of_one_architecture_needs_to_be_told_it(fixed):
    _, checkpoint = fixed
    with pytest.raises(InputError, match="--child_fixed_arc: expected the architecture of --original_checkpoint"):
        load_network(checkpoint, search_config(), infer_sizes(checkpoint), IMAGE_SHAPE[:2])


def test_separable_convolutions_of_one_architecture_need_the_quirk(fixed):
    _, checkpoint = fixed
    config = search_config("macro", fixed_arc=ARC)
    with pytest.raises(InputError, match="--original_quirks: expected plain_fixed_convs"):
        load_network(checkpoint, config, infer_sizes(checkpoint), IMAGE_SHAPE[:2])


def test_what_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("text")
    for name, said in (("empty", "received nothing"), ("file", "received a file"), ("none", "nothing of that name")):
        with pytest.raises(InputError, match=said):
            OriginalCheckpoint(str(tmp_path / name), "original_checkpoint")


@pytest.mark.parametrize("suffix", ["index", "data-00000-of-00001"])
def test_a_truncated_checkpoint_is_refused(macro, open_checkpoint, tmp_path, suffix):
    open_checkpoint(macro[1])
    path = next((tmp_path / "original").glob(f"*.{suffix}"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="expected a whole TensorFlow 1 checkpoint, received .*model.ckpt-25"):
        checkpoint = OriginalCheckpoint(str(tmp_path / "original"), "original_checkpoint")
        load_network(checkpoint, search_config(), infer_sizes(checkpoint), IMAGE_SHAPE[:2])
