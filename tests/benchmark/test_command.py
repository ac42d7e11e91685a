"""`enas-benchmark` from its command line, on a network of two layers."""

import json
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
        (["--chart=chart.jpg"], ["--chart: expected a file name that ends in .png, received chart.jpg"]),
        (["--json=nowhere/file.json"], ["--json: expected a file in a directory that exists"]),
        (["--child_fixed_arc=0 0 0"], ["--child_fixed_arc: expected no architecture"]),
        (["--original_quirks=unclipped"], ["--original_quirks: expected none", "received unclipped"]),
        (["--nocontroller_search_whole_channels"], ["--controller_search_whole_channels: expected"]),
    ],
)
def test_bad_input_is_one_line(monkeypatch, capsys, arguments, parts):
    assert _run(monkeypatch, *TINY, *arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("enas-benchmark: ") and said.count("\n") == 1
    for part in parts:
        assert part in said
