"""Shows what became of golden files: arrays, drift from step to step, and a line for each file."""

import dataclasses
from collections.abc import Sequence

from enas_tf.original.comparison import EDGE, MISS, OK, Row, largest
from enas_tf.original.comparison_table import comparison_table, text_of_left_out
from enas_tf.original.golden_comparison import GoldenComparison
from enas_tf.original.nearby_starts import NearbyStarts
from enas_tf.reporting.tables import TextTable

_NONE = "–"
_SUMMARY_COLUMNS = ("file", "before any step", "steps", "after them", "numbers compared", "verdict")
# Which groups of arrays the first columns of the summary are about.
_SUMMARY_PARTS = {"steps": ("step/", "train/"), "after them": ("var_after/",)}


def golden_tables(comparison: GoldenComparison) -> list[TextTable]:
    """Makes the tables of one file: its arrays, and the drift where it holds training steps."""
    spread = None if comparison.nearby is None else comparison.nearby.spread
    table = comparison_table(comparison.name, comparison.rows, spread, miss=comparison.verdict)
    table = dataclasses.replace(table, notes=[*table.notes, *_about_nearby_starts(comparison)])
    return [table, _drift_table(comparison)] if comparison.steps else [table]


def summary_table(comparisons: Sequence[GoldenComparison], names: Sequence[str]) -> TextTable:
    """Makes a table of files, a line each: the largest differences before, in and after their training steps."""
    note = "Largest difference as a share of the largest number of its array."
    rows = [_summary(name, comparison) for name, comparison in zip(names, comparisons, strict=True)]
    return TextTable("All files", _SUMMARY_COLUMNS, rows, [note])


def _drift_table(comparison: GoldenComparison) -> TextTable:
    """Relative differences step by step."""
    by_step: dict[str, dict[str, Row]] = {}
    for row in comparison.steps:
        _, step, quantity = row.name.split("/")
        by_step.setdefault(step, {})[quantity] = row
    quantities = list(dict.fromkeys(quantity for rows in by_step.values() for quantity in rows))
    spread = comparison.nearby and comparison.nearby.spread
    lines = []
    for step, rows in by_step.items():
        differences = [f"{rows[name].relative:.1e}" if name in rows else _NONE for name in quantities]
        own = [f"{max(spread.get(row.name, 0.0) for row in rows.values()):.1e}"] if spread else []
        follows = all(row.verdict == OK for row in rows.values())
        lines.append((step, *differences, OK if follows else comparison.verdict, *own))
    columns = ("step", *quantities, "verdict", *(["own spread"] if spread else []))
    return TextTable(f"{comparison.name}, step by step", columns, lines)


def _about_nearby_starts(comparison: GoldenComparison) -> list[str]:
    nearby = comparison.nearby
    if nearby is None:
        return []
    meaning = {EDGE: ": rounding decides the miss", MISS: ": a fault shifts them all"}.get(comparison.verdict, "")
    return [f"{_share_that_follows(nearby)}{meaning}"]


def _share_that_follows(nearby: NearbyStarts) -> str:
    return f"{nearby.num_passed} of {nearby.num_starts} nearby starts follow, the nearest within {nearby.nearest:.1e}"


def _summary(name: str, comparison: GoldenComparison) -> tuple[str, ...]:
    parts: dict[str, list[Row]] = {part: [] for part in ("before", *_SUMMARY_PARTS)}
    for row in comparison.rows:
        if row.num_compared:
            found = (part for part, prefixes in _SUMMARY_PARTS.items() if row.name.startswith(prefixes))
            parts[next(found, "before")].append(row)
    differences = [f"{largest(rows):.1e}" if rows else "" for rows in parts.values()]
    num_compared = f"{sum(row.num_compared for row in comparison.rows):,}"
    if any(row.num_left_out for row in comparison.rows):
        num_compared += f", {text_of_left_out(comparison.rows)}"
    verdict = comparison.verdict
    if comparison.nearby is not None and verdict != OK:
        verdict += f" ({_share_that_follows(comparison.nearby)})"
    return name, *differences, num_compared, verdict
