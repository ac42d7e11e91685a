import json
import math
import os

import numpy as np
import pytest

from enas_tf.errors import InputError, OutputError
from enas_tf.reporting import results
from tests.full_disk import files_of_at_most


def test_json_holds_numpy_values_sets_and_no_nan(tmp_path):
    path = tmp_path / "results.json"
    data = {
        "accuracy": np.float32(0.5),
        "arc": np.array([1, 0, 2]),
        "nan": math.nan,
        "infinite": [np.float64("inf"), (1, np.bool_(True))],
        "quirks": frozenset({"unclipped", "last_branch"}),
    }
    results.write_json(path, data)
    assert json.loads(path.read_text()) == {
        "accuracy": 0.5,
        "arc": [1, 0, 2],
        "nan": None,
        "infinite": [None, [1, True]],
        "quirks": ["last_branch", "unclipped"],
    }


def test_a_name_that_is_no_text_is_written_escaped(tmp_path):
    name = "caf\udcff.png"
    results.write_text(tmp_path / "rows.csv", f"é,{name}\n")
    results.append_text(tmp_path / "stdout", f"{name}\n")
    results.write_json(tmp_path / "names.json", {name: "é"})
    assert (tmp_path / "rows.csv").read_text(encoding="utf-8") == "é,caf\\udcff.png\n"
    assert (tmp_path / "stdout").read_text(encoding="utf-8") == "caf\\udcff.png\n"
    assert results.read_json(tmp_path / "names.json") == {name: "é"}


def test_a_failing_dump_leaves_the_old_file(tmp_path):
    path = tmp_path / "results.json"
    results.write_json(path, {"epoch": 1})
    with pytest.raises(TypeError):
        results.write_json(path, {"epoch": object()})
    assert json.loads(path.read_text()) == {"epoch": 1}
    assert os.listdir(tmp_path) == ["results.json"]


def test_a_writer_that_fails_half_way_leaves_the_old_file(tmp_path):
    path = tmp_path / "best_arc.txt"
    results.write_text(path, "0 1 0\n")
    with pytest.raises(RuntimeError), results.replacing(path) as file:
        file.write(b"2 ")
        file.flush()
        raise RuntimeError
    assert path.read_text() == "0 1 0\n"
    assert os.listdir(tmp_path) == ["best_arc.txt"]


def test_rows_are_appended_and_read_back(tmp_path):
    path = tmp_path / "arcs.jsonl"
    results.append_jsonl(path, [{"epoch": 1, "reward": np.float32(0.25)}, {"epoch": 1, "reward": math.nan}])
    results.append_jsonl(path, [{"epoch": 2, "reward": 0.5}])
    assert results.read_jsonl(path) == [
        {"epoch": 1, "reward": 0.25},
        {"epoch": 1, "reward": None},
        {"epoch": 2, "reward": 0.5},
    ]


def test_resume_drops_later_rows_and_a_torn_one(tmp_path):
    path = tmp_path / "arcs.jsonl"
    results.append_jsonl(path, [{"epoch": epoch} for epoch in (1, 1, 2, 3)])
    undisturbed = "".join(path.read_text().splitlines(keepends=True)[:3])
    with path.open("a") as file:
        file.write('{"epo')
    results.retain_jsonl(path, lambda row: row["epoch"] <= 2)
    assert path.read_text() == undisturbed


def test_nothing_to_drop_is_no_error(tmp_path):
    results.retain_jsonl(tmp_path / "arcs.jsonl", lambda row: False)
    assert os.listdir(tmp_path) == []


def test_a_damaged_row_is_named(tmp_path):
    path = tmp_path / "arcs.jsonl"
    path.write_text('{"epoch": 1}\nnonsense\n')
    with pytest.raises(InputError, match=r"arcs\.jsonl, line 2: expected a line of JSON"):
        results.read_jsonl(path)


def test_rows_that_do_not_fit_are_not_begun(tmp_path):
    path = tmp_path / "arcs.jsonl"
    results.append_jsonl(path, [{"epoch": 1}])
    with files_of_at_most(20), pytest.raises(OutputError) as error:
        results.append_jsonl(path, [{"epoch": 2}])
    assert str(error.value) == f"{path}: could not be written (File too large); what was saved before is whole"
    results.append_jsonl(path, [{"epoch": 3}])
    assert results.read_jsonl(path) == [{"epoch": 1}, {"epoch": 3}]


def test_a_file_that_does_not_fit_leaves_the_old_one(tmp_path):
    path = tmp_path / "results.json"
    results.write_json(path, {"epoch": 1})
    with files_of_at_most(20), pytest.raises(OutputError, match="results.json: could not be written"):
        results.write_json(path, {"epoch": "a long way from here"})
    assert results.read_json(path) == {"epoch": 1}
    assert os.listdir(tmp_path) == ["results.json"]
