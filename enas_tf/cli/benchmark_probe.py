"""The process of one measurement of `enas-benchmark --against`, which starts it; not a command for people.

It is started by its path, and whichever checkout stands first on PYTHONPATH is the one that is measured: an older
build, which knows nothing of this file, or this one. So it imports few names, and mostly such as a checkout's own
benchmark offers, which follow what the networks and trainers of that checkout are called. Where a build renames one of
them, this file must know both names for as long as builds of before are to be measured.
"""

import json
import pathlib
import sys
from collections.abc import Sequence

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


def main(argv: Sequence[str]) -> None:
    """Measures the checkout.

    Args:
      argv: Behind the program's name the directory of the request, with `search.flags`, `images.npz` (the fields of an
        `ImageSet`) and `arcs.json`, and the JSON file for the result.
    """
    _require_one_checkout()
    request, result = map(pathlib.Path, argv[1:])
    values = define_search_flags(flags.FlagValues())
    parse_flags(values, [argv[0], f"--flagfile={request / 'search.flags'}"], "")
    config, _ = prepare_device(search_config_from_flags(values))
    data = SearchData(_read_images(request / "images.npz"), config.data, config.run.seed)
    arcs = [tuple(arc) for arc in json.loads((request / "arcs.json").read_text(encoding="utf-8"))]
    measured = _measure(config, data, arcs)
    _require_one_checkout()  # of what was imported meanwhile as well
    result.write_text(json.dumps(measured), encoding="utf-8")


def _require_one_checkout() -> None:
    """Refuses modules of another checkout: an editable installation hands out what the one on PYTHONPATH lacks.

    Raises:
      ImportError: Naming such a module.
    """
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    own = pathlib.Path(enas_tf.__file__).resolve().parent
    foreign = [
        name
        for name, file in sorted(files.items())
        if name.startswith("enas_tf.") and file and not pathlib.Path(file).resolve().is_relative_to(own)
    ]
    if foreign:
        raise ImportError(f"no {', '.join(foreign[:3])} in {own}")


def _measure(config, data: SearchData, arcs: Sequence[tuple[int, ...]]) -> dict[str, object]:
    """Measures what `enas_tf.benchmark.against` compares: seconds, or MiB; a list where it is one number an arc."""
    batch, evaluation_batch = next(iter(data.train_batches())), next(iter(data.test_batches()))
    library, first = first_step(config, data, batch, arcs[0])
    controller = controller_updates(config, data, library.evaluator, len(arcs))
    for arc in arcs:  # what an architecture is the first to need is traced before anything is timed
        library.step(batch, arc)
        library.evaluate(evaluation_batch, arc)
    child = [seconds_of(lambda arc=arc: library.step(batch, arc)) for arc in arcs]
    evaluation = [seconds_of(lambda arc=arc: library.evaluate(evaluation_batch, arc)) for arc in arcs]
    return {
        "enas_tf": str(pathlib.Path(enas_tf.__file__).resolve()),
        "machine": {"device": device_name(), **machine()},
        "measured": {
            "first_step": first["total"],
            "child_step": child,
            "evaluation_batch": evaluation,
            "controller_update": controller["total"].median,
            **{f"peak_memory_{kind}": most for kind, most in peak_memory().items()},
        },
    }


def _read_images(path: pathlib.Path) -> ImageSet:
    with np.load(path) as arrays:
        fields = {name: arrays[name] for name in arrays.files}
    return ImageSet("images of a benchmark", **fields | {"num_classes": int(fields["num_classes"])})


if __name__ == "__main__":
    main(sys.argv)
