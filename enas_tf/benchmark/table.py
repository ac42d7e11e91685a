"""The numbers of a benchmark as tables for the terminal."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from enas_tf.benchmark.against import OTHER, QUANTITIES, THIS
from enas_tf.benchmark.timing import Spread, number_text

REFERENCE_NAMES = {
    "static_graphs": "(a) static graphs",
    "all_branches": "(b) all branches",
    "kernels": "(c) kernels alone",
}
COMPARED = {"child_step": "child step", "evaluation_batch": "evaluation batch"}


def print_results(results: dict[str, Any], console: Console) -> None:
    """Prints what `run_benchmark` returns."""
    _print_setting(results, console, "quartiles in brackets")
    _print_table(console, _rows(results), "seconds", "library / reference")
    _print_table(console, _other_rows(results), "")


def print_comparison(results: dict[str, Any], console: Console) -> None:
    """Prints what `run_against` returns."""
    num_turns = results["setting"]["num_turns"]
    _print_setting(results, console, f"then of {num_turns} turns, whose quartiles are in brackets")
    rows = []
    for name, ratio in results["ratios"].items():
        label, unit = QUANTITIES[name]
        medians = (number_text(results["medians"][side][name].median) for side in (THIS, OTHER))
        rows.append((f"{label}, {unit}", *medians, _ratio(ratio)))
    _print_table(console, rows, THIS, OTHER, f"{THIS} / {OTHER}")


def _print_setting(results: dict[str, Any], console: Console, spread: str) -> None:
    setting, machine = results["setting"], results["machine"]
    console.print(
        f"{setting['search_for']} search, {setting['num_layers']} layers of {setting['filters']} filters, batches of "
        f"{setting['batch_size']}, {setting['mixed_precision']}; {machine['device']}, TensorFlow "
        f"{machine['tensorflow']}; medians of {setting['num_rounds']}, {spread}",
        highlight=False,
    )


def _print_table(console: Console, rows: Iterable[tuple[str, ...]], *headers: str) -> None:
    """Prints rows of a name, which stays on one line, and its values."""
    table = Table(Column(no_wrap=True), *headers, show_header=any(headers))
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _rows(results: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    yield from _parts("time to the first step", results["first_step"])
    for work, name in COMPARED.items():
        comparison = results[work]
        yield name, _text(comparison["seconds"]), ""
        yield _reference("all_branches", comparison)
        yield "  on the arcs of (a) and (c)", _text(comparison["static_arcs_seconds"]), ""
        yield from (_reference(name, comparison) for name in ("static_graphs", "kernels"))
        yield from ((f"      {family}", _text(value), "") for family, value in comparison["kernel_seconds"].items())
    yield from _parts("controller update per sample", results["controller_update"])


def _reference(name: str, comparison: dict[str, Any]) -> tuple[str, str, str]:
    measured = comparison["references"][name]
    return f"  {REFERENCE_NAMES[name]}", _text(measured["seconds"]), _text(measured["ratio"])


def _parts(name: str, parts: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Rows of a duration and of what it is the sum of."""
    yield name, _text(parts["total"]), ""
    yield from ((f"  {part}", _text(value), "") for part, value in parts.items() if part != "total")


def _other_rows(results: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for dtype, rate in results["child_step"]["gflops"].items():
        yield f"(d) matrix product, {dtype}, GFLOP/s", _text(rate)
    yield "input pipeline alone, images/s", _text(results["images_per_second"])
    for moment, memory in results["peak_memory"].items():
        yield f"peak memory, {moment}, MiB", ", ".join(f"{kind} {value:.0f}" for kind, value in memory.items())


def _text(value: float | Spread) -> str:
    if isinstance(value, Spread):
        return f"{_text(value.median)} ({_text(value.lower)}–{_text(value.upper)})"
    return number_text(value)


def _ratio(ratio: Spread) -> str:
    """To the third decimal, for differences of a hundredth matter."""
    return f"{ratio.median:.3f} ({ratio.lower:.3f}–{ratio.upper:.3f})"
