"""What every way of `enas-compare` gives, and where it may write."""

import sys
from collections.abc import Sequence
from typing import NamedTuple

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


def tell(line: str) -> None:
    """Writes a line at once, so that long work shows life."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
