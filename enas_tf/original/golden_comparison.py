"""Compares a golden file to this port."""

import re

from enas_tf.errors import InputError
from enas_tf.original.comparison import Pair, Row, compare
from enas_tf.original.golden import Golden
from enas_tf.original.golden_kind import EXACT_GRADIENTS, kind_of, quirks_of
from enas_tf.original.golden_run import make_run
from enas_tf.original.gradient_reach import rows_reached
from enas_tf.original.race import child_pairs, controller_pairs
from enas_tf.original.values import listed

# What a run starts from.
INPUTS = ("arcs", "images", "labels", "valid_acc")


def compare_golden(golden: Golden, quirks: frozenset[str] | None = None) -> list[Row]:
    """Runs what a golden file holds and compares all its arrays.

    Args:
      golden: The file.
      quirks: The original's departures to switch on; None for those the file was written with.

    Raises:
      InputError: If arrays or settings are missing or do not fit one another.
    """
    kind = kind_of(golden)
    run = make_run(golden, kind, quirks_of(golden, kind) if quirks is None else quirks)
    actual = run.arrays()
    missing = [name for name in actual if name not in golden.arrays]
    if missing:
        raise InputError(str(golden.path), f"the {len(actual)} arrays of {kind.name}", f"no {listed(missing)}")
    expected = {name: golden.array(name, *value.shape) for name, value in actual.items()}
    rows = compare(_pairs(golden, kind, run, expected, actual))
    return [row for row in rows if not row.name.startswith("var/")] + _left_out(golden, expected)


def _pairs(golden, kind, run, expected, actual):
    if kind.subject == "schedule" or golden.settings.get(EXACT_GRADIENTS) is True:
        return [Pair(name, value, actual[name]) for name, value in expected.items()]
    if kind.subject == "controller":
        return controller_pairs(expected, actual)
    return child_pairs(expected, actual, kind.search_for, rows_reached(run))


def _left_out(golden, expected):
    """A row for what the original computes without effect: reductions of outputs that nothing reads."""
    row = Row("reductions that nothing reads", None)
    unknown = []
    for name, value in golden.arrays.items():
        if re.search(r"child/layer_\d+/pool_at_\d+/from_\d+/", name) and name not in expected:
            row.add(Pair(name, value, value, None))
        elif name not in expected and name not in INPUTS:
            unknown.append(name)
    if unknown:
        raise InputError(str(golden.path), "arrays of the network its settings describe", f"also {listed(unknown)}")
    return [row] if row.num_incomparable else []
