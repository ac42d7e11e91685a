"""What is saved of a network: images as they are in, probabilities of named classes out, on any machine."""

import dataclasses
import subprocess
import sys

import keras
import numpy as np
import pytest

from enas_tf.data.normalization import normalize
from enas_tf.layers.convolution import NormalizedConvolution
from enas_tf.models.factory import make_network
from enas_tf.models.whole_network import portable_copy, whole_network
from enas_tf.poisoning import space_of
from tests.models.test_poisoned_children import ALL_POISONS, make_config

IMAGE_SHAPE = (9, 8, 3)
CLASS_NAMES = ("cat", "dög", "ship / boat")
MEAN, STD = np.array([120.7, 99.1, 400 / 3], np.float32), np.array([60.1, 61.3, 70.7], np.float32)
ARCS = {"macro": (0, 2, 1), "micro": (0, 3, 1, 4) * 2}

# Keras 3.15 asks numpy 2.4 for a copy in a way that warns; none of it ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def make(search_for: str, arc=None, data_format: str = "NHWC", dtype: str = "float32", **child):
    config = make_config(search_for, poison_ops=ALL_POISONS)
    config = dataclasses.replace(
        config,
        run=dataclasses.replace(config.run, mixed_precision=dtype),
        child=dataclasses.replace(config.child, data_format=data_format, **child),
    )
    space = space_of(config)
    network = make_network(config, space, space.validate(arc or ARCS[search_for]), IMAGE_SHAPE, len(CLASS_NAMES))
    if data_format == "NHWC":  # averages like those of a trained network, or probabilities would be zero and one
        for _ in range(2):
            network.outputs(normalize(raw_images(16), MEAN, STD), training=True)
    return network


def whole(network) -> keras.Model:
    return whole_network(network.network, MEAN, STD, CLASS_NAMES)


def raw_images(num_images: int = 5) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (num_images, *IMAGE_SHAPE), np.uint8)


@pytest.fixture(params=sorted(ARCS))
def search_for(request):
    return request.param


def test_it_takes_raw_images_of_any_type_and_gives_the_probabilities_of_the_network(search_for):
    network = make(search_for)
    images = raw_images()
    logits = network.network(normalize(images, MEAN, STD), training=False).numpy()
    np.testing.assert_array_equal(network.outputs(normalize(images, MEAN, STD), training=False).logits, logits)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    saved = whole(network)
    for kind in (np.uint8, np.float32, np.float64):
        np.testing.assert_allclose(saved(images.astype(kind)), expected, atol=1e-6)
    of_raw_images = keras.Model(saved.input, saved.get_layer("probabilities").input)
    np.testing.assert_array_equal(of_raw_images(images), logits)


def test_normalization_is_that_of_the_images_it_was_trained_on_to_the_bit():
    images = raw_images()
    inside = whole(make("macro")).get_layer("normalization")
    np.testing.assert_array_equal(inside(images), normalize(images, MEAN, STD))
    np.testing.assert_array_equal(type(inside).from_config(inside.get_config())(images), inside(images))


def test_noise_dropout_and_drop_path_are_silent_when_it_is_called():
    for search_for, arc in (("macro", (6, 7, 1)), ("micro", (0, 6, 1, 7) * 2)):
        saved = whole(make(search_for, arc, keep_prob=0.5, drop_path_keep_prob=0.5))
        first, again = saved.predict(raw_images(), verbose=0), saved(raw_images()).numpy()
        np.testing.assert_allclose(first, again, atol=1e-6)


def test_the_auxiliary_head_is_no_part_of_it():
    network = make_with_auxiliary_head()
    saved = whole(network)
    assert saved.output_shape == (None, len(CLASS_NAMES))
    assert len(saved.trainable_variables) == len(network.network.trainable_variables)
    assert len(saved.trainable_variables) < len(network.trainable_variables)


def make_with_auxiliary_head():
    config = make_config("micro")
    config = dataclasses.replace(config, child=dataclasses.replace(config.child, use_aux_heads=True))
    space = space_of(config)
    return make_network(config, space, space.validate(ARCS["micro"]), (32, 32, 3), len(CLASS_NAMES))


def test_names_and_numbers_survive_a_fresh_process_that_imports_the_layers_alone(search_for, tmp_path):
    saved = whole(make(search_for))
    saved.save(tmp_path / "network.keras")
    np.save(tmp_path / "images.npy", raw_images())
    program = f"""
import keras, numpy as np, enas_tf.layers
network = keras.saving.load_model({str(tmp_path / "network.keras")!r})
assert network.input_shape == (None, 9, 8, 3) and network.input.name == "image"
print(ascii(network.get_layer("probabilities").class_names))
np.save({str(tmp_path / "out.npy")!r}, network.predict(np.load({str(tmp_path / "images.npy")!r}), verbose=0))
"""
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ascii(CLASS_NAMES)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), saved.predict(raw_images(), verbose=0))


def test_one_with_its_channels_first_is_saved_with_them_last(search_for):
    first, last = make(search_for, data_format="NCHW"), make(search_for)
    first.network.set_weights(last.network.get_weights())
    moved = whole(first)
    layers = moved.get_layer(first.network.name).layers
    assert {getattr(layer, "data_format", "NHWC") for layer in layers} <= {"NHWC", "channels_last"}
    np.testing.assert_allclose(moved(raw_images()), whole(last)(raw_images()), atol=1e-6)


def test_a_copy_in_float32_of_a_bfloat16_network_is_the_float32_network_of_these_weights(search_for):
    coarse = whole(make(search_for, dtype="mixed_bfloat16"))
    copy, fine = portable_copy(coarse, "float32"), whole(make(search_for))
    fine.set_weights(coarse.get_weights())
    np.testing.assert_allclose(copy(raw_images()), fine(raw_images()), atol=1e-6)
    assert np.any(copy(raw_images()).numpy() != coarse(raw_images()).numpy())
    stem = copy.get_layer("macro_network" if search_for == "macro" else "micro_network").get_layer("stem")
    assert isinstance(stem, NormalizedConvolution) and stem.conv.compute_dtype == "float32"
    assert copy.get_layer("probabilities").class_names == CLASS_NAMES
