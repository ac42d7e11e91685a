"""`enas-compare` on golden files: compares and writes them."""

import dataclasses
import pathlib
from collections.abc import Sequence

from absl import flags

from enas_tf.cli.compare_output import Comparison, tell
from enas_tf.cli.files_to_write import file_to_write
from enas_tf.cli.flags import search_config_from_flags
from enas_tf.cli.quiet_import import quiet_stderr
from enas_tf.errors import InputError
from enas_tf.strategies.controller import controller_of


def compare_goldens(values: flags.FlagValues) -> Comparison:
    """Compares every file that `--golden` names, and all files of a directory that it names.

    Raises:
      InputError: If one of them is not as it should be.
    """
    paths = _golden_files(values.golden)
    tell("Loading TensorFlow")
    with quiet_stderr():
        from enas_tf.original.golden import Golden
        from enas_tf.original.golden_comparison import compare_golden
        from enas_tf.original.golden_tables import golden_tables, summary_table
    quirks = values.original_quirks if values["original_quirks"].present else None
    goldens = [Golden.load(path) for path in paths]
    comparisons = []
    for golden in goldens:
        tell(f"Comparing {golden.path}")
        num_nearby, seed = values.nearby_starts, values.seed
        comparisons.append(compare_golden(golden, quirks, num_nearby, seed, tell))
    tables = [table for comparison in comparisons for table in golden_tables(comparison)]
    if len(paths) > 1:
        tables.append(summary_table(comparisons, [path.stem for path in paths]))
    return Comparison(tables, all(comparison.passes for comparison in comparisons))


def write_golden(values: flags.FlagValues) -> Comparison:
    """Writes the file that `--write_golden` names.

    Raises:
      InputError: If it cannot be written, or settings do not fit one another.
    """
    path = file_to_write(values, "write_golden", ".npz")
    with quiet_stderr():
        from enas_tf.original.golden_kind import KINDS
        from enas_tf.original.golden_writer import make_golden
    if values["kind"].value is None:
        raise InputError("--kind", f"what to write: {', '.join(KINDS)}", "nothing")
    kind = KINDS[values["kind"].value]
    values["search_for"].value = kind.search_for or "macro"
    values["controller_search_whole_channels"].value = True
    quirks = values.original_quirks if values["original_quirks"].present else kind.quirks
    config = search_config_from_flags(values)
    # Each arc of a golden file is an update of its own.
    config = dataclasses.replace(config, strategy=dataclasses.replace(controller_of(config), num_aggregate=1))
    golden = make_golden(path, kind, config, quirks, values["golden_steps"].value)
    golden.save()
    return Comparison([], lines=[f"Wrote {path} ({len(golden.arrays)} arrays) and {path.with_suffix('.json')}"])


def _golden_files(names: Sequence[str]) -> list[pathlib.Path]:
    paths = []
    for name in names:
        path = pathlib.Path(name)
        found = sorted(path.glob("*.npz")) if path.is_dir() else [path]
        if not found:
            raise InputError(f"--golden={name}", "a golden file, or a directory of them", "a directory without any")
        paths += found
    return paths
