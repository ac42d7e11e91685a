"""Every operation of every space is exported to every format, and what is written gives what Keras gives."""

import dataclasses
import json
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from enas_tf.data.normalization import normalize
from enas_tf.errors import InputError, OutputError
from enas_tf.layers.cell_operations import CELL_OPERATION_LAYERS
from enas_tf.layers.convolution import NormalizedConvolution
from enas_tf.models.factory import make_network
from enas_tf.models.whole_network import whole_network
from enas_tf.poisoning import space_of
from enas_tf.search_space import MACRO_OPERATIONS, MICRO_OPERATIONS
from enas_tf.serving.export import export_network
from enas_tf.serving.formats import FORMATS
from enas_tf.serving.trained_network import TrainedNetwork, load_trained_network
from tests.full_disk import files_of_at_most
from tests.models.test_poisoned_children import ALL_POISONS, make_config
from tests.serving.made_network import make_network as make_small_network

IMAGE_SHAPE, CLASS_NAMES = (9, 8, 3), ("cat", "dog", "ship")
MEAN, STD = np.array([120.7, 99.1, 133.3], np.float32), np.array([60.1, 61.3, 70.7], np.float32)
ALL = list(FORMATS.values())
BY_CONVERTERS = [FORMATS["litert"], FORMATS["onnx"]]  # the first converts a SavedModel
POISONS = tuple(name for name, _ in ALL_POISONS)

# The packages of the exporters, and Keras about numpy; none of it ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


def raw_images(num_images: int = 5) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (num_images, *IMAGE_SHAPE), np.uint8)


def make(search_for: str, operations, arc, dtype: str = "float32") -> TrainedNetwork:
    is_macro = search_for == "macro"
    sizes = {"num_layers": len(operations)} if is_macro else {"num_layers": 1, "drop_path_keep_prob": 0.8}
    config = make_config(search_for, operations=tuple(operations))
    config = dataclasses.replace(
        config,
        run=dataclasses.replace(config.run, mixed_precision=dtype),
        child=dataclasses.replace(config.child, **sizes),
    )
    space = space_of(config)
    network = make_network(config, space, space.validate(arc), IMAGE_SHAPE, len(CLASS_NAMES))
    # Averages like those of a trained network, without which probabilities would be zero and one.
    network.outputs(normalize(raw_images(16), MEAN, STD), training=True)
    return TrainedNetwork(whole_network(network.network, MEAN, STD, CLASS_NAMES), "--model")


def exported(network: TrainedNetwork, directory, formats=ALL):
    return export_network(network, raw_images(), formats, directory, "--output_dir")


def test_every_macro_operation_is_exported(tmp_path):
    operations = [*MACRO_OPERATIONS, *POISONS]
    # Each layer another operation, and a skip from the one before the last.
    arc = [number for i in range(len(operations)) for number in (i, *(1 if j == i - 2 else 0 for j in range(i)))]
    assert all(each.difference < 1e-5 for each in exported(make("macro", operations, arc), tmp_path, BY_CONVERTERS))


def test_every_micro_operation_is_exported(tmp_path):
    operations = [*MICRO_OPERATIONS, *(poison for poison in POISONS if poison not in MICRO_OPERATIONS)]
    images = keras.Input(IMAGE_SHAPE)
    stem = NormalizedConvolution(4, 3)(images)
    layers = [CELL_OPERATION_LAYERS.make(each, filters=4, strides=strides) for each in operations for strides in (1, 2)]
    means = [keras.layers.GlobalAveragePooling2D()(layer(stem)) for layer in layers]
    logits = keras.layers.Dense(len(CLASS_NAMES))(keras.layers.Concatenate()(means))
    network = keras.Model(images, logits, name="all_operations")
    network(normalize(raw_images(16), MEAN, STD), training=True)
    whole = TrainedNetwork(whole_network(network, MEAN, STD, CLASS_NAMES), "--model")
    assert all(each.difference < 1e-5 for each in exported(whole, tmp_path, BY_CONVERTERS))


def test_a_bfloat16_network_is_exported_in_float32(tmp_path):
    coarse = make("micro", ("separable_conv_3x3", "identity"), (0, 0, 1, 1) * 2, "mixed_bfloat16")
    assert all(each.difference < 1e-5 for each in exported(coarse, tmp_path, BY_CONVERTERS))
    loaded = FORMATS["onnx"].load(tmp_path / "network.onnx").probabilities(raw_images().astype(np.float32))
    np.testing.assert_allclose(loaded, coarse.probabilities([raw_images()]), atol=0.02)


def test_what_was_written_is_described_and_nothing_else_is_left(tmp_path):
    make_small_network(IMAGE_SHAPE, CLASS_NAMES).save(tmp_path / "network.keras")
    network = load_trained_network(str(tmp_path))
    for _ in range(2):  # the second takes the first one's place
        keras_itself, *others = exported(network, tmp_path / "to")
        assert keras_itself.milliseconds.keys() == {1, 7}
        assert [(each.format, each.file) for each in others] == [(each.name, each.file) for each in ALL]
        assert all(each.difference < 1e-5 and each.num_bytes > 1000 for each in others)
    written = {"export.json", "network.onnx", "network.tflite", "network_saved_model"}
    assert {path.name for path in (tmp_path / "to").iterdir()} - {".lock"} == written
    described = json.loads((tmp_path / "to" / "export.json").read_text())
    assert described["input"] == {"name": "image", "shape": [None, 9, 8, 3], "type": "float32", "values": "0 to 255"}
    assert described["class_names"] == list(CLASS_NAMES)
    assert [each["format"] for each in described["networks"]] == ["keras", "saved_model", "litert", "onnx"]


@keras.saving.register_keras_serializable("tests")
class Erf(keras.layers.Layer):
    """Something that LiteRT's built-in operations have no word for."""

    def call(self, inputs):
        return keras.ops.erfinv(inputs * 1e-3)


@keras.saving.register_keras_serializable("tests")
class TrainsByDefault(keras.layers.Layer):
    def call(self, inputs, training=True):
        return inputs * 0.0 if training else inputs


def small(layer) -> TrainedNetwork:
    network = make_small_network(IMAGE_SHAPE, CLASS_NAMES[:2])
    images = keras.Input(IMAGE_SHAPE, name="image")
    outputs = network.layers[-1](network.layers[-2](layer(network.get_layer("normalization")(images))))
    return TrainedNetwork(keras.Model(images, outputs), "--model")


def test_an_operation_that_a_format_lacks_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(InputError, match=r"--format=litert: expected a network whose operations .*Erfinv"):
        exported(small(Erf()), tmp_path / "to", [FORMATS["saved_model"], FORMATS["litert"]])
    with pytest.raises(InputError, match=r"--format=onnx: expected a network whose operations .*Erfinv"):
        exported(small(Erf()), tmp_path / "to", [FORMATS["onnx"]])
    assert {path.name for path in (tmp_path / "to").iterdir()} <= {".lock"}


class _Full(type(FORMATS["saved_model"])):
    """An exporter for which there is no room."""

    def write(self, network, path):
        raise tf.errors.ResourceExhaustedError(None, None, f"{path}; No space left on device")


def test_an_export_that_does_not_fit_on_the_disk_blames_no_format(tmp_path):
    network = TrainedNetwork(make_small_network(IMAGE_SHAPE, CLASS_NAMES[:2]), "--model")
    with files_of_at_most(1_000), pytest.raises(OutputError, match="could not be written .File too large"):
        exported(network, tmp_path / "to", [FORMATS["saved_model"]])
    with pytest.raises(OutputError, match="saved_model: could not be written .No space left on device"):
        exported(network, tmp_path / "to", [_Full()])
    assert {path.name for path in (tmp_path / "to").iterdir()} <= {".lock"}


def test_layers_that_train_unless_told_otherwise_are_told(tmp_path):
    network = small(TrainsByDefault())
    assert np.ptp(network.network(raw_images(), training=False).numpy()[:, 0]) > 0
    assert all(each.difference < 1e-5 for each in exported(network, tmp_path))


class _Wrong(type(FORMATS["onnx"])):
    """An exporter whose file says something else, or wants something else."""

    def __init__(self, change):
        self._change = change

    def load(self, path):
        loaded = super().load(path)
        self._change(loaded)
        return loaded


def says(probabilities):
    def change(loaded):
        right = loaded.probabilities
        loaded.probabilities = lambda images: probabilities(right(images))

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda loaded: loaded.inputs.append("mean"), "the input image and the output probabilities, .*'mean'"),
        (says(lambda right: right + 2e-4), "the probabilities of the Keras network, to 0.0001"),
        (says(lambda right: right * np.nan), "the probabilities of the Keras network"),
        (says(lambda right: np.where(right < 1e-6, 2 * right, right)), "or in their logarithms"),
    ],
)
def test_a_file_that_gives_something_else_is_refused(tmp_path, change, expected):
    network = make_small_network(IMAGE_SHAPE, CLASS_NAMES)  # of ships it is certain that there is none
    with pytest.raises(InputError, match=f"--format=onnx: expected .*{expected}"):
        exported(TrainedNetwork(network, "--model"), tmp_path / "to", [_Wrong(change)])
    assert not (tmp_path / "to" / "network.onnx").exists()


@pytest.mark.parametrize(("name", "package"), [("onnx", "tf2onnx"), ("litert", "ai_edge_litert")])
def test_a_missing_package_is_one_line_that_names_the_extra(tmp_path, monkeypatch, name, package):
    for module in [module for module in sys.modules if module.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, package, None)
    network = TrainedNetwork(make_small_network(IMAGE_SHAPE, CLASS_NAMES), "--model")
    with pytest.raises(InputError, match=rf"--format={name}: expected the package {package} .*\.\[export\]"):
        exported(network, tmp_path / "to", [FORMATS[name]])
    assert not (tmp_path / "to").exists()
