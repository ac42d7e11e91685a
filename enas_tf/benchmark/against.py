"""This checkout of the project beside another one, which may be older: how much time and memory each needs.

Each is measured several times, in turn and every time in a process of its own, so that the machine's moods, and what a
process's memory happens to look like, cancel in the ratios. Both get the same images, architectures and environment.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

import enas_tf
from enas_tf.benchmark.benchmark import describe_setting, draw_arcs, refuse_unmeasurable, take_images
from enas_tf.benchmark.settings import BenchmarkConfig
from enas_tf.benchmark.timing import Spread
from enas_tf.config import SearchConfig
from enas_tf.data import ImageSet
from enas_tf.errors import InputError
from enas_tf.reporting.progress import format_duration
from enas_tf.search_space import Arc

THIS, OTHER = "this", "other"

# What is compared, with its unit.
QUANTITIES = {
    "child_step": ("child step", "s"),
    "evaluation_batch": ("evaluation batch", "s"),
    "controller_update": ("controller update per sample", "s"),
    "first_step": ("time to the first step", "s"),
    "peak_memory_host": ("peak memory, host", "MiB"),
    "peak_memory_gpu": ("peak memory, gpu", "MiB"),
}

# Of one process: by name of a quantity a number, or one for each architecture.
Measured = Mapping[str, float | Sequence[float]]


def run_against(
    config: SearchConfig,
    settings: BenchmarkConfig,
    search_flags: str,
    probe: Sequence[str],
    announce: Callable[[str], None],
) -> dict[str, Any]:
    """Compares this checkout with the one that settings name.

    Args:
      config: The search that is measured.
      settings: How.
      search_flags: The flagfile that both checkouts are told; it holds what was given and no defaults, of which the
        other checkout may know fewer.
      probe: The command that measures the checkout on PYTHONPATH, without its arguments.
      announce: Receives a line after each process.

    Returns:
      `setting`, `machine`, `checkouts`, and what `compare_in_turn` returns.

    Raises:
      InputError: If settings are given that no benchmark measures, or a checkout cannot be measured.
    """
    refuse_unmeasurable(config)
    tf.config.set_visible_devices([], "GPU")  # this process would hold some of its memory
    images = take_images(config.data, settings)
    arcs = draw_arcs(config, settings.num_rounds)
    paths = {THIS: pathlib.Path(enas_tf.__file__).resolve().parents[1], OTHER: pathlib.Path(settings.against).resolve()}
    checkouts = {name: {"path": str(path), "commit": _commit(path)} for name, path in paths.items()}
    for name, checkout in checkouts.items():
        announce(f"{name}: {checkout['path']}" + (f" ({checkout['commit']})" if checkout["commit"] else ""))
    machine: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as request:
        write_request(pathlib.Path(request), search_flags, images, arcs)

        def measure(name: str) -> Measured:
            result = _run_probe(probe, paths[name], pathlib.Path(request))
            machine.update(result["machine"])
            return result["measured"]

        compared = compare_in_turn(measure, settings.against_turns, announce)
    return {
        "setting": describe_setting(config, settings.num_rounds) | {"num_turns": settings.against_turns},
        "machine": machine,
        "checkouts": checkouts,
        **compared,
    }


def compare_in_turn(
    measure: Callable[[str], Measured], num_turns: int, announce: Callable[[str], None]
) -> dict[str, Any]:
    """Measures both checkouts in every turn, and the other one first in every odd turn.

    A ratio is this checkout's number over the other's, of the same turn; where there is a number for each
    architecture, it is the median of their ratios.

    Args:
      measure: Measures one of the two, `THIS` or `OTHER`.
      num_turns: How often.
      announce: Receives a line after each process.

    Returns:
      `turns`, a row each with its `order`, what was `measured` and the `ratios`; over turns, `ratios` and of each
      checkout the `medians`, a `Spread` a quantity.
    """
    turns, start = [], time.monotonic()
    for turn in range(1, num_turns + 1):
        order = (OTHER, THIS) if turn % 2 else (THIS, OTHER)
        measured = {}
        for name in order:
            measured[name] = measure(name)
            announce(f"Turn {turn} of {num_turns}, {name} checkout: {_numbers_text(_medians(measured[name]))}")
        ratios = {
            name: float(np.median(np.divide(measured[THIS][name], measured[OTHER][name])))
            for name in QUANTITIES
            if name in measured[THIS] and name in measured[OTHER]
        }
        turns.append({"order": order, "measured": measured, "ratios": ratios})
        left = (time.monotonic() - start) / turn * (num_turns - turn)
        announce(f"Turn {turn} of {num_turns}, this / other: {_ratios_text(ratios)}; {format_duration(left)} left")
    return {
        "ratios": _spreads([turn["ratios"] for turn in turns]),
        "medians": {name: _spreads([_medians(turn["measured"][name]) for turn in turns]) for name in (THIS, OTHER)},
        "turns": turns,
    }


def write_request(directory: pathlib.Path, search_flags: str, images: ImageSet, arcs: Sequence[Arc]) -> None:
    """Writes what `enas_tf.cli.benchmark_probe` reads.

    Args:
      directory: For the files.
      search_flags: The flagfile.
      images: To train and evaluate on.
      arcs: To run.
    """
    (directory / "search.flags").write_text(search_flags, encoding="utf-8")
    (directory / "arcs.json").write_text(json.dumps(arcs), encoding="utf-8")
    names = ("train_images", "train_labels", "test_images", "test_labels", "num_classes")
    np.savez(directory / "images.npz", **{name: getattr(images, name) for name in names})


def _run_probe(probe: Sequence[str], checkout: pathlib.Path, request: pathlib.Path) -> dict[str, Any]:
    """Measures a checkout in a process of its own.

    Raises:
      InputError: If that fails, with the last line the process wrote.
    """
    result = request / "result.json"
    result.unlink(missing_ok=True)
    path = os.pathsep.join(filter(None, (str(checkout), os.environ.get("PYTHONPATH"))))
    ended = subprocess.run(
        [*probe, str(request), str(result)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    what, expected = f"--against, the process for {checkout}", "numbers, as of a checkout that can be measured this way"
    if ended.returncode:
        lines = [line for line in ended.stderr.splitlines() if line.strip()]
        killed = f"its end by signal {-ended.returncode}"
        raise InputError(what, expected, killed if ended.returncode < 0 else (lines or ["nothing"])[-1])
    found = json.loads(result.read_text(encoding="utf-8"))
    if not pathlib.Path(found["enas_tf"]).is_relative_to(checkout):
        raise InputError(what, expected, f"those of {found['enas_tf']}")
    return found


def _commit(checkout: pathlib.Path) -> str | None:
    """The commit of a checkout, with a mark if files differ from it; None where git cannot tell."""
    git = shutil.which("git")
    if git is None:
        return None
    asked = [git, "-C", str(checkout), "describe", "--always", "--dirty"]
    return subprocess.run(asked, capture_output=True, text=True).stdout.strip() or None


def _medians(measured: Measured) -> dict[str, float]:
    return {name: float(np.median(measured[name])) for name in QUANTITIES if name in measured}


def _spreads(rows: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    return {name: Spread.of([row[name] for row in rows]) for name in rows[0]}


def _numbers_text(numbers: Mapping[str, float]) -> str:
    return ", ".join(f"{QUANTITIES[name][0]} {number:.3g} {QUANTITIES[name][1]}" for name, number in numbers.items())


def _ratios_text(ratios: Mapping[str, float]) -> str:
    return ", ".join(f"{QUANTITIES[name][0]} {ratio:.3f}" for name, ratio in ratios.items())
