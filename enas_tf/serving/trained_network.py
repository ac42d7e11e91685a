"""A network that a final training has saved, as one that images can be given to."""

import pathlib
import zipfile
from collections.abc import Iterable

import keras
import numpy as np

from enas_tf.config import DataConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.extensions import OPERATIONS, added_names, load_added
from enas_tf.layers.registry import OperationKind
from enas_tf.layers.whole_network import ClassProbabilities
from enas_tf.models.whole_network import OUTPUT
from enas_tf.reporting.results import read_json
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.search.retraining import RetrainingDirectory
from enas_tf.search.settings import read_config
from enas_tf.strategies.registry import STRATEGIES

_LOADABLE = "a .keras file that can be loaded"


class TrainedNetwork:
    """A whole network: from images as they are to probabilities of classes.

    Args:
      network: As `whole_network` makes it.
      what: Flag to name in errors.

    Attributes:
      network: As given.
      class_names: By label.
      image_shape: (height, width, channels) of the images it takes.

    Raises:
      InputError: If it is a network of another making.
    """

    def __init__(self, network: keras.Model, what: str) -> None:
        last = network.layers[-1]
        if not isinstance(last, ClassProbabilities):
            expected = f"a network of enas-train, which ends in a layer {OUTPUT} that knows its classes' names"
            raise InputError(what, expected, f"one that ends in {last.name} (an earlier build's: train again)")
        self.network = network
        self.class_names = last.class_names
        self.image_shape: tuple[int, int, int] = network.input_shape[1:]  # type: ignore[attr-defined]  # as ever

    def probabilities(self, batches: Iterable[np.ndarray]) -> np.ndarray:
        """Returns the probabilities of the classes, float32 [N, num_classes].

        Args:
          batches: Images, uint8 [B, H, W, C].
        """
        rows = [np.zeros((0, len(self.class_names)), np.float32)]
        rows += [self.network.predict_on_batch(images) for images in batches]
        return np.concatenate(rows)


def load_trained_network(model: str, what: str = "--model") -> TrainedNetwork:
    """Loads a saved network.

    Args:
      model: A run's directory, or a `.keras` file.
      what: Flag to name in errors.

    Raises:
      InputError: If there is none, or it cannot be loaded.
    """
    what, path = f"{what}={model}", network_file(model)
    if not path.exists():
        is_run = RunDirectory(str(path.parent)).holds_run
        none = "a run that has saved none (enas-train does, when it ends, unless it goes on with --init_from_search)"
        received = none if is_run else "nothing there"
        raise InputError(what, f"a run's directory with {path.name}, or a .keras file", received)
    fault = _fault(path)
    if fault:
        raise InputError(what, _LOADABLE, fault)
    for name in added_names(OPERATIONS, ()):  # importing their packages registers their layers
        load_added(OPERATIONS, name, OperationKind)
    try:
        network = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises of many kinds, and tells of a layer's whole configuration
        reason = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        raise InputError(what, _LOADABLE, reason) from error
    return TrainedNetwork(network, what)


def _fault(path: pathlib.Path) -> str:
    """Why a file can be no saved network, of which Keras says that it is not found; empty if nothing tells."""
    try:
        with path.open("rb") as file:
            if not file.read(1):
                return "an empty file"
            return "" if zipfile.is_zipfile(file) else "no .keras archive, or one that was cut short"
    except OSError as error:
        return error.strerror or str(error)


def run_directory(model: str) -> RunDirectory:
    """The directory of the run that a network belongs to, a run's directory or a file in one."""
    return RunDirectory(str(network_file(model).parent))


def data_of_run(model: str) -> DataConfig | None:
    """Which images the run of a network read, or the trainings of which it was the best; None if there are none.

    Raises:
      InputError: If the run's settings cannot be read.
    """
    directory = RetrainingDirectory(str(run_directory(model).path))
    if directory.holds_run:
        return read_config(directory).data
    if not directory.retraining.exists():
        return None
    kinds = {name: kind.config for name, kind in STRATEGIES.items()}
    return SearchConfig.from_plain(read_json(directory.retraining)["config"], kinds, str(directory.retraining)).data


def network_file(model: str) -> pathlib.Path:
    """Where a network lies: in a run's directory, or in the file itself."""
    path = pathlib.Path(model).expanduser()
    return path if path.suffix == ".keras" and not path.is_dir() else RunDirectory(str(path)).network
