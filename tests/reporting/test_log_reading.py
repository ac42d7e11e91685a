"""Logs are read: ours, a real one of the original, those of the PyTorch ports."""

import math

import pytest

from enas_tf.errors import InputError
from enas_tf.reporting.log_reading import parse_log, read_log
from tests.conftest import GOLDENS
from tests.reporting.made_logs import MACRO_PORT, MICRO_PORT


@pytest.fixture(scope="module")
def original():
    return read_log(GOLDENS / "stdout_macro_search.txt", "original")


def test_a_log_of_the_original(original):
    assert [point.step for point in original.child_steps] == list(range(20, 321, 20))
    assert original.child_steps[-1].loss == 1.990407
    assert [point.step for point in original.controller_steps] == [0, 4, 8, 12, 16, 20]
    assert original.controller_steps[-1] == (20, 0.11, 6.99)
    assert original.minutes == 2.08
    assert original.accuracies == {
        "valid": {1: 0.156, 2: 0.181, 3: 0.187},
        "test": {1: 0.171, 2: 0.165, 3: 0.179},
    }


def test_a_final_training_has_test_accuracies_only():
    history = parse_log(["Epoch 1: Eval", "Eval at 10", "test_accuracy: 0.5000"], "final")
    assert history.accuracies == {"valid": {}, "test": {1: 0.5}}
    assert history.minutes is None
    assert not history.is_empty


def test_a_log_of_the_macro_port():
    """Its epochs count from 0, its steps anew in every epoch, here of at least 101."""
    history = parse_log(MACRO_PORT.splitlines(), "macro port")
    assert history.child_steps[:3] == [(1, 2.31, 0.1016), (51, 2.25, 0.15), (101, 2.15, 0.2)]
    assert history.child_steps[3] == (102, 2.1, 0.21)
    assert history.child_steps[4].step == 152
    assert math.isnan(history.child_steps[4].loss)
    assert history.controller_steps == [(1, 0.10, 18.25), (3, 0.11, 18.0), (5, 0.15, 17.5)]
    assert history.accuracies == {"valid": {1: 0.15, 2: 0.25}, "test": {1: 0.14, 2: 0.24}}
    assert history.minutes is None


def test_a_log_of_the_micro_port():
    """In percent, without the entropy, with the time of day instead of minutes."""
    history = parse_log(MICRO_PORT.splitlines(), "micro port")
    steps = [(1, 2.35, 0.10625), (11, 2.25, 0.15), (21, 2.15, 0.2), (22, 2.0, 0.26), (32, 1.9, 0.3)]
    assert history.child_steps == [pytest.approx(point) for point in steps]
    assert [point.step for point in history.controller_steps] == [0, 10, 11]
    assert [point.baseline for point in history.controller_steps] == pytest.approx([0.205, 0.21, 0.24])
    assert {point.entropy for point in history.controller_steps} == {None}
    assert history.accuracies["valid"] == pytest.approx({1: 0.26, 2: 0.335})
    assert history.accuracies["test"] == {}
    assert history.minutes == 15.0


@pytest.mark.parametrize("num_lines", [2, 5, 9])
def test_the_log_of_a_run_under_way(num_lines):
    for text in (MACRO_PORT, MICRO_PORT):
        history = parse_log(text.splitlines()[:num_lines], "under way")
        assert history.is_empty == (num_lines == 2 and text is MICRO_PORT)
        assert not any(history.accuracies.values())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"nothing\nof\nthe kind\n", "received 3 lines of which none matches"),
        (b"", "received 0 lines"),
        (b"\xff\xfe\x00", "bytes that are not text"),
        (None, "No such file"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path, content, said):
    path = tmp_path / "stdout"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=said) as refusal:
        read_log(path, "run")
    assert str(path) in str(refusal.value)
