"""`enas-compare` on logs: draws runs side by side."""

import os
import pathlib
from collections.abc import Sequence

from absl import flags

from enas_tf.cli.compare_output import Comparison
from enas_tf.cli.files_to_write import file_to_write
from enas_tf.errors import InputError


def compare_logs(values: flags.FlagValues) -> Comparison:
    """Reads the files that `--log` names, and draws them into `--output`.

    Raises:
      InputError: If there is but one, one cannot be read or is no log, or the picture cannot be written.
    """
    from enas_tf.reporting.drawing import PRINT_DPI
    from enas_tf.reporting.log_comparison import draw_logs, last_epochs_table
    from enas_tf.reporting.log_reading import read_log
    from enas_tf.reporting.results import replacing

    paths = [pathlib.Path(name) for name in values.log]
    if len(paths) < 2:
        raise InputError("--log", "two files or more to compare", "one")
    output = file_to_write(values, "output", ".png")
    logs = [read_log(path, name) for path, name in zip(paths, run_names(paths), strict=True)]
    with replacing(output) as file:
        draw_logs(logs).savefig(file, format="png", dpi=PRINT_DPI)
    return Comparison([last_epochs_table(logs)], lines=[f"Picture: {output}"])


def run_names(paths: Sequence[pathlib.Path]) -> list[str]:
    """Names runs by their logs: by what their paths do not share, `stdout` itself left out."""
    names = [str(path.parent if path.name == "stdout" else path) for path in paths]
    if len(set(names)) < len(names):
        return [f"{name} ({k + 1})" for k, name in enumerate(names)]
    shared = os.path.commonpath([os.path.abspath(name) for name in names])
    return [os.path.relpath(name, shared) for name in names]
