"""How long each operation takes on this machine: measured once, kept in a file, and used again from there.

An architecture's milliseconds are a sum over its operations, as in a lookup table of latencies: what overlaps is
counted one after the other. Since the file is read again, a run that was killed goes on with the same numbers.
"""

import json
import pathlib
import statistics
import time
from typing import Any

import tensorflow as tf

from enas_tf.errors import InputError
from enas_tf.models.flow import Placed
from enas_tf.reporting.results import read_json, write_json
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.training.device import device_name

WARM_UPS, TURNS = 3, 30
# Beyond the device's name, for those who put files of two machines side by side.
_ABOUT = "milliseconds of one image, the median of runs after a warm-up"


class OperationMilliseconds:
    """Times calls of layers, each kind at each size once.

    Args:
      path: The file that keeps the times; it need not exist yet, nor its directory before something is measured.
      others: Another such file, or the directory of a run that has one, whose times are taken for what the first one
        lacks; None for none.

    Raises:
      InputError: If there is no such file.
    """

    def __init__(self, path: pathlib.Path, others: str | None = None) -> None:
        self._path = path
        self._others = {} if others is None else _read(f"--operation_milliseconds={others}", _file_of(others))
        self._known: dict[str, float] | None = None

    def of(self, placed: Placed) -> float:
        """Returns the milliseconds of a call; what is not known yet is measured and written down before it is used."""
        if self._known is None:  # not before the directory has been cleared for a new run
            self._known = _read(str(self._path), self._path) if self._path.exists() else {}
        name = _name(placed)
        if name not in self._known:
            self._known[name] = self._others.get(name) or _measure(placed)
            about = {"device": device_name(), "about": _ABOUT}
            write_json(self._path, {**about, "milliseconds": dict(sorted(self._known.items()))})
        return self._known[name]


def _name(placed: Placed) -> str:
    """What calls that take equally long have in common: kind of layer, its settings, sizes of its inputs."""
    settings = {
        key: value
        for key, value in placed.layer.get_config().items()
        if key not in ("name", "seed", "trainable", "dtype")
    }
    sizes = "+".join("x".join(map(str, spec.shape[1:])) for spec in placed.inputs)
    return f"{type(placed.layer).__name__} {sizes} {placed.inputs[0].dtype.name} {json.dumps(settings, default=str)}"


def _measure(placed: Placed) -> float:
    """Milliseconds of a call on one image; what the layer keeps of images is as it was before."""
    inputs = [tf.ones([1, *spec.shape[1:]], spec.dtype) for spec in placed.inputs]
    state = [(variable, variable.numpy()) for variable in placed.layer.non_trainable_variables]
    taken = []
    for turn in range(WARM_UPS + TURNS):
        begun = time.perf_counter()
        output, _ = placed.piece.forward(inputs, placed.choice)
        output.numpy()  # an accelerator may still be at work
        if turn >= WARM_UPS:
            taken.append(time.perf_counter() - begun)
    for variable, value in state:
        variable.assign(value)
    return 1e3 * statistics.median(taken)


def _file_of(others: str) -> pathlib.Path:
    path = pathlib.Path(others)
    return RunDirectory(others).operation_milliseconds if path.is_dir() else path


def _read(what: str, path: pathlib.Path) -> dict[str, float]:
    expected = "the operation_milliseconds.json of a run, or the directory of a run that has one"
    try:
        content: Any = read_json(path)
    except OSError as error:
        raise InputError(what, expected, error.strerror) from None
    except ValueError:
        raise InputError(what, expected, "a file that is not JSON") from None
    try:
        return {name: float(time) for name, time in content["milliseconds"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(what, expected, "JSON without `milliseconds` that are numbers by operations") from None
