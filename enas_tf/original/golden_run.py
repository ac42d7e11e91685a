"""The network, controller or schedules that a golden file is about."""

from enas_tf.original.golden import Golden
from enas_tf.original.golden_child import GoldenChild
from enas_tf.original.golden_controller import GoldenController
from enas_tf.original.golden_kind import GoldenKind
from enas_tf.original.golden_schedule import GoldenSchedule

GoldenRun = GoldenChild | GoldenController | GoldenSchedule


def make_run(golden: Golden, kind: GoldenKind, quirks: frozenset[str]) -> GoldenRun:
    """Builds what a golden file is about, at its starting values.

    Args:
      golden: The file; starting values may be missing.
      kind: Of the file.
      quirks: The original's departures to switch on.

    Raises:
      InputError: If arrays or settings are missing or do not fit one another.
    """
    if kind.subject == "schedule":
        return GoldenSchedule(golden, kind, quirks)
    return make_replayable(golden, kind, quirks)


def make_replayable(golden: Golden, kind: GoldenKind, quirks: frozenset[str]) -> GoldenChild | GoldenController:
    """Builds what has starting values: a network or a controller (arguments and errors as `make_run`)."""
    if kind.subject == "controller":
        return GoldenController(golden, kind, quirks)
    return GoldenChild(golden, kind, quirks)
