"""Logs are read, ours and a real one of the original."""

import pytest

from enas_tf.errors import InputError
from enas_tf.reporting.log_history import parse_log, read_log
from tests.conftest import GOLDENS


@pytest.fixture(scope="module")
def original():
    return read_log(GOLDENS / "stdout_macro_search.txt", "original")


def test_a_log_of_the_original(original):
    assert [record.step for record in original.child_steps] == list(range(20, 321, 20))
    assert original.child_steps[-1].loss == 1.990407
    assert [record.step for record in original.controller_steps] == [0, 4, 8, 12, 16, 20]
    assert original.controller_steps[-1].baseline == 0.11
    assert original.accuracies == {
        "valid": {1: 0.156, 2: 0.181, 3: 0.187},
        "test": {1: 0.171, 2: 0.165, 3: 0.179},
    }


def test_a_final_training_has_test_accuracies_only():
    history = parse_log(["Epoch 1: Eval", "Eval at 10", "test_accuracy: 0.5000"], "final")
    assert history.accuracies == {"valid": {}, "test": {1: 0.5}}
    assert not history.is_empty


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
