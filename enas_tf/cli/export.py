"""enas-export: writes a trained network as a SavedModel, for LiteRT or as ONNX, and checks what was written.

Usage: enas-export --model=RUN --format=saved_model,litert,onnx [--output_dir=DIR]. RUN is the directory of a run of
enas-train, or a .keras file. Each file is loaded in its own runtime and compared with Keras on test images of the run
(or of --images, --dataset, --data_path). LiteRT and ONNX need packages that pip install -e '.[export]' brings.
"""

import pathlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from absl import flags
from rich.console import Console

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import EXPORT_FORMATS, PATH
from enas_tf.cli.main import parse_flags, run_command
from enas_tf.cli.predict_flags import MODEL_FLAG, asks_for_data_set, data_config, define_model_flags
from enas_tf.cli.quiet_import import quiet_stderr
from enas_tf.errors import InputError
from enas_tf.reporting.tables import TextTable

if TYPE_CHECKING:
    from enas_tf.serving.export import Exported
    from enas_tf.serving.trained_network import TrainedNetwork

# Tables of numbers are not squeezed into a narrow file.
_WIDTH = 120

EXPORT_FLAGS = (
    FlagSpec("format", EXPORT_FORMATS, "What to export to, several separated by commas.", required=True),
    FlagSpec("output_dir", PATH, "Directory to write to; `export` beside the network if not given."),
)


def main(argv: Sequence[str]) -> None:
    """Parses the flags and exports (arguments as `sys.argv`).

    Raises:
      InputError: If flags, network or images are at fault, or a format cannot hold the network.
      flags.Error: For flags that do not parse.
    """
    values = flags.FlagValues()
    define_model_flags(values, "flags of enas-export")
    for spec in EXPORT_FLAGS:
        spec.define(values, "flags of enas-export", spec.default)
    rest = parse_flags(values, argv, __doc__, takes_paths=True)
    paths = [*(values["images"].value or ()), *rest]
    if paths and asks_for_data_set(values):
        raise InputError("command line", "either --images or --dataset (or --data_path)", "both")
    model, names = MODEL_FLAG.value(values), EXPORT_FLAGS[0].value(values)
    with quiet_stderr():
        import tensorflow as tf

        from enas_tf.serving.export import export_network
        from enas_tf.serving.formats import FORMATS
        from enas_tf.serving.trained_network import load_trained_network, run_directory
    # With its shortened products a GPU would be off by more than an export may be.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    formats = [FORMATS[name] for name in names]
    for each in formats:
        each.require_packages()
    network = load_trained_network(model)
    images = _images(values, network, paths)
    given = values["output_dir"].value
    directory = run_directory(model).export if given is None else pathlib.Path(given)
    with quiet_stderr():  # exporters write much, of which nothing is of use
        exported = export_network(network, images, formats, directory, f"--output_dir={directory}")
    Console(highlight=False, width=_WIDTH).print(_table(exported).for_terminal())
    sys.stdout.write(f"Written to {directory}\n")


def run() -> None:
    """Entry point of the console command `enas-export`."""
    sys.exit(run_command("enas-export", main))


def _images(values: flags.FlagValues, network: "TrainedNetwork", paths: Sequence[str]) -> np.ndarray:
    """A few images to compare the networks on, uint8 [N, H, W, C]."""
    from enas_tf.data import load_images
    from enas_tf.serving.export import BATCH_SIZES
    from enas_tf.serving.image_files import find_image_files, read_batches
    from enas_tf.serving.predictions import require_fitting
    from enas_tf.serving.trained_network import data_of_run

    number = max(BATCH_SIZES)
    if paths:
        files, _ = find_image_files(paths, network.class_names)
        return next(read_batches(files[:number], network.image_shape, number))
    config = data_config(values, data_of_run(values.model), network.image_shape)
    image_set = load_images(config)
    require_fitting(image_set, network, config.source_flag)
    return np.asarray(image_set.test_images[:number])


def _table(exported: Sequence["Exported"]) -> TextTable:
    sizes = list(exported[0].milliseconds)
    columns = ("network", "size (KiB)", *(f"ms, {size} image{'s' * (size > 1)}" for size in sizes), "off by at most")
    rows = []
    for each in exported:
        times = (f"{each.milliseconds[size]:.2f}" for size in sizes)
        rows.append(
            (each.format, f"{each.num_bytes / 1024:.1f}", *times, f"{each.difference:.1e}" if each.file else "")
        )
    return TextTable("Exported networks, in float32", columns, rows)


if __name__ == "__main__":
    run()
