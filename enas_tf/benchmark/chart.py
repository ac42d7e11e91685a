"""The numbers of a benchmark as a bar chart."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from enas_tf.benchmark.table import COMPARED
from enas_tf.benchmark.timing import Spread
from enas_tf.reporting.drawing import INK, PRINT_DPI
from enas_tf.reporting.results import PathLike, replacing

# Of the palette of Okabe and Ito.
_LIBRARY = "#0072B2"
_BARS = {
    "library": ("library", _LIBRARY),
    "all_branches": ("all\nbranches", "#D55E00"),
    "library_again": ("library,\nother\narcs", _LIBRARY),
    "static_graphs": ("static\ngraphs", "#56B4E9"),
    "kernels": ("kernels\nalone", "#999999"),
}


def save_chart(results: dict[str, Any], path: PathLike) -> None:
    """Draws what `run_benchmark` returns into a PNG file: seconds of each contender.

    The library stands twice, for all branches are compared on other architectures than static graphs are.
    """
    figure = Figure(figsize=(4.2 * len(COMPARED), 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (work, name) in zip(figure.subplots(1, len(COMPARED)), COMPARED.items(), strict=True):
        _draw_bars(axes, results[work], name)
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=PRINT_DPI)


def _draw_bars(axes: Axes, comparison: dict[str, Any], name: str) -> None:
    spreads: dict[str, Spread] = {
        "library": comparison["seconds"],
        "library_again": comparison["static_arcs_seconds"],
    }
    spreads |= {reference: measured["seconds"] for reference, measured in comparison["references"].items()}
    for k, (contender, (_, colour)) in enumerate(_BARS.items()):
        spread = spreads[contender]
        below, above = spread.median - spread.lower, spread.upper - spread.median
        axes.bar(k, spread.median, color=colour, yerr=[[below], [above]], ecolor=INK, capsize=3)
        axes.annotate(
            f"{spread.median:.3g}", (k, spread.upper), (0, 3), textcoords="offset points", ha="center", color=INK
        )
    axes.set_xticks(range(len(_BARS)), [label for label, _ in _BARS.values()])
    axes.set_title(name)
    axes.set_ylabel("seconds, median and quartiles")
    axes.margins(y=0.15)
    axes.spines[["top", "right"]].set_visible(False)
