"""Compares a golden file to this port."""

import dataclasses
import functools
import re
from collections.abc import Callable, Mapping

import numpy as np

from enas_tf.errors import InputError, listed
from enas_tf.original.comparison import (
    CONTROLLER_ROUNDING,
    EDGE,
    MISS,
    OK,
    ROUNDING,
    Pair,
    Row,
    Tolerance,
    compare,
    left_out,
    passes,
)
from enas_tf.original.golden import Golden
from enas_tf.original.golden_kind import EXACT_GRADIENTS, GoldenKind, kind_of, quirks_of
from enas_tf.original.golden_run import make_run
from enas_tf.original.golden_schedule import GoldenSchedule
from enas_tf.original.nearby_starts import NearbyStarts, replay

Arrays = Mapping[str, np.ndarray]

# What a run starts from.
INPUTS = ("arcs", "images", "labels", "valid_acc")

UNREAD, RACING = "reductions that nothing reads", "steps of a racing program"
# What the original computes without effect.
_UNREAD = re.compile(r"child/layer_\d+/pool_at_\d+/from_\d+/")
# What no gradient has touched: forward passes and their statistics, the first loss, rates; a controller's gradients are
# those of a loss that updates nothing.
_UNTOUCHED = re.compile(
    r"(logits_eval|logits_train|aux_logits_train|moving_after_forward|arc|grad)/.+"
    r"|step/0/(loss|train_correct)|step/\d+/lr|train/0/(loss|baseline)|cosine|step_decay"
)


@dataclasses.dataclass(frozen=True)
class GoldenComparison:
    """What became of a golden file.

    Attributes:
      name: Of the file.
      rows: Its arrays from the start that it holds, by groups.
      steps: Likewise, a row for each quantity of each training step, called `step/3/loss` or `train/3/loss`.
      nearby: What replays from nearby starts gave; None if there were none.
    """

    name: str
    rows: list[Row]
    steps: list[Row]
    nearby: NearbyStarts | None = None

    @property
    def verdict(self) -> str:
        """`OK` from the given start; `EDGE` if it misses from there and enough nearby starts pass; else `MISS`."""
        if passes(self.rows):
            return OK
        return EDGE if self.nearby is not None and self.nearby.follow else MISS

    @property
    def passes(self) -> bool:
        """Whether the file and this port tell the same."""
        return self.verdict != MISS


def compare_golden(
    golden: Golden,
    quirks: frozenset[str] | None = None,
    num_nearby: int = 0,
    seed: int = 0,
    tell: Callable[[str], None] = lambda line: None,
) -> GoldenComparison:
    """Runs what a golden file holds and compares all its arrays.

    A file whose gradients are not exact, as the original's own, is compared where no gradient has been.

    Args:
      golden: The file.
      quirks: The original's departures to switch on; None for those the file was written with.
      num_nearby: From how many starts near the given one to replay it as well; a schedule starts from nothing.
      seed: The root seed they are drawn from.
      tell: Receives a line for each of them.

    Raises:
      InputError: If arrays or settings are missing or do not fit one another.
    """
    kind = kind_of(golden)
    _check_steps(golden, kind)
    run = make_run(golden, kind, quirks_of(golden, kind) if quirks is None else quirks)
    actual = run.arrays()
    expected = _expected(golden, kind, actual)
    unread = _unread(golden, expected)
    blurred = {} if _is_exact(golden, kind) else {k: v for k, v in expected.items() if not _UNTOUCHED.fullmatch(k)}
    compared = {name: value for name, value in expected.items() if name not in blurred}
    pairs_of = functools.partial(_pairs, compared, CONTROLLER_ROUNDING if kind.subject == "controller" else ROUNDING)
    pairs = pairs_of(actual)
    nearby = None
    if num_nearby and not isinstance(run, GoldenSchedule):
        nearby = replay(run, pairs_of, actual, num_nearby, seed, tell)
    rows = compare(pairs) + left_out(RACING, blurred) + left_out(UNREAD, unread)
    steps = compare([pair for pair in pairs if pair.name.startswith(("step/", "train/"))], group=str)
    return GoldenComparison(str(golden.path), rows, steps, nearby)


def _expected(golden: Golden, kind: GoldenKind, actual: Arrays) -> dict[str, np.ndarray]:
    """The file's arrays of what was computed, without the starting values.

    Raises:
      InputError: If one is missing or of another shape.
    """
    missing = [name for name in actual if name not in golden.arrays]
    if missing:
        raise InputError(str(golden.path), f"the {len(actual)} arrays of {kind.name}", f"no {listed(missing)}")
    expected = {name: golden.array(name, *np.shape(value)) for name, value in actual.items()}
    return {name: value for name, value in expected.items() if not name.startswith("var/")}


def _pairs(expected: Arrays, tolerance: Tolerance, actual: Arrays) -> list[Pair]:
    return [Pair(name, value, actual[name], tolerance) for name, value in expected.items()]


def _is_exact(golden: Golden, kind: GoldenKind) -> bool:
    return kind.subject == "schedule" or golden.settings.get(EXACT_GRADIENTS) is True


def _check_steps(golden: Golden, kind: GoldenKind) -> None:
    """Checks that the file holds as many steps as its settings say; a controller updates once for each arc."""
    setting, inputs, steps = ("arcs", "arcs", "train") if kind.subject == "controller" else ("steps", "images", "step")
    if kind.subject == "schedule" or setting not in golden.settings or inputs not in golden.arrays:
        return
    declared, num_inputs = golden.setting(setting, int), len(golden.arrays[inputs])
    held = [t for t in range(declared) if t < num_inputs and f"{steps}/{t}/loss" in golden.arrays]
    expected = f"{declared} steps, as its settings say"
    if len(held) < declared:
        missing = listed(f"{steps}/{t}" for t in range(declared) if t not in held)
        raise InputError(str(golden.path), expected, f"{len(held)}, none for {missing}")
    if num_inputs > declared:
        raise InputError(str(golden.path), expected, f"{inputs} for {num_inputs}")


def _unread(golden: Golden, expected: Arrays) -> dict[str, np.ndarray]:
    """Arrays of what the original computes without effect: reductions of outputs that nothing reads.

    Raises:
      InputError: If the file holds something else that the port does not.
    """
    known = {*expected, *INPUTS}
    others = {name: value for name, value in golden.arrays.items() if name not in known}
    unknown = [name for name in others if not name.startswith("var/") and not _UNREAD.search(name)]
    if unknown:
        raise InputError(str(golden.path), "arrays of the network its settings describe", f"also {listed(unknown)}")
    return {name: value for name, value in others.items() if not name.startswith("var/")}
