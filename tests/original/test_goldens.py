"""Every number that the original computed, to rounding: forward passes, statistics, training steps, what they leave."""

import pytest

from enas_tf.original.comparison import CONTROLLER_ROUNDING, OK, ROUNDING, largest, passes
from enas_tf.original.golden_comparison import compare_golden
from tests.conftest import GOLDENS
from tests.original.golden_files import load

NAMES = sorted(path.stem for path in GOLDENS.glob("*.npz"))
# From the start that it holds, two right programs may part ways, first in its step 11 (`test_nearby_starts.py`).
ON_AN_EDGE, STEPS_BEFORE_IT = "micro_trajectory", 8


def test_all_files_are_there():
    searches = ("macro_search", "macro_search_as_written", "micro_search")
    others = ("macro_fixed", "micro_fixed", "macro_controller", "micro_controller", "lr_schedule")
    assert set(NAMES) == {*searches, *others, "macro_trajectory", ON_AN_EDGE}
    steps = {name: load(name).settings.get("steps") for name in NAMES}
    assert {name for name, count in steps.items() if count == 20} == {"macro_trajectory", ON_AN_EDGE}


@pytest.mark.parametrize("name", [name for name in NAMES if name != ON_AN_EDGE])
def test_every_array_is_that_of_the_original(name):
    comparison = compare_golden(load(name))
    tolerance = CONTROLLER_ROUNDING if name.endswith("controller") else ROUNDING
    assert comparison.verdict == OK
    assert all(row.tolerance == tolerance and not row.num_left_out for row in comparison.rows)
    assert largest(comparison.rows) <= tolerance.relative


@pytest.mark.long
def test_a_trajectory_is_that_of_the_original_up_to_its_edge():
    comparison = compare_golden(load(ON_AN_EDGE))
    assert not any(row.num_left_out for row in comparison.rows)
    assert passes(row for row in comparison.rows if not row.name.startswith(("step/", "var_after/")))
    before = [row for row in comparison.steps if int(row.name.split("/")[1]) < STEPS_BEFORE_IT]
    assert len(before) == 4 * STEPS_BEFORE_IT
    assert passes(before)
