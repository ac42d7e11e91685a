import json
import math

from enas_tf.search.tally import CandidateTally
from enas_tf.strategies.strategy import Trial


def _observe(tally, *candidates):
    return tally.observe([Trial((arc,), reward, num_images=10, multiply_adds=70) for arc, reward in candidates])


def test_it_keeps_the_best_architectures_once_with_their_best_reward():
    tally = CandidateTally(2)
    assert tally.best_reward == -math.inf
    told = _observe(tally, (0, 0.2), (1, 0.5), (2, 0.5), (0, 0.5), (1, 0.1))
    # Of equal ones the first: architecture 0 was out when it came again.
    assert tally.leaders == [((1,), 0.5), ((2,), 0.5)]
    assert [row["best_reward"] for row in told] == [0.2, 0.5, 0.5, 0.5, 0.5]
    assert told[-1] == {"number": 5, "reward": 0.1, "images": 50, "multiply_adds": 350, "best_reward": 0.5}
    _observe(tally, (0, 0.9))
    assert tally.leaders == [((0,), 0.9), ((1,), 0.5)]
    assert tally.improvements == [(1, 10, 70, 0.2), (2, 20, 140, 0.5), (6, 60, 420, 0.9)]
    assert tally.summary()["multiply_adds"] == 420
    last = {"candidate": 6, "images": 60, "multiply_adds": 420, "reward": 0.9}
    assert tally.summary()["best_so_far"][-1] == last


def test_it_goes_on_from_what_json_held():
    tally, restored = CandidateTally(2), CandidateTally(2)
    _observe(tally, (0, 1 / 3), (1, 0.25))
    restored.restore(json.loads(json.dumps(tally.state())))
    for one in (tally, restored):
        _observe(one, (2, 0.3))
    assert restored.state() == tally.state()


def test_where_the_outcome_is_chosen_otherwise_it_counts_and_keeps_none():
    tally = CandidateTally(0)
    _observe(tally, (0, 0.2), (1, 0.5))
    assert (tally.num_candidates, tally.num_images, tally.multiply_adds, tally.best_reward) == (2, 20, 140, 0.5)
    assert tally.leaders == []
