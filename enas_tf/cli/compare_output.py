"""What every way of `enas-compare` gives, and where it may write."""

import pathlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

from absl import flags

from enas_tf.reporting.run_directory import require_file_place
from enas_tf.reporting.tables import TextTable


class Comparison(NamedTuple):
    """An outcome to show.

    Attributes:
      tables: In order.
      passes: Whether nothing is off by more than its tolerance.
      lines: Text below the tables.
    """

    tables: Sequence[TextTable]
    passes: bool = True
    lines: Sequence[str] = ()


def file_to_write(values: flags.FlagValues, flag: str, suffix: str = "") -> pathlib.Path:
    """The file a flag names that is given.

    Raises:
      InputError: If it could not be written, or has another ending than `suffix`.
    """
    path = pathlib.Path(getattr(values, flag))
    require_file_place(f"--{flag}={path}", path, suffix)
    return path


def tell(line: str) -> None:
    """Writes a line at once, so that long work shows life."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
