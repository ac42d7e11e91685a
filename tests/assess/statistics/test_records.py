"""What is taken from the files of a run."""

import pytest

from enas_tf.assess.plan.runs import Condition
from enas_tf.assess.statistics.records import RunRecord

BEFORE = {"bad_operations_mean": 2.0, "good_operations_mean": 2.0, "bad_probability": 0.5}
AFTER = {"bad_operations_mean": 1.0, "good_operations_mean": 3.0, "bad_probability": 0.2}


@pytest.mark.parametrize(
    ("strategy", "results", "expected"),
    [
        ("random", {"final_statistics": AFTER}, (0.5, 0.5)),
        ("evolution", {"final_statistics": AFTER}, (0.25, 0.2)),
        ("evolution", {}, (None, None)),  # a run of a former version, whose rows are from before the search
    ],
)
def test_what_is_drawn_in_the_end_is_what_is_drawn_after_the_search(strategy, results, expected):
    results = {"operations": [], **results}
    record = RunRecord("", Condition(strategy, "clean"), 0, "finished", results=results, epochs=[BEFORE])
    metrics = record.metrics()
    assert (metrics.get("bad_share"), metrics.get("bad_probability")) == expected
