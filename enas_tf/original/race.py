"""What a race in the original's training steps leaves to compare.

The original updates weights while its backward pass still reads them (README.md, "Against the original"): two runs of
it differ in every gradient, by an amount nobody can compute from the file. What no gradient has touched is exact in it:
logits, statistics, the first loss, learning rates, and what L2 and momentum do to weights that no gradient reached.
Everything else gets the tolerances below, about three times what was measured on the goldens of the original, and on
larger networks (9 macro layers of 12 filters, 6 micro layers of 6) whose kernels were all read late.

A late read makes the next one worse, in the micro space by the second step already. Once a later step's gradient norm
and the exact one differ by a factor of `RUNAWAY`, or it is not finite, the file says nothing any more of that norm and
of what follows.
"""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from enas_tf.original.comparison import ROUNDING, Pair, Tolerance

_NAME = "race in the original"
# By space and by what a step returns or leaves behind. Measured, largest: macro 1.6e-3, 1.2e-2, 2.9e-2; micro 7.4e-2,
# 7.5e-2 (behind its first step all ran away); controllers 3.6e-6, 1.8e-3, 5.2e-4.
_CHILD_TOLERANCES = {
    "macro": {"loss": 1e-2, "grad_norm": 5e-2, "var_after": 1e-1},
    "micro": {"loss": 2e-1, "grad_norm": 2.5e-1, "var_after": 2.5e-1},
}
_CONTROLLER_TOLERANCES = {"loss": ROUNDING.relative, "grad_norm": 1e-2, "var_after": 2e-3}
_ONE_IMAGE = Tolerance(_NAME, 0.0, 1.0)
RUNAWAY = {"macro": 10.0, "micro": 1.25}

Arrays = Mapping[str, np.ndarray]


def controller_pairs(expected: Arrays, actual: Arrays) -> Iterator[Pair]:
    """Pairs the arrays of a controller's file."""
    for name, value in expected.items():
        quantity = "var_after" if name.startswith("var_after/") else name.rpartition("/")[2]
        blurred = name.startswith(("train/", "var_after/")) and quantity in _CONTROLLER_TOLERANCES
        tolerance = Tolerance(_NAME, _CONTROLLER_TOLERANCES[quantity]) if blurred else ROUNDING
        yield Pair(name, value, actual[name], tolerance)


def child_pairs(expected: Arrays, actual: Arrays, space: str, reached: Mapping[str, np.ndarray]) -> Iterator[Pair]:
    """Pairs the arrays of a child's file.

    Args:
      expected: Those of the file.
      actual: Computed with exact gradients.
      space: `macro` or `micro`.
      reached: What gradients reach, as `rows_reached` returns it.
    """
    runaway = runaway_step(expected, actual, space)
    for name, value in expected.items():
        if name.startswith("var_after/"):
            tolerance = None if runaway < np.inf else Tolerance(_NAME, _CHILD_TOLERANCES[space]["var_after"])
            yield from _weight_pairs(name, value, actual[name], reached, tolerance)
        elif match := re.fullmatch(r"step/(\d+)/(\w+)", name):
            tolerance = _step_tolerance(int(match[1]), match[2], space, runaway)
            yield Pair(name, value, actual[name], tolerance)
        else:
            yield Pair(name, value, actual[name])


def runaway_step(expected: Arrays, actual: Arrays, space: str) -> float:
    """The first step whose gradient norm cannot be compared any more; infinity if there is none."""
    step = 0
    while (norm := expected.get(f"step/{step}/grad_norm")) is not None:
        ratio = norm / actual[f"step/{step}/grad_norm"]
        if not np.isfinite(norm) or (step and max(ratio, 1 / ratio) > RUNAWAY[space]):
            return step
        step += 1
    return np.inf


def _step_tolerance(step, quantity, space, runaway):
    is_norm = quantity == "grad_norm"
    if quantity == "lr" or (step == 0 and not is_norm):
        return ROUNDING
    if step > runaway or (step == runaway and is_norm):
        return None
    return _ONE_IMAGE if quantity == "train_correct" else Tolerance(_NAME, _CHILD_TOLERANCES[space][quantity])


def _weight_pairs(name, expected, actual, reached, tolerance):
    """The rows of a variable that gradients reached, and the others; averages follow activations, which all moved."""
    variable = name.removeprefix("var_after/")
    rows = np.array(True) if "/moving_" in name else reached.get(variable, np.array(False))
    for part, allowed in ((rows, tolerance), (~rows, ROUNDING)):
        if np.any(part):
            chosen = part if part.ndim else ...
            label = name if allowed is not ROUNDING else name.replace("var_after/", "var_after, no gradient/", 1)
            yield Pair(label, expected[chosen], actual[chosen], allowed)
