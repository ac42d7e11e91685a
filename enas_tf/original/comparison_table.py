"""Shows the rows of a comparison as a table."""

from collections.abc import Sequence

from enas_tf.original.comparison import Row, passes
from enas_tf.reporting.tables import TextTable

_NOT_COMPARABLE = (
    "Not comparable: numbers that are NaN or infinite in the file, what a step leaves behind in which the original's "
    "race ran away, and what has no effect."
)
COLUMNS = ("array", "numbers", "largest difference", "relative", "tolerance", "verdict", "largest at")


def comparison_table(title: str, rows: Sequence[Row]) -> TextTable:
    """Makes the table of a comparison, with its outcome below."""
    notes = [outcome(rows)]
    if any(row.num_incomparable for row in rows):
        notes.append(_NOT_COMPARABLE)
    return TextTable(title, COLUMNS, [_cells(row) for row in rows], notes)


def outcome(rows: Sequence[Row]) -> str:
    """Sums a comparison up in a line: verdict, largest relative difference of each tolerance, what was left out."""
    compared = [row for row in rows if row.num_compared]
    largest = {}
    for row in compared:
        largest[row.tolerance.name] = max(row.relative, largest.get(row.tolerance.name, 0.0))
    differences = ", ".join(f"{value:.1e} ({name})" for name, value in largest.items())
    left_out = sum(row.num_incomparable for row in rows)
    return (
        f"{'passes' if passes(rows) else 'MISSES'}: largest relative difference {differences or 'none'}; "
        f"{sum(row.num_compared for row in compared):,} numbers compared, {left_out:,} not comparable"
    )


def _cells(row):
    numbers = f"{row.num_compared:,}" + (f" (+ {row.num_incomparable:,} not)" if row.num_incomparable else "")
    if not row.num_compared:
        return row.name, numbers, "", "", "", row.verdict, ""
    difference, relative = f"{row.difference:.1e}", f"{row.relative:.1e}"
    return row.name, numbers, difference, relative, str(row.tolerance), row.verdict, row.worst.partition("/")[2]
