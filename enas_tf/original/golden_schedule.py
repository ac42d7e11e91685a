"""Repeats the learning rates a golden file holds."""

import numpy as np

from enas_tf.errors import InputError
from enas_tf.original.golden import Golden
from enas_tf.original.golden_kind import GoldenKind
from enas_tf.original.golden_settings import schedule_settings
from enas_tf.training.schedules import make_schedule

SCHEDULES = ("cosine", "step_decay")


class GoldenSchedule:
    """The schedules of a golden file.

    Args:
      golden: The file.
      kind: Of the file.
      quirks: The original's departures that are switched on; `restart_glitch` matters.

    Raises:
      InputError: If it holds no schedule, or misses a setting of one.
    """

    def __init__(self, golden: Golden, kind: GoldenKind, quirks: frozenset[str]) -> None:
        present = [name for name in SCHEDULES if name in golden.arrays]
        if not present:
            raise InputError(str(golden.path), f"an array {' or '.join(SCHEDULES)}", "neither")
        self._rates = {
            name: (
                make_schedule(*schedule_settings(golden, name), "restart_glitch" in quirks),
                golden.array(name, None),
            )
            for name in present
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """The learning rate at each step, by schedule."""
        return {
            name: np.array([schedule(step) for step in range(len(rates))], np.float32)
            for name, (schedule, rates) in self._rates.items()
        }
