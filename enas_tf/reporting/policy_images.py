"""Figures of what a controller prefers: operation probabilities by layer, skip probabilities by layer and source."""

import collections
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from enas_tf.reporting.drawing import contrasting_colour

_CELL = 0.36  # inches
_SMALL, _NORMAL = 6.5, 8  # points
_COLOURS = "Blues"


def draw_operation_probabilities(operations: Sequence[str], probabilities: np.ndarray) -> Figure:
    """Draws how likely each layer draws each operation.

    Args:
      operations: Names by operation index; instances of one name are drawn as one column with their sum.
      probabilities: float [num_layers, num_operations].

    Returns:
      A heat map with a row a layer and a column a name.
    """
    counts = collections.Counter(operations)  # keeps the order of first appearance
    members = np.array([[name == operation for name in counts] for operation in operations])  # [num_operations, names]
    columns = [name if count == 1 else f"{name} ×{count}" for name, count in counts.items()]
    rows = [f"layer {i}" for i in range(len(probabilities))]
    return _draw_heat_map(np.asarray(probabilities) @ members, rows, columns, "operation probability")


def draw_skip_probabilities(probabilities: np.ndarray) -> Figure:
    """Draws how likely each layer adds each earlier output.

    Args:
      probabilities: float [num_layers, num_layers], row i layer i, column j bit j, that is the stem for 0 and the
        output of layer j - 1 otherwise; only entries with j < i are read.

    Returns:
      A triangular heat map with a row for each layer after the first and a column for each source.
    """
    num_layers = len(probabilities)
    existing = np.tri(num_layers, k=-1, dtype=bool)
    values = np.where(existing, probabilities, np.nan)[1:, :-1]  # layer 0 has no bit, no layer the last output
    rows = [f"layer {i}" for i in range(1, num_layers)]
    columns = ["stem", *(f"layer {i}" for i in range(num_layers - 2))][: num_layers - 1]
    return _draw_heat_map(values, rows, columns, "skip probability")


def _draw_heat_map(values: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str) -> Figure:
    """Draws probabilities [rows, columns] with their numbers; entries that are NaN stay empty."""
    height, width = (max(count, 1) * _CELL for count in values.shape)
    figure = Figure(figsize=(width + 1.9, height + 1.9), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    axes.set_title(title, size=_NORMAL + 1)
    axes.set_xticks(range(len(columns)), columns, rotation=90, size=_NORMAL)
    axes.set_yticks(range(len(rows)), rows, size=_NORMAL)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if values.size:
        image = axes.imshow(values, cmap=_COLOURS, vmin=0, vmax=1)
        figure.colorbar(image, shrink=0.8).ax.tick_params(labelsize=_SMALL)
        for (row, column), value in np.ndenumerate(values):
            if not np.isnan(value):
                colour = contrasting_colour(image.to_rgba(value))
                number = f"{value:.2f}".lstrip("0")
                axes.text(column, row, number, size=_SMALL, ha="center", va="center", color=colour)
    return figure
