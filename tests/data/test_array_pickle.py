"""Pickles of arrays are read, pickles that would run something are not."""

import io
import os
import pickle

import numpy as np
import pytest

from enas_tf.data.array_pickle import load_array_pickle
from enas_tf.errors import InputError

CONTENT = {
    "data": np.arange(12, dtype=np.uint8).reshape(3, 4),
    "wide": np.asfortranarray(np.arange(6, dtype=np.int64).reshape(2, 3)),
    b"raw": b"\x00\xff",
    "labels": [1, 2, (3, 4.5, None, True)],
}


class _Reduces:
    """Pickles as a call of any function with any arguments."""

    def __init__(self, function, *arguments):
        self._call = (function, arguments)

    def __reduce__(self):
        return self._call


def _load(tmp_path, content: bytes):
    path = tmp_path / "batch"
    path.write_bytes(content)
    return load_array_pickle(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_and_plain_data_survive(tmp_path, protocol):
    loaded = _load(tmp_path, pickle.dumps(CONTENT, protocol))
    assert loaded.keys() == CONTENT.keys()
    np.testing.assert_array_equal(loaded["data"], CONTENT["data"])
    np.testing.assert_array_equal(loaded["wide"], CONTENT["wide"])
    assert loaded[b"raw"] == CONTENT[b"raw"]
    assert loaded["labels"] == CONTENT["labels"]


@pytest.mark.parametrize("package", ["numpy.core", "numpy._core"])
def test_both_homes_of_numpys_functions_are_known(tmp_path, package):
    content = pickle.dumps(np.arange(5, dtype=np.uint8), 2).replace(b"numpy._core", package.encode())
    np.testing.assert_array_equal(_load(tmp_path, content), np.arange(5))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (pickle.dumps(_Reduces(os.system, "touch executed")), "system"),
        (pickle.dumps({"data": [_Reduces(eval, "open('executed', 'w')")]}), "eval"),
        (pickle.dumps(_Reduces(getattr, {}, "keys")), "getattr"),
        (pickle.dumps(_Reduces(np.load, "executed")), "load"),
        (pickle.dumps(io.BytesIO), "BytesIO"),
        (b"cnumpy.core.multiarray\nscalar\n.", "scalar"),
        (b"\x80\x04\x8c\x05numpy\x8c\x0edtype.__init__\x93.", "dtype.__init__"),
    ],
)
def test_a_foreign_name_is_refused_and_not_run(tmp_path, monkeypatch, content, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=rf"batch: expected a pickle of arrays.*{name}"):
        _load(tmp_path, content)
    assert not (tmp_path / "executed").exists()


def test_only_latin1_is_encoded(tmp_path):
    with pytest.raises(InputError, match="idna"):
        _load(tmp_path, b"c_codecs\nencode\n(Vtext\nVidna\ntR.")


@pytest.mark.parametrize("length", [0, 1, 10, 60, -1])
def test_a_truncated_file_is_refused(tmp_path, length):
    with pytest.raises(InputError, match="batch: expected a complete pickle"):
        _load(tmp_path, pickle.dumps(CONTENT)[:length])


@pytest.mark.parametrize("content", [b"not a pickle at all", b"\xff" * 100, b"cnumpy\ndtype\n(Vnonsense\ntR."])
def test_garbage_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="batch: expected a complete pickle"):
        _load(tmp_path, content)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere: expected a readable file"):
        load_array_pickle(tmp_path / "nowhere")
