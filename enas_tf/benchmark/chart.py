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
_COLOURS = {"library": "#0072B2", "static_graphs": "#56B4E9", "all_branches": "#D55E00", "kernels": "#999999"}
_LABELS = {
    "library": "library",
    "static_graphs": "static\ngraphs",
    "all_branches": "all\nbranches",
    "kernels": "kernels\nalone",
}


def save_chart(results: dict[str, Any], path: PathLike) -> None:
    """Draws what `run_benchmark` returns into a PNG file: seconds of each contender on the same architectures."""
    figure = Figure(figsize=(3.4 * len(COMPARED), 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (work, name) in zip(figure.subplots(1, len(COMPARED)), COMPARED.items(), strict=True):
        _draw_bars(axes, results[work], name)
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=PRINT_DPI)


def _draw_bars(axes: Axes, comparison: dict[str, Any], name: str) -> None:
    spreads: dict[str, Spread] = {"library": comparison["reference_arcs_seconds"]}
    spreads |= {reference: measured["seconds"] for reference, measured in comparison["references"].items()}
    for k, (contender, spread) in enumerate(spreads.items()):
        below, above = spread.median - spread.lower, spread.upper - spread.median
        axes.bar(k, spread.median, color=_COLOURS[contender], yerr=[[below], [above]], ecolor=INK, capsize=3)
        axes.annotate(
            f"{spread.median:.3g}", (k, spread.upper), (0, 3), textcoords="offset points", ha="center", color=INK
        )
    axes.set_xticks(range(len(spreads)), [_LABELS[contender] for contender in spreads])
    axes.set_title(name)
    axes.set_ylabel("seconds, median and quartiles")
    axes.margins(y=0.15)
    axes.spines[["top", "right"]].set_visible(False)
