"""Shows the rows of a comparison as a table."""

from collections.abc import Mapping, Sequence

from enas_tf.original.comparison import MISS, Row, passes
from enas_tf.reporting.tables import TextTable

_COLUMNS = ("array", "numbers", "largest difference", "relative", "tolerance", "verdict", "largest at")
_SPREAD = "own spread"


def comparison_table(
    title: str, rows: Sequence[Row], spread: Mapping[str, float] | None = None, miss: str = MISS
) -> TextTable:
    """Makes the table of a comparison, with its outcome below.

    Args:
      title: Of the table.
      rows: The comparison.
      spread: By row, how far the port's own numbers move from nearby starts; None if nobody looked.
      miss: What a miss is called.
    """
    columns = _COLUMNS if spread is None else (*_COLUMNS, _SPREAD)
    return TextTable(title, columns, [_cells(row, spread, miss) for row in rows], [outcome(rows, miss)])


def outcome(rows: Sequence[Row], miss: str = MISS) -> str:
    """Sums a comparison up in a line: verdict, largest relative difference of each tolerance, what was left out."""
    compared = [row for row in rows if row.num_compared]
    largest: dict[str, float] = {}
    for row, tolerance in ((row, row.tolerance) for row in compared if row.tolerance is not None):
        largest[tolerance.name] = max(row.relative, largest.get(tolerance.name, 0.0))
    differences = ", ".join(f"{value:.1e} ({name})" for name, value in largest.items())
    return (
        f"{'passes' if passes(rows) else miss}: largest relative difference {differences or 'none'}; "
        f"{sum(row.num_compared for row in compared):,} numbers compared, {text_of_left_out(rows)}"
    )


def text_of_left_out(rows: Sequence[Row]) -> str:
    """Says how many numbers were not compared, and what they are."""
    parts = [f"{row.num_left_out:,} not ({row.name})" for row in rows if row.num_left_out]
    return ", ".join(parts) or "0 not"


def _cells(row: Row, spread: Mapping[str, float] | None, miss: str) -> tuple[str, ...]:
    if not row.num_compared:
        cells = row.name, f"{row.num_left_out:,}", "", "", "", row.verdict, ""
        return cells if spread is None else (*cells, "")
    verdict = miss if row.verdict == MISS else row.verdict
    difference, relative = f"{row.difference:.1e}", f"{row.relative:.1e}"
    place = row.worst.partition("/")[2]
    cells = row.name, f"{row.num_compared:,}", difference, relative, str(row.tolerance), verdict, place
    return cells if spread is None else (*cells, f"{spread.get(row.name, 0.0):.1e}")
