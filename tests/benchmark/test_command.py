"""`enas-benchmark` from its command line, on a network of two layers."""

import json
import pathlib
import sys

import pytest

from enas_tf.cli import benchmark

TINY = (
    "--search_for=macro",
    "--controller_search_whole_channels",
    "--child_num_layers=2",
    "--child_num_branches=4",
    "--child_out_filters=2",
    "--image_size=8",
    "--batch_size=4",
    "--eval_batch_size=4",
    "--quick",
    "--num_static_arcs=1",
)
SPREAD = {"median", "lower", "upper"}


def _run(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["enas-benchmark", *arguments])
    with pytest.raises(SystemExit) as exit_:
        benchmark.run()
    return exit_.value.code


def test_all_is_measured_shown_and_written(monkeypatch, capsys, tmp_path):
    files = [tmp_path / "benchmark.json", tmp_path / "benchmark.png"]
    assert _run(monkeypatch, *TINY, f"--json={files[0]}", f"--chart={files[1]}") == 0
    results = json.loads(files[0].read_text())
    assert set(results) == {
        "setting",
        "machine",
        "first_step",
        "child_step",
        "evaluation_batch",
        "controller_update",
        "images_per_second",
        "peak_memory",
    }
    assert set(results["first_step"]) == {"building", "tracing", "run", "total"}
    assert set(results["controller_update"]) == {"sampling", "rewards", "update", "total"}
    assert set(results["peak_memory"]) == {"first step", "search", "with references"}
    for work in ("child_step", "evaluation_batch"):
        comparison = results[work]
        assert set(comparison["references"]) == {"static_graphs", "all_branches", "kernels"}
        assert set(comparison["gflops"]) == {"float32", "bfloat16"}
        assert comparison["seconds"]["median"] > 0
        assert all(set(measured) == {"seconds", "ratio"} for measured in comparison["references"].values())
        assert all(set(measured["ratio"]) == SPREAD for measured in comparison["references"].values())
    assert files[1].read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    for part in (
        "time to the first step",
        "(a) static graphs",
        "(b) all branches",
        "controller update per sample",
        "peak memory",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--num_steps=0"], ["--num_steps", "expected a positive integer"]),
        (["--chart=chart.jpg"], ["--chart=chart.jpg: expected a name that ends in .png, received chart.jpg"]),
        (["--json=nowhere/file.json"], ["--json=nowhere/file.json: expected a file in a directory that exists"]),
        (["--child_fixed_arc=0 0 0"], ["--child_fixed_arc: expected no architecture"]),
        (["--original_quirks=unclipped"], ["--original_quirks: expected none", "received unclipped"]),
        (["--against=nowhere"], ["--against: expected a checkout of this project", "received nowhere"]),
        (["--against=.", "--chart=chart.png"], ["--chart: expected no chart beside --against"]),
        (["--nocontroller_search_whole_channels"], ["--controller_search_whole_channels: expected"]),
    ],
)
def test_bad_input_is_one_line(monkeypatch, capsys, arguments, parts):
    assert _run(monkeypatch, *TINY, *arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("enas-benchmark: ") and said.count("\n") == 1
    for part in parts:
        assert part in said


def test_a_checkout_without_a_benchmark_is_refused(monkeypatch, capsys, tmp_path):
    (tmp_path / "enas_tf").mkdir()
    (tmp_path / "enas_tf" / "__init__.py").touch()
    assert _run(monkeypatch, *TINY, f"--against={tmp_path}", f"--json={tmp_path / 'numbers.json'}") == 2
    said = capsys.readouterr().err
    assert said.startswith(f"enas-benchmark: --against, the process for {tmp_path}: expected answers")
    # The second where an editable installation offers the module of another checkout.
    assert "No module named 'enas_tf.benchmark'" in said or "no enas_tf.benchmark" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "numbers.json").exists()


@pytest.mark.long
def test_this_checkout_against_itself(monkeypatch, capsys, tmp_path):
    arguments = [
        f"--against={pathlib.Path(__file__).parents[2]}",
        "--against_turns=2",
        f"--json={tmp_path / 'all.json'}",
    ]
    # Flags of a benchmark are known to this checkout alone.
    assert _run(monkeypatch, *(flag for flag in TINY if "static" not in flag), *arguments) == 0
    said = capsys.readouterr().out
    for part in ("Turn 2 of 2: child step", "Turn 2 of 2 done", "controller update per sample, s", "this / other"):
        assert part in said
    results = json.loads((tmp_path / "all.json").read_text())
    assert set(results) == {"setting", "machine", "checkouts", "ratios", "medians", "turns"}
    assert [turn["order"] for turn in results["turns"]] == [["other", "this"], ["this", "other"]]
    assert set(results["ratios"]["child_step"]) == SPREAD
