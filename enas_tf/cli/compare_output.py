"""What every way of `enas-compare` gives, and where it may write."""

import pathlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

from absl import flags

from enas_tf.errors import InputError
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
    what = f"--{flag}={path}"
    if not path.parent.is_dir() or path.is_dir():
        raise InputError(what, "a file in a directory that exists", f"no directory {path.parent}" if not path.is_dir()
                         else "a directory")  # fmt: skip
    if suffix and path.suffix != suffix:
        raise InputError(what, f"a name that ends in {suffix}", path.name)
    return path


def tell(line: str) -> None:
    """Writes a line at once, so that long work shows life."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
