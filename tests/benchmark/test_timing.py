from enas_tf.benchmark.timing import Spread, interleaved


def test_a_spread_is_median_and_quartiles():
    assert Spread.of([5.0, 1.0, 2.0, 4.0, 3.0]) == Spread(median=3.0, lower=2.0, upper=4.0)


def test_contenders_take_turns():
    calls = []

    def contender(name):
        def measure(k):
            calls.append((k, name))
            return float(len(calls))

        return measure

    seconds = interleaved({name: contender(name) for name in "ab"}, 3)
    assert calls == [(k, name) for k in range(3) for name in "ab"]
    assert seconds == {"a": [1.0, 3.0, 5.0], "b": [2.0, 4.0, 6.0]}
