import json

import pytest

from enas_tf.search.tally import CandidateTally
from enas_tf.strategies.strategy import Trial


def _observe(tally, *candidates):
    return tally.observe([Trial((arc,), reward, num_images=10) for arc, reward in candidates])


def test_it_keeps_the_best_architectures_once_with_their_best_reward():
    tally = CandidateTally(2)
    assert tally.best_reward is None
    told = _observe(tally, (0, 0.2), (1, 0.5), (2, 0.5), (0, 0.5), (1, 0.1))
    # Of equal ones the first: architecture 0 was out when it came again.
    assert tally.leaders == [((1,), 0.5), ((2,), 0.5)]
    assert [row["best_reward"] for row in told] == [0.2, 0.5, 0.5, 0.5, 0.5]
    assert told[-1] == {"number": 5, "reward": 0.1, "images": 50, "best_reward": 0.5}
    _observe(tally, (0, 0.9))
    assert tally.leaders == [((0,), 0.9), ((1,), 0.5)]
    assert tally.improvements == [(1, 10, 0.2), (2, 20, 0.5), (6, 60, 0.9)]
    assert tally.summary()["best_so_far"][-1] == {"candidate": 6, "images": 60, "reward": 0.9}


def test_it_goes_on_from_what_json_held():
    tally, restored = CandidateTally(2), CandidateTally(2)
    _observe(tally, (0, 1 / 3), (1, 0.25))
    restored.restore(json.loads(json.dumps(tally.state())))
    for one in (tally, restored):
        _observe(one, (2, 0.3))
    assert restored.state() == tally.state()


@pytest.mark.parametrize("num_leaders", [0, 1])
def test_it_has_no_state_where_candidates_are_not_counted(num_leaders):
    assert (CandidateTally(num_leaders).state() is None) == (num_leaders == 0)
