"""Networks over poisoned spaces: what instances cost, what runs in which mode, and networks of one poisoned arc."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig, PoisonConfig, RunConfig, SearchConfig
from enas_tf.models.complexity import complexity_of
from enas_tf.models.factory import make_child, make_network
from enas_tf.poisoning import space_of
from enas_tf.search_space import MACRO_OPERATIONS

IMAGE_SHAPE, NUM_CLASSES = (8, 8, 1), 3
ALL_POISONS = tuple(
    (name, 1)
    for name in (
        "identity",
        "gaussian_noise(stddev=10.0)",
        "dropout(rate=1.0)",
        "transposed_conv(kernel_size=3)",
        "stretched_conv(dilation=50)",
    )
)


def make_config(search_for="macro", quirks=frozenset(), operations=None, **poison) -> SearchConfig:
    return SearchConfig(
        RunConfig(search_for=search_for, search_whole_channels=True, original_quirks=quirks),
        child=ChildConfig(num_layers=2, out_filters=4, num_branches=5, num_cells=1, operations=operations),
        poison=PoisonConfig(**poison),
    )


def made(config):
    space = space_of(config)
    return space, make_child(config, space, IMAGE_SHAPE, NUM_CLASSES)


def images(num_images=3) -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).normal(size=(num_images, *IMAGE_SHAPE)), tf.float32)


@pytest.mark.parametrize("search_for", ["macro", "micro"])
def test_300_instances_are_the_modules_of_one(search_for):
    (_, few), (space, many) = (made(make_config(search_for, poison=f"P6P3_{n}_100")) for n in ("002", "300"))
    assert len(space.operations) == 305
    assert len(many.variables) == len(few.variables)
    assert sum(map(np.size, many.trainable_variables)) == sum(map(np.size, few.trainable_variables))


def test_every_instance_of_an_operation_runs_the_same_module_through_the_same_trace():
    space, child = made(make_config(poison="P6_120"))
    first, last = ((operation, operation, 1) for operation in (5, len(space.operations) - 1))
    expected = child(images(), arc=space.validate(first))
    num_kinds = child.flow.pieces.num_kinds
    np.testing.assert_array_equal(child(images(), arc=space.validate(last)), expected)
    assert child.flow.pieces.num_kinds == num_kinds


@pytest.mark.parametrize("poison", ["P2_006_10", "P3_006_100"])
@pytest.mark.parametrize("search_for", ["macro", "micro"])
def test_noise_is_there_in_training_only(search_for, poison):
    space, child = made(make_config(search_for, poison=poison, poison_ops=(("identity", 1),)))
    noisy, clean = (
        {"macro": (operation, 0, 0), "micro": (0, operation, 1, operation) * 2}[search_for]
        for operation in (5, len(space.operations) - 1)
    )
    x = images()
    np.testing.assert_allclose(child(x, arc=noisy), child(x, arc=clean), rtol=1e-5, atol=1e-6)
    trained = [child(x, arc=arc, training=True).numpy() for arc in (noisy, clean)]
    assert np.abs(trained[0] - trained[1]).max() > 1e-3


def test_the_statistics_of_poison_move_too_with_the_quirk():
    space, child = made(make_config(quirks=frozenset({"all_branch_statistics"}), poison_ops=ALL_POISONS))
    stretched = child.operations[0]["stretched_conv(dilation=50)"].norm.moving_mean
    before = stretched.numpy()
    child(images(), arc=space.validate((0, 0, 0)), training=True)
    assert np.any(stretched.numpy() != before)


# Of Keras, about numpy; no fault of what is saved.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("operation", range(5, 10))
@pytest.mark.parametrize("search_for", ["macro", "micro"])
def test_a_network_of_a_poisoned_arc_trains_saves_and_loads(search_for, operation, tmp_path):
    config = make_config(search_for, poison_ops=ALL_POISONS)
    space = space_of(config)
    arc = {"macro": (operation, 0, 0), "micro": (0, operation, 1, 0) * 2}[search_for]
    network = make_network(config, space, space.validate(arc), IMAGE_SHAPE, NUM_CLASSES)
    assert network.outputs(images(), training=True).logits.shape == (3, NUM_CLASSES)
    assert complexity_of(network.network).multiply_adds > 0
    network.network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded(images()), network.network(images()))


def test_the_multiply_adds_of_a_transposed_convolution_are_those_of_a_convolution():
    def multiply_adds(layer):
        return complexity_of(keras.Sequential([keras.Input((8, 6, 4)), layer])).multiply_adds

    conv, transposed = (
        kind(4, 3, padding="same", use_bias=False) for kind in (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    )
    assert multiply_adds(transposed) == multiply_adds(conv) == 8 * 6 * 4 * 9 * 4


OFFERED = ("max_pooling", "gaussian_noise(stddev=10.0)", "identity", "conv_3x3")


def test_with_the_quirk_the_last_operation_on_offer_runs():
    space, child = made(make_config(quirks=frozenset({"last_branch"}), operations=OFFERED))
    outputs = [child(images(), arc=space.validate((operation, operation, 0))) for operation in (0, 3)]
    np.testing.assert_array_equal(*outputs)
    _, plain = made(make_config(operations=OFFERED))
    np.testing.assert_array_equal(outputs[0], plain(images(), arc=(3, 3, 0)))
    assert np.any(outputs[0] != plain(images(), arc=(0, 0, 0)))


def test_the_statistics_of_all_that_is_on_offer_move_with_the_quirk():
    space, child = made(make_config(quirks=frozenset({"all_branch_statistics"}), operations=OFFERED))
    assert list(child.operations[0]) == list(OFFERED)
    convolution = child.operations[0]["conv_3x3"].norm.moving_mean
    before = convolution.numpy()
    child(images(), arc=space.validate((2, 2, 0)), training=True)
    assert np.any(convolution.numpy() != before)


@pytest.mark.parametrize(
    ("search_for", "chosen", "among_others"),
    [("macro", (1, 0, 1), (3, 1, 1)), ("micro", (0, 1, 1, 0) * 2, (0, 3, 1, 0) * 2)],
)
def test_what_is_on_offer_computes_what_it_does_among_others(search_for, chosen, among_others):
    space, _ = made(make_config(search_for))
    names = [space.operations[operation] for operation in ((1, 3) if search_for == "macro" else (0, 3))]
    # Initial weights are drawn by names, which the index of an operation does not change.
    _, few = made(make_config(search_for, operations=tuple(names)))
    _, all_there_are = made(make_config(search_for))
    np.testing.assert_array_equal(few(images(), arc=chosen), all_there_are(images(), arc=among_others))


def test_what_is_removed_has_no_module():
    _, child = made(make_config(remove_ops=("conv_3x3",)))
    assert list(child.operations[0]) == list(MACRO_OPERATIONS[1:5])
