"""This checkout of the project beside another one, which may be older: how much time and memory each needs.

There are several turns, in each of which either is measured in a new process. While both live, they run one
architecture after the other in turn, so that the machine's moods cancel in the ratios; what a process's memory happens
to look like cancels over the turns. Both get the same images, architectures and environment.
"""

import contextlib
import functools
import pathlib
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

import enas_tf
from enas_tf.benchmark.benchmark import describe_setting, draw_arcs, refuse_unmeasurable, take_images
from enas_tf.benchmark.checkout import CheckoutProcess, commit_of, write_request
from enas_tf.benchmark.settings import BenchmarkConfig
from enas_tf.benchmark.timing import Spread, number_text
from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.reporting.progress import format_duration

THIS, OTHER = "this", "other"

# What is compared, with its unit.
QUANTITIES = {
    "first_step": ("time to the first step", "s"),
    "controller_update": ("controller update per sample", "s"),
    "child_step": ("child step", "s"),
    "evaluation_batch": ("evaluation batch", "s"),
    "peak_memory_host": ("peak memory, host", "MiB"),
    "peak_memory_gpu": ("peak memory, gpu", "MiB"),
}
_BY_ARC = ("child_step", "evaluation_batch")

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
      announce: Receives a line after each measurement.

    Returns:
      `setting`, `machine`, `checkouts`; `turns`, a row each with its `order`, what was `measured` and the `ratios`;
      over turns `ratios` and of each checkout `medians`, a `Spread` a quantity.

    Raises:
      InputError: If settings are given that no benchmark measures, or a checkout cannot be measured.
    """
    refuse_unmeasurable(config)
    if settings.against is None:
        raise InputError("--against", "a checkout of this project", "nothing")
    tf.config.set_visible_devices([], "GPU")  # this process would hold some of its memory
    paths = {THIS: pathlib.Path(enas_tf.__file__).resolve().parents[1], OTHER: pathlib.Path(settings.against).resolve()}
    checkouts = {name: {"path": str(path), "commit": commit_of(path)} for name, path in paths.items()}
    for name, checkout in checkouts.items():
        announce(f"{name}: {checkout['path']}" + (f" ({checkout['commit']})" if checkout["commit"] else ""))
    images, arcs = take_images(config.data, settings), draw_arcs(config, settings.num_rounds)
    turns: list[dict[str, Any]] = []
    machine: dict[str, Any] = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        request = pathlib.Path(directory)
        write_request(request, search_flags, images, arcs)
        for number in range(1, settings.against_turns + 1):
            turn = f"Turn {number} of {settings.against_turns}"
            order = (OTHER, THIS) if number % 2 else (THIS, OTHER)
            with contextlib.ExitStack() as processes:
                start = functools.partial(_start, processes, probe, paths, request)
                measured, machine = measure_turn(start, order, len(arcs), _prefixed(announce, turn))
            turns.append({"order": order, "measured": measured, "ratios": compare(measured)})
            left = (time.monotonic() - began) / number * (settings.against_turns - number)
            announce(f"{turn} done; {format_duration(left)} left")
    return {
        "setting": describe_setting(config, settings.num_rounds) | {"num_turns": settings.against_turns},
        "machine": machine,
        "checkouts": checkouts,
        "ratios": _spreads([turn["ratios"] for turn in turns]),
        "medians": {name: _spreads([_medians(turn["measured"][name]) for turn in turns]) for name in (THIS, OTHER)},
        "turns": turns,
    }


def measure_turn(
    start: Callable[[str], CheckoutProcess], order: Sequence[str], num_arcs: int, announce: Callable[[str], None]
) -> tuple[Mapping[str, Measured], dict[str, Any]]:
    """Measures both checkouts once.

    Args:
      start: Starts the process of `THIS` or `OTHER`.
      order: Which of the two comes first.
      num_arcs: Architectures that each runs.
      announce: Receives a line after each quantity.

    Returns:
      What was measured, by checkout; and the machine.
    """
    processes: dict[str, CheckoutProcess] = {}
    measured: dict[str, dict[str, Any]] = {name: {} for name in order}

    def tell(quantity: str) -> None:
        label, unit = QUANTITIES[quantity]
        both = " / ".join(number_text(float(np.median(measured[name][quantity]))) for name in (THIS, OTHER))
        announce(f"{label} {both} {unit}, {THIS} / {OTHER} {compare(measured)[quantity]:.3f}")

    for name in order:  # the second one starts when the first has nothing to do
        processes[name] = start(name)
        measured[name]["first_step"] = processes[name].ask("first_step")
    tell("first_step")
    for name in order:
        measured[name]["controller_update"] = processes[name].ask("controller_update")
    tell("controller_update")
    for name in order:
        processes[name].ask("warm_up")
    for quantity in _BY_ARC:
        for name in order:
            measured[name][quantity] = []
        for k in range(num_arcs):
            for name in order if k % 2 else reversed(order):
                measured[name][quantity].append(processes[name].ask(quantity, k))
        tell(quantity)
    for name in order:
        memory = processes[name].ask("peak_memory")
        measured[name] |= {f"peak_memory_{kind}": most for kind, most in memory.items()}
    tell("peak_memory_host")
    machines = [processes[name].machine() for name in order]
    return measured, machines[0]


def compare(measured: Mapping[str, Measured]) -> dict[str, float]:
    """Divides this checkout's numbers by the other's; the median of ratios where there is one for each architecture."""
    this, other = measured[THIS], measured[OTHER]
    both = [name for name in QUANTITIES if name in this and name in other]
    return {name: float(np.median(np.divide(this[name], other[name]))) for name in both}


def _start(
    processes: contextlib.ExitStack,
    probe: Sequence[str],
    checkouts: Mapping[str, pathlib.Path],
    request: pathlib.Path,
    name: str,
) -> CheckoutProcess:
    """Starts the process of a checkout, which ends with the stack."""
    return processes.enter_context(CheckoutProcess(probe, checkouts[name], request, request / f"{name}.log"))


def _prefixed(announce: Callable[[str], None], prefix: str) -> Callable[[str], None]:
    return lambda line: announce(f"{prefix}: {line}")


def _medians(measured: Measured) -> dict[str, float]:
    return {name: float(np.median(measured[name])) for name in QUANTITIES if name in measured}


def _spreads(rows: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    return {name: Spread.of([row[name] for row in rows]) for name in rows[0]}
