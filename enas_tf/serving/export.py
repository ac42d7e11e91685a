"""Exports a trained network, and believes no exporter: what was written is loaded, named, measured and compared."""

import dataclasses
import os
import pathlib
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from enas_tf.errors import InputError, OutputError
from enas_tf.models.whole_network import INPUT, OUTPUT, portable_copy
from enas_tf.reporting.directory_lock import locked
from enas_tf.reporting.results import write_json, writing
from enas_tf.reporting.run_directory import require_writable
from enas_tf.serving.formats import ExportFormat, LoadedNetwork
from enas_tf.serving.trained_network import TrainedNetwork

# One image, and a number that divides no other: what takes the batch for anything else shows it.
BATCH_SIZES = (1, 7)
TOLERANCE = 1e-4
# Of logarithms, in which an error shows where probabilities are 0 and 1 to the last bit; relative to the largest.
_LOG_TOLERANCE = 1e-3
_LEAST_PROBABILITY = 1e-30
_TIMED_CALLS = 20
DESCRIPTION = "export.json"


@dataclasses.dataclass(frozen=True)
class Exported:
    """A network in a format.

    Attributes:
      format: The format's name.
      file: Its name in the directory; empty for the Keras network, with which the others are compared.
      num_bytes: Its size.
      difference: Its largest difference from Keras, in probability, over all batches.
      milliseconds: Median time of a call, by the size of the batch.
    """

    format: str
    file: str
    num_bytes: int
    difference: float
    milliseconds: dict[int, float]


def export_network(
    network: TrainedNetwork, images: np.ndarray, formats: Sequence[ExportFormat], directory: pathlib.Path, what: str
) -> list[Exported]:
    """Exports a network in float32 with its channels last.

    A format's file takes its place in the directory only after it was loaded in its own runtime and gave what Keras
    gives. `export.json` beside it says what to feed, what comes out, and how large and how fast it is.

    Args:
      network: The network.
      images: Real ones, uint8 [N, H, W, C], at least one.
      formats: To write.
      directory: Where to; made when missing.
      what: Flag to name in errors.

    Returns:
      The Keras network itself, then one for each format.

    Raises:
      InputError: If a package is missing, nothing can be written, or a format cannot hold the network.
      OutputError: If the disk is full.
    """
    for each in formats:
        each.require_packages()
    require_writable(what, directory)
    kept = portable_copy(network.network, "float32")
    batches = [np.resize(images, (size, *images.shape[1:])).astype(np.float32) for size in BATCH_SIZES]
    expected = [kept.predict_on_batch(batch) for batch in batches]
    with locked(what, directory), tempfile.TemporaryDirectory(prefix=".unfinished_", dir=directory) as folder:
        places = [pathlib.Path(folder) / each.file for each in formats]
        exported = [_keras_itself(kept, pathlib.Path(folder), batches)]
        exported += [
            _exported(each, kept, place, batches, expected) for each, place in zip(formats, places, strict=True)
        ]
        for place in places:
            _put(place, directory / place.name)
        write_json(directory / DESCRIPTION, _description(network, exported))
    return exported


def _keras_itself(network: keras.Model, folder: pathlib.Path, batches: Sequence[np.ndarray]) -> Exported:
    path = folder / "network.keras"
    with writing(path):
        network.save(path)
    return Exported("keras", "", _num_bytes(path), 0.0, _milliseconds(network.predict_on_batch, batches))


def _exported(
    each: ExportFormat,
    network: keras.Model,
    path: pathlib.Path,
    batches: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
) -> Exported:
    what = f"--format={each.name}"
    try:
        with writing(path, tf.errors.ResourceExhaustedError):
            each.write(network, path)
        loaded = each.load(path)
        received = [loaded.probabilities(batch) for batch in batches] if _names(loaded) == _NAMES else []
    except OutputError:
        raise
    except Exception as error:  # exporters and runtimes raise what they like where an operation is missing
        raise InputError(what, "a network whose operations the format has", _reason(error)) from error
    if _names(loaded) != _NAMES:
        raise InputError(what, f"the input {INPUT} and the output {OUTPUT}", f"{loaded.inputs} and {loaded.outputs}")
    pairs = list(zip(received, expected, strict=True))
    difference = max(float(np.abs(one - other).max()) for one, other in pairs)
    # Written so that what is no number fails.
    if not (difference <= TOLERANCE and all(_logarithms_agree(*pair) for pair in pairs)):
        expectation = f"the probabilities of the Keras network, to {TOLERANCE:g}"
        raise InputError(what, expectation, f"others, up to {difference:.3g} apart or in their logarithms")
    times = _milliseconds(loaded.probabilities, batches)
    return Exported(each.name, each.file, _num_bytes(path), difference, times)


_NAMES = ([INPUT], [OUTPUT])


def _names(loaded: LoadedNetwork) -> tuple[list[str], list[str]]:
    return list(loaded.inputs), list(loaded.outputs)


def _logarithms_agree(received: np.ndarray, expected: np.ndarray) -> bool:
    """Compares logarithms of probabilities, which differ as logits do."""
    logs = [np.log(np.maximum(each, _LEAST_PROBABILITY)) for each in (received, expected)]
    return bool(np.abs(logs[0] - logs[1]).max() <= _LOG_TOLERANCE * max(1.0, float(np.abs(logs[1]).max())))


def _milliseconds(run: Callable[[np.ndarray], Any], batches: Sequence[np.ndarray]) -> dict[int, float]:
    """The median time of a call on each batch, which it has been called on before."""
    times = {}
    for batch in batches:
        run(batch)
        taken = []
        for _ in range(_TIMED_CALLS):
            start = time.perf_counter()
            run(batch)
            taken.append(1e3 * (time.perf_counter() - start))
        times[len(batch)] = statistics.median(taken)
    return times


def _num_bytes(path: pathlib.Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def _put(place: pathlib.Path, destination: pathlib.Path) -> None:
    """Moves a file or directory to where an earlier one may be."""
    if destination.is_dir() and not destination.is_symlink():
        shutil.rmtree(destination)
    os.replace(place, destination)


def _description(network: TrainedNetwork, exported: Sequence[Exported]) -> dict[str, Any]:
    return {
        "input": {"name": INPUT, "shape": [None, *network.image_shape], "type": "float32", "values": "0 to 255"},
        "output": {"name": OUTPUT, "shape": [None, len(network.class_names)], "type": "float32"},
        "class_names": network.class_names,
        "networks": exported,
    }


def _reason(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0].strip() if lines else ''}"
