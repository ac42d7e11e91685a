"""Seconds of work that is repeated in turn with other work, and what is said of many measurements.

Contenders are run one after another in every round (A B C A B C …), so that whatever else the machine does in the
meantime slows all of them alike, and ratios hold where seconds drift.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Spread:
    """Median and quartiles of measurements.

    Attributes:
      median: Half of the measurements lie below.
      lower: A quarter lies below.
      upper: Three quarters lie below.
    """

    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, values: Sequence[float] | np.ndarray) -> "Spread":
        """Returns the spread of at least one value."""
        lower, median, upper = np.percentile(values, [25, 50, 75])
        return cls(float(median), float(lower), float(upper))


def number_text(value: float) -> str:
    """A number for people: three digits, or all before the point."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def seconds_of(work: Callable[[], object]) -> float:
    """Runs work once and returns the seconds until all of it is computed: a GPU works on after a call has returned."""
    start = time.perf_counter()
    work()
    tf.test.experimental.sync_devices()
    return time.perf_counter() - start


def interleaved(contenders: Mapping[str, Callable[[int], float]], num_rounds: int) -> dict[str, list[float]]:
    """Measures contenders in turn.

    Args:
      contenders: By name; each is called with the number of the round and returns seconds.
      num_rounds: How often.

    Returns:
      By name, one value a round.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for k in range(num_rounds):
        for name, contender in contenders.items():
            seconds[name].append(contender(k))
    return seconds
