"""`enas-compare` on golden files: compares and writes them."""

import dataclasses
import pathlib

from absl import flags

from enas_tf.cli.compare_output import Comparison, file_to_write
from enas_tf.cli.flags import search_config_from_flags
from enas_tf.cli.quiet_import import quiet_stderr
from enas_tf.errors import InputError
from enas_tf.strategies.controller import controller_of


def compare_goldens(values: flags.FlagValues) -> Comparison:
    """Compares every file that `--golden` names.

    Raises:
      InputError: If one of them is not as it should be.
    """
    with quiet_stderr():
        from enas_tf.original.comparison import passes
        from enas_tf.original.comparison_table import comparison_table
        from enas_tf.original.golden import Golden
        from enas_tf.original.golden_comparison import compare_golden
    quirks = values["original_quirks"].value if values["original_quirks"].present else None
    goldens = [Golden.load(pathlib.Path(name)) for name in values["golden"].value]
    rows_of = {str(golden.path): compare_golden(golden, quirks) for golden in goldens}
    tables = [comparison_table(name, rows) for name, rows in rows_of.items()]
    return Comparison(tables, all(passes(rows) for rows in rows_of.values()))


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
    quirks = values["original_quirks"].value if values["original_quirks"].present else kind.quirks
    config = search_config_from_flags(values)
    # Each arc of a golden file is an update of its own.
    config = dataclasses.replace(config, strategy=dataclasses.replace(controller_of(config), num_aggregate=1))
    golden = make_golden(path, kind, config, quirks)
    golden.save()
    return Comparison([], lines=[f"Wrote {path} ({len(golden.arrays)} arrays) and {path.with_suffix('.json')}"])
