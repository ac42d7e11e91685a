"""The plots of an assessment: a panel for each search space, a colour for each strategy.

Figures are made with matplotlib's object interface; every axis has a name with its unit.
"""

import io
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from enas_tf.assess.plan.runs import Condition
from enas_tf.assess.plan.spaces import CLEAN
from enas_tf.assess.statistics.evidence import shared_and_alone
from enas_tf.assess.statistics.inference import summarize
from enas_tf.assess.statistics.records import RunRecord, best_reward, best_so_far, over_epochs, values_by_seed

# Lines of what uniform draws would get.
UNIFORM_LINE: dict[str, Any] = {"color": "#555555", "linestyle": "--", "linewidth": 1.2, "label": "uniform draws"}

# Of a run: its condition, places, and values there between 0 and 1.
Curve = tuple[Condition, np.ndarray, np.ndarray]

# Of a strategy that searches at another time than by default, beside which the same may stand that does not.
_DASHES = (0, (4, 1.5))

_MAX_COLUMNS, _PANEL_SIZE = 3, (3.6, 2.9)
DPI = 130
# Of an entry of the legend: what stands for a line, and a letter.
_LEGEND_INCHES, _LEGEND_ROW_INCHES = (0.5, 0.08), 0.25
# The number of instances in the name of a published poison, or behind an operation.
_INSTANCES = re.compile(r"(?<=_)\d{3}(?=_|$)|(?<=:)\d+")


def plot_over_epochs(
    records: Sequence[RunRecord],
    conditions: Sequence[Condition],
    value: Callable[[dict], float | None],
    label: str,
    uniform: Callable[[dict], float | None] | None = None,
) -> Figure | None:
    """Plots a quantity over epochs: the mean over seeds, with one standard deviation as a band.

    Args:
      records: All runs.
      conditions: Those to show.
      value: The quantity of a row of an epoch; None where it has none.
      label: Its name, with its unit.
      uniform: What it would be for uniform draws, for a dashed line.

    Returns:
      A figure, None if no run has the quantity.
    """
    bands = {
        condition: band for condition in conditions if (band := over_epochs(records, condition, value)) is not None
    }
    if not bands:
        return None
    figure, panels = _panels(bands, "epochs", label)
    for condition, band in bands.items():
        axes, look = panels[condition.poison], _line(condition)
        axes.plot(band.x, band.mean, label=condition.label, linewidth=1.6, **look)
        low, high = band.mean - band.std, band.mean + band.std
        axes.fill_between(band.x, low, high, color=look["color"], alpha=0.18, linewidth=0)
    for poison, axes in panels.items():
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        level = _level(records, poison, uniform) if uniform else None
        if level is not None:
            axes.axhline(level, **UNIFORM_LINE)
    return _with_legend(figure)


def plot_best_so_far(records: Sequence[RunRecord], conditions: Sequence[Condition]) -> Figure | None:
    """Plots each run's best validation accuracy so far against the seconds it had taken."""
    records = [record for record in records if record.condition in conditions]
    curves = [(record.condition, *best_so_far(record, "best_valid_accuracy")) for record in records]
    return _plot_steps(curves, "time (s)", "best validation\naccuracy so far (%)")


def plot_best_reward(records: Sequence[RunRecord], conditions: Sequence[Condition]) -> Figure | None:
    """Plots each run's best reward so far against the multiply-adds of its candidates."""
    records = [record for record in records if record.condition in conditions]
    curves = [(record.condition, *best_reward(record)) for record in records]
    return _plot_steps(curves, "multiply-adds of candidates", "best reward so far (%)")


def plot_error_by_instances(records: Sequence[RunRecord], conditions: Sequence[Condition]) -> Figure | None:
    """Plots the test error of the best architecture against the number of poisoned instances, a panel for each poison.

    The clean space is each panel's point at 0.
    """
    families = list(
        dict.fromkeys(_family(condition.poison) for condition in conditions if _num_poisoned(records, condition.poison))
    )
    if not families:
        return None
    figure, panels = _grid(families, "poisoned instances in the space", "test error (%)")
    for family, axes in panels.items():
        for strategy in dict.fromkeys(condition.strategy for condition in conditions):
            _draw_errors(
                axes, records, [condition for condition in conditions if condition.strategy == strategy], family
            )
        axes.set_xscale("symlog", linthresh=5)
        numbers = {
            _num_poisoned(records, condition.poison) for condition in conditions if _family(condition.poison) == family
        }
        axes.set_xticks(sorted({0, *numbers}))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.minorticks_off()
    return _with_legend(figure)


def plot_shared_against_alone(records: Sequence[RunRecord], conditions: Sequence[Condition]) -> Figure | None:
    """Plots stand-alone against shared-weight accuracy, a point for each architecture."""
    points = {
        condition: np.concatenate(groups)
        for condition in conditions
        if (groups := shared_and_alone(records, condition))
    }
    if not points:
        return None
    shared, alone = "validation accuracy,\nshared weights (%)", "test accuracy,\ntrained from scratch (%)"
    figure, panels = _panels(points, shared, alone)
    for condition, pairs in points.items():
        look: dict[str, Any] = {"linestyle": "none", "markersize": 4.7, "alpha": 0.75, "label": condition.label}
        panels[condition.poison].plot(*(100 * pairs.T), **look, **_marker(condition))
    return _with_legend(figure)


def dress(axes: Axes, x_label: str, y_label: str) -> None:
    """Gives a panel the names of its axes and the look of all."""
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.grid(alpha=0.25)
    axes.tick_params(labelleft=True)
    axes.spines[["top", "right"]].set_visible(False)


def to_png(figure: Figure) -> bytes:
    """Renders a figure."""
    file = io.BytesIO()
    FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})
    return file.getvalue()


def _plot_steps(curves: Sequence[Curve], x_label: str, y_label: str) -> Figure | None:
    """Plots curves; empty ones are left out, None if all are."""
    curves = [curve for curve in curves if len(curve[1])]
    if not curves:
        return None
    figure, panels = _panels([condition for condition, _, _ in curves], x_label, y_label)
    for condition, places, values in curves:
        look = {"label": condition.label, "linewidth": 1.1, "alpha": 0.8, **_line(condition)}
        panels[condition.poison].step(places, 100 * values, where="post", **look)
    return _with_legend(figure)


def _panels(conditions: Iterable[Condition], x_label: str, y_label: str) -> tuple[Figure, dict[str, Axes]]:
    return _grid(list(dict.fromkeys(condition.poison for condition in conditions)), x_label, y_label)


def _grid(titles: Sequence[str], x_label: str, y_label: str) -> tuple[Figure, dict[str, Axes]]:
    """A figure with one panel a title, all with the same vertical scale."""
    num_columns = 2 if len(titles) == 4 else min(len(titles), _MAX_COLUMNS)
    num_rows = math.ceil(len(titles) / num_columns)
    size = (max(num_columns, 1.4) * _PANEL_SIZE[0], num_rows * _PANEL_SIZE[1] + 0.4)
    figure = Figure(figsize=size, dpi=DPI, layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1))  # inches
    all_axes = list(figure.subplots(num_rows, num_columns, sharey=True, squeeze=False).flat)
    panels = dict(zip(titles, all_axes, strict=False))
    for title, axes in panels.items():
        axes.set_title(title, size=10)
        dress(axes, x_label, y_label)
    for axes in all_axes[len(titles) :]:
        axes.remove()
    return figure, panels


def _with_legend(figure: Figure) -> Figure:
    """Adds one legend above all panels."""
    entries: dict[str, Artist] = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        entries |= {label: handle for handle, label in zip(handles, labels, strict=True) if label not in entries}
    inches = _LEGEND_INCHES[0] + _LEGEND_INCHES[1] * max(map(len, entries))
    num_columns = max(1, min(len(entries), int(figure.get_figwidth() / inches)))
    num_rows = math.ceil(len(entries) / num_columns)
    figure.set_figheight(figure.get_figheight() + (num_rows - 1) * _LEGEND_ROW_INCHES)  # panels keep their size
    figure.legend(list(entries.values()), list(entries), loc="outside upper center", ncols=num_columns, frameon=False)
    return figure


def _draw_errors(axes: Axes, records: Sequence[RunRecord], conditions: Sequence[Condition], family: str) -> None:
    """Draws one strategy's errors, with one standard deviation over seeds."""
    places = []
    for condition in conditions:
        accuracies = values_by_seed(records, condition, "test_accuracy")
        if accuracies and (condition.poison == CLEAN or _family(condition.poison) == family):
            error = summarize([100 * (1 - accuracy) for accuracy in accuracies.values()])
            places.append((_num_poisoned(records, condition.poison), error.mean, error.std or 0.0))
    if not places:
        return
    x, mean, std = np.array(sorted(places)).T
    look: dict[str, Any] = {"capsize": 3, "capthick": 1.0, "markersize": 5, "linewidth": 1.4}
    look |= _line(conditions[0]) | _marker(conditions[0])
    axes.errorbar(x, mean, std, label=conditions[0].label, **look)


def _line(condition: Condition) -> dict[str, Any]:
    """How a strategy's lines look: its colour, dashed when it does not search when it does by default."""
    strategy = condition.scheduled
    return {"color": strategy.kind.colour, "linestyle": "-" if strategy.is_default else _DASHES}


def _marker(condition: Condition) -> dict[str, Any]:
    """How a strategy's points look: hollow where its lines are dashed."""
    strategy = condition.scheduled
    look = {"color": strategy.kind.colour, "marker": strategy.kind.marker, "markeredgewidth": 0.0}
    return look if strategy.is_default else look | {"markerfacecolor": "none", "markeredgewidth": 1.0}


def _family(poison: str) -> str:
    """What poisons that differ in the number of instances have in common."""
    return _INSTANCES.sub("n", poison, count=1)


def _num_poisoned(records: Iterable[RunRecord], poison: str) -> int:
    numbers = (
        record.results["num_poisoned"] for record in records if record.condition.poison == poison and record.results
    )
    return next(numbers, 0)


def _level(records: Iterable[RunRecord], poison: str, uniform: Callable[[dict], float | None]) -> float | None:
    rows = (row for record in records if record.condition.poison == poison for row in record.epochs)
    return next((level for row in rows if (level := uniform(row)) is not None), None)
