"""A process of `enas-benchmark --against`, which starts it; not a command for people.

It is started by its path, and whichever checkout stands first on PYTHONPATH is the one that is measured: an older
build, which knows nothing of this file, or this one. So it imports few names, and mostly such as a checkout's own
benchmark offers, which follow what the networks and trainers of that checkout are called. Where a build renames one of
them, this file must know both names for as long as builds of before are to be measured.

It answers questions, one a line of stdin: the name of a method of `Answers`, behind it integers. An answer is a line
of JSON on stdout. What else is written goes to stderr.
"""

import json
import os
import pathlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from absl import flags

import enas_tf
from enas_tf.benchmark.machine import machine, peak_memory
from enas_tf.benchmark.phases import controller_updates, first_step
from enas_tf.benchmark.timing import seconds_of
from enas_tf.cli.flags import define_search_flags, search_config_from_flags
from enas_tf.cli.main import parse_flags
from enas_tf.data import ImageSet, SearchData
from enas_tf.training.device import device_name, prepare_device

if TYPE_CHECKING:
    from enas_tf.benchmark.contenders import Contender


class Answers:
    """Measures the search that a request describes; `first_step` comes first.

    Args:
      request: A directory with `search.flags`, `images.npz` (the fields of an `ImageSet`) and `arcs.json`.
    """

    _library: "Contender"  # from the first step on

    def __init__(self, request: pathlib.Path) -> None:
        values = define_search_flags(flags.FlagValues())
        parse_flags(values, ["enas-benchmark", f"--flagfile={request / 'search.flags'}"], "")
        self._config, _ = prepare_device(search_config_from_flags(values))
        self._data = SearchData(_read_images(request / "images.npz"), self._config.data, self._config.run.seed)
        self._batch = next(iter(self._data.train_batches()))
        self._evaluation_batch = next(iter(self._data.test_batches()))
        self._arcs = [tuple(arc) for arc in json.loads((request / "arcs.json").read_text(encoding="utf-8"))]

    def first_step(self) -> float:
        """Seconds to make the network and take its first step."""
        self._library, seconds = first_step(self._config, self._data, self._batch, self._arcs[0])
        return seconds["total"]

    def controller_update(self) -> float:
        """Seconds a sample of the controller's updates, the median of as many updates as there are architectures."""
        updates = controller_updates(self._config, self._data, self._library.evaluator, len(self._arcs))
        return updates["total"].median

    def warm_up(self) -> None:
        """Runs every architecture once: what one of them is the first to need is traced before anything is timed."""
        for arc in self._arcs:
            self._library.step(self._batch, arc)
            self._library.evaluate(self._evaluation_batch, arc)

    def child_step(self, k: int) -> float:
        """Seconds of a training step of the architecture number k."""
        return seconds_of(lambda: self._library.step(self._batch, self._arcs[k]))

    def evaluation_batch(self, k: int) -> float:
        """Seconds of the evaluation of a batch by the architecture number k."""
        return seconds_of(lambda: self._library.evaluate(self._evaluation_batch, self._arcs[k]))

    def peak_memory(self) -> dict[str, float]:
        """The most memory used so far, in MiB, by kind."""
        return peak_memory()

    def about(self) -> dict[str, object]:
        """What was measured on which machine.

        Raises:
          ImportError: If modules are another checkout's.
        """
        _require_one_checkout()
        return {"enas_tf": str(_checkout()), "machine": {"device": device_name(), **machine()}}


def main(argv: Sequence[str]) -> None:
    """Answers until stdin ends (behind the program's name: the directory of the request)."""
    # TensorFlow and its kernels may write to stdout as well.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _require_one_checkout()
    asked = Answers(pathlib.Path(argv[1]))
    for question in sys.stdin:
        name, *numbers = question.split()
        answers.write(json.dumps(getattr(asked, name)(*map(int, numbers))) + "\n")
        answers.flush()


def _read_images(path: pathlib.Path) -> ImageSet:
    with np.load(path) as arrays:
        fields = {name: arrays[name] for name in arrays.files}
    return ImageSet("images of a benchmark", **fields | {"num_classes": int(fields["num_classes"])})


def _checkout() -> pathlib.Path:
    return pathlib.Path(enas_tf.__file__).resolve().parents[1]


def _require_one_checkout() -> None:
    """Refuses modules of another checkout: an editable installation hands out what the one on PYTHONPATH lacks.

    Raises:
      ImportError: Naming such a module.
    """
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    foreign = [
        name
        for name, file in sorted(files.items())
        if name.startswith("enas_tf.") and file and not pathlib.Path(file).resolve().is_relative_to(_checkout())
    ]
    if foreign:
        raise ImportError(f"no {', '.join(foreign[:3])} in {_checkout()}")


if __name__ == "__main__":
    main(sys.argv)
