"""The formats that a trained network can be exported to: how each is written, and how its own runtime reads it again.

Every exported network has one input and one output of settled names, `image` and `probabilities`, both float32, and
leaves the size of the batch open. Packages that only one format needs are imported where it is used.
"""

import abc
import importlib
import logging
import pathlib
import tempfile
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from enas_tf.errors import InputError
from enas_tf.models.whole_network import INPUT, OUTPUT

EXTRA = "export"
_SIGNATURE = "serving_default"
_ONNX_OPERATORS = 18  # the newest set of operators that tf2onnx 1.17 writes


class LoadedNetwork(abc.ABC):
    """An exported network in its own runtime.

    Attributes:
      inputs: The names of its inputs.
      outputs: Likewise.
    """

    inputs: Sequence[str]
    outputs: Sequence[str]

    @abc.abstractmethod
    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Maps float32 [B, H, W, C] to float32 [B, num_classes]."""


class ExportFormat(abc.ABC):
    """A format.

    Attributes:
      name: As flags say it.
      file: What a network in it is called.
      packages: Modules that it needs beside TensorFlow.
    """

    name: ClassVar[str]
    file: ClassVar[str]
    packages: ClassVar[Sequence[str]] = ()

    def require_packages(self) -> None:
        """Requires that what the format needs is installed.

        Raises:
          InputError: If it is not; it names the extra that brings it.
        """
        for package in self.packages:
            try:
                importlib.import_module(package)
            except ImportError:
                expected = f"the package {package.partition('.')[0]} (pip install -e '.[{EXTRA}]')"
                raise InputError(f"--format={self.name}", expected, "it is not installed") from None

    @abc.abstractmethod
    def write(self, network: keras.Model, path: pathlib.Path) -> None:
        """Writes a whole network of float32 whose channels come last.

        Raises:
          Exception: Of whatever kind the exporter raises, if the network has an operation that the format lacks.
        """

    @abc.abstractmethod
    def load(self, path: pathlib.Path) -> LoadedNetwork:
        """Reads in the format's own runtime what was written.

        Raises:
          Exception: Of whatever kind the runtime raises.
        """


class _LoadedSavedModel(LoadedNetwork):
    def __init__(self, path: pathlib.Path) -> None:
        # The signature does not keep what it belongs to.
        self._loaded = tf.saved_model.load(str(path))
        self._serve = self._loaded.signatures[_SIGNATURE]
        self.inputs = list(self._serve.structured_input_signature[1])
        self.outputs = list(self._serve.structured_outputs)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        return self._serve(**{INPUT: tf.constant(images)})[OUTPUT].numpy()


class SavedModelFormat(ExportFormat):
    """TensorFlow's own: `tf.saved_model.load(path).signatures["serving_default"]`, TensorFlow Serving."""

    name = "saved_model"
    file = "network_saved_model"

    def write(self, network: keras.Model, path: pathlib.Path) -> None:
        """Writes a directory."""
        archive = keras.export.ExportArchive()
        archive.track(network)
        archive.add_endpoint("serve", _serving(network))
        # Of the gradients of our own kernels nobody who serves has a use.
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        archive.write_out(str(path), options=options, verbose=False)

    def load(self, path: pathlib.Path) -> LoadedNetwork:
        """Loads the signature that servers call."""
        return _LoadedSavedModel(path)


class _LoadedLiteRT(LoadedNetwork):
    def __init__(self, path: pathlib.Path) -> None:
        interpreter: Any = importlib.import_module("ai_edge_litert.interpreter")
        # Its signatures do not keep it alive.
        self._interpreter = interpreter.Interpreter(str(path))
        self._run = self._interpreter.get_signature_runner(_SIGNATURE)
        self.inputs = list(self._run.get_input_details())
        self.outputs = list(self._run.get_output_details())

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        return self._run(**{INPUT: images})[OUTPUT]


class LiteRTFormat(ExportFormat):
    """LiteRT, once TensorFlow Lite, by its built-in operations alone, which every interpreter has."""

    name = "litert"
    file = "network.tflite"
    packages = ("ai_edge_litert.interpreter",)

    def write(self, network: keras.Model, path: pathlib.Path) -> None:
        """Converts a SavedModel.

        One that Keras's own archive makes: in one that tracks the model beside a function of it, the converter leaves
        variables out, and the interpreter computes with what lies in memory.
        """
        with tempfile.TemporaryDirectory() as folder:
            SavedModelFormat().write(network, pathlib.Path(folder))
            converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[_SIGNATURE])
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
            path.write_bytes(converter.convert())

    def load(self, path: pathlib.Path) -> LoadedNetwork:
        """Loads the signature of the network's one function."""
        return _LoadedLiteRT(path)


class _LoadedOnnx(LoadedNetwork):
    def __init__(self, path: pathlib.Path) -> None:
        onnxruntime: Any = importlib.import_module("onnxruntime")
        self._session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.inputs = [each.name for each in self._session.get_inputs()]
        self.outputs = [each.name for each in self._session.get_outputs()]

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        return self._session.run([OUTPUT], {INPUT: images})[0]


class OnnxFormat(ExportFormat):
    """ONNX, images and channels in the order of the Keras network."""

    name = "onnx"
    file = "network.onnx"
    packages = ("tf2onnx", "onnx", "onnxruntime")

    def write(self, network: keras.Model, path: pathlib.Path) -> None:
        """Converts the graph; operations that ONNX lacks are left in it, and only the runtime refuses them."""
        tf2onnx: Any = importlib.import_module("tf2onnx")
        logging.getLogger("tf2onnx").setLevel(logging.ERROR)
        serve: Any = _serving(network)
        tf2onnx.convert.from_function(
            serve, input_signature=serve.input_signature, opset=_ONNX_OPERATORS, output_path=str(path)
        )

    def load(self, path: pathlib.Path) -> LoadedNetwork:
        """Loads it on the CPU."""
        return _LoadedOnnx(path)


FORMATS: dict[str, ExportFormat] = {each.name: each for each in (SavedModelFormat(), LiteRTFormat(), OnnxFormat())}


def _serving(network: keras.Model) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    """The network as a function with names, in evaluation mode whatever its layers' defaults are."""
    shape = network.input_shape  # type: ignore[attr-defined]  # of functional models, which Keras names nowhere
    signature = [tf.TensorSpec(shape, tf.float32, name=INPUT)]

    def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return {OUTPUT: network(image, training=False)}

    return tf.function(serve, input_signature=signature, autograph=False)
