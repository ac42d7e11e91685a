"""Figures of what a strategy prefers: how likely it draws each operation and connection, or how often it has them."""

import collections
import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from enas_tf.reporting.drawing import contrasting_colour
from enas_tf.search_space import CELL_NAMES, NUM_CELL_INPUTS, MacroChannelSpace, MacroSpace, MicroSpace, SearchSpace

_CELL, _CHARACTER, _GAP, _TITLE_HEIGHT = 0.36, 0.075, 0.15, 0.4  # inches
_COLOUR_BAR_WIDTH, _COLOUR_BAR_ROOM = 0.14, 0.75
_SMALL, _NORMAL = 6.5, 8  # points
_COLOURS = "Blues"


class Quantity(NamedTuple):
    """What the numbers of a policy are.

    Attributes:
      title: In words; what it is of stands before.
      names: How names of figures end.
    """

    title: str
    names: str


PROBABILITY, SHARE = Quantity("probability", "probabilities"), Quantity("share of the population", "shares")


@functools.singledispatch
def draw_policy(
    space: SearchSpace, operations: np.ndarray, connections: np.ndarray, quantity: Quantity = PROBABILITY
) -> dict[str, Figure]:
    """Draws a policy in the manner of its space.

    Args:
      space: The search space.
      operations: Probabilities of the operations as the `policy` of the space's controller returns them, averaged over
        architectures: float [num_draws, num_operations]; where layers take ranges of channels, those of starts and
        counts.
      connections: Likewise those of the connections: float [num_skips] in the macro spaces, [num_draws, num_entries] in
        the micro space.
      quantity: What they are, if not probabilities.

    Returns:
      The figures by name: `operation_probabilities`, or `start_probabilities` and `count_probabilities`; and
      `skip_probabilities` (macro) or `input_probabilities` (micro). Those of shares are `operation_shares` and so on.

    Raises:
      TypeError: If nothing is known to draw the policy of such a space.
    """
    raise TypeError(f"expected a space with policy images, received a {type(space).__name__}")


@draw_policy.register
def _draw_macro_policy(
    space: MacroSpace, operations: np.ndarray, connections: np.ndarray, quantity: Quantity = PROBABILITY
) -> dict[str, Figure]:
    layers = [f"layer {i}" for i in range(space.num_layers)]
    return {
        f"operation_{quantity.names}": draw_operation_probabilities(space.operations, layers, operations, quantity),
        f"skip_{quantity.names}": draw_skip_probabilities(space.num_layers, connections, quantity),
    }


@draw_policy.register
def _draw_channel_policy(
    space: MacroChannelSpace, ranges: np.ndarray, connections: np.ndarray, quantity: Quantity = PROBABILITY
) -> dict[str, Figure]:
    branches = [f"layer {i}, {operation}" for i in range(space.num_layers) for operation in space.operations]
    channels = [str(channel) for channel in range(space.num_channels)]
    starts, counts = ranges[::2], ranges[1::2, :-1]  # no count is that of all channels
    return {
        f"start_{quantity.names}": _draw_fine_heat_map(starts, branches, channels, f"first channel, {quantity.title}"),
        f"count_{quantity.names}": _draw_fine_heat_map(
            counts, branches, channels[1:], f"number of channels, {quantity.title}"
        ),
        f"skip_{quantity.names}": draw_skip_probabilities(space.num_layers, connections, quantity),
    }


@draw_policy.register
def _draw_micro_policy(
    space: MicroSpace, operations: np.ndarray, connections: np.ndarray, quantity: Quantity = PROBABILITY
) -> dict[str, Figure]:
    draws = _micro_draws(space.num_blocks)
    return {
        f"operation_{quantity.names}": draw_operation_probabilities(space.operations, draws, operations, quantity),
        f"input_{quantity.names}": draw_input_probabilities(space.num_blocks, connections, quantity),
    }


def draw_operation_probabilities(
    operations: Sequence[str], draws: Sequence[str], probabilities: np.ndarray, quantity: Quantity = PROBABILITY
) -> Figure:
    """Draws how likely each operation is.

    Args:
      operations: Names by operation index; instances of one name are drawn as one column with their sum.
      draws: What the operations are drawn for.
      probabilities: float [num_draws, num_operations].
      quantity: What they are, if not probabilities.

    Returns:
      A heat map with a row a draw and a column a name.
    """
    counts = collections.Counter(operations)  # keeps the order of first appearance
    members = np.array([[name == operation for name in counts] for operation in operations])  # [num_operations, names]
    columns = [name if count == 1 else f"{name} ×{count}" for name, count in counts.items()]
    return _draw_heat_map(np.asarray(probabilities) @ members, draws, columns, f"operation {quantity.title}")


def draw_skip_probabilities(num_layers: int, probabilities: np.ndarray, quantity: Quantity = PROBABILITY) -> Figure:
    """Draws how likely each layer of a macro network adds each earlier output.

    Args:
      num_layers: Of the network.
      probabilities: float [num_skips] in the order of the arc.
      quantity: What they are, if not probabilities.

    Returns:
      A triangular heat map with a row for each layer after the first and a column for each source.
    """
    values = np.full([num_layers, num_layers], np.nan)
    values[np.tril_indices(num_layers, k=-1)] = probabilities
    rows = [f"layer {i}" for i in range(1, num_layers)]
    columns = ["stem", *(f"layer {i}" for i in range(num_layers - 2))][: num_layers - 1]
    # Layer 0 has no bit, and the last output no layer that could add it.
    return _draw_heat_map(values[1:, :-1], rows, columns, f"skip {quantity.title}")


def draw_input_probabilities(num_blocks: int, probabilities: np.ndarray, quantity: Quantity = PROBABILITY) -> Figure:
    """Draws how likely each operation of a micro cell takes each entry.

    Args:
      num_blocks: Blocks in each cell.
      probabilities: float [num_draws, num_entries]: two draws a block, first those of the normal, then those of the
        reduction cell; values of entries that do not stand before the block are not read.
      quantity: What they are, if not probabilities.

    Returns:
      A heat map with a row a draw and a column an entry.
    """
    inputs, blocks = range(NUM_CELL_INPUTS), range(num_blocks - 1)  # no block can take the last
    columns = [*(f"{k}: input" for k in inputs), *(f"{NUM_CELL_INPUTS + b}: block {b}" for b in blocks)]
    num_available = np.tile(np.repeat(NUM_CELL_INPUTS + np.arange(num_blocks), 2), len(CELL_NAMES))  # [num_draws]
    available = np.arange(len(columns)) < num_available[:, np.newaxis]
    values = np.where(available, probabilities, np.nan)
    return _draw_heat_map(values, _micro_draws(num_blocks), columns, f"input {quantity.title}")


def _micro_draws(num_blocks: int) -> list[str]:
    """Names the operations of both cells, in the order they are drawn in."""
    return [f"{cell}, block {b}, {side}" for cell in CELL_NAMES for b in range(num_blocks) for side in ("1st", "2nd")]


def _draw_heat_map(values: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str) -> Figure:
    """Draws probabilities [rows, columns] with their numbers; entries that are NaN stay empty."""
    figure, image = _draw_colours(values, rows, columns, title, highest=1.0)
    if image is not None:
        _write_numbers(image, values)
    return figure


def _draw_fine_heat_map(values: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str) -> Figure:
    """Draws probabilities [rows, columns] of many options: without numbers, the highest in the darkest colour."""
    return _draw_colours(values, rows, columns, title, highest=float(np.max(values)))[0]


def _draw_colours(
    values: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str, highest: float
) -> tuple[Figure, AxesImage | None]:
    """Draws values from 0 to `highest` as colours; returns the figure and, where there are values, their image."""
    height, width = (max(count, 1) * _CELL for count in values.shape)
    left, bottom = (_GAP + max(map(len, names), default=0) * _CHARACTER for names in (rows, columns))
    figure = Figure((left + width + _COLOUR_BAR_ROOM, bottom + height + _TITLE_HEIGHT), facecolor="white")
    axes = _add_axes(figure, (left, bottom), (width, height))
    axes.set_title(title, size=_NORMAL + 1)
    axes.set_xticks(range(len(columns)), columns, rotation=90, size=_NORMAL)
    axes.set_yticks(range(len(rows)), rows, size=_NORMAL)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    image = None
    if values.size:
        image = axes.imshow(values, cmap=_COLOURS, vmin=0, vmax=highest)
        colour_bar = _add_axes(figure, (left + width + _GAP, bottom), (_COLOUR_BAR_WIDTH, height))
        figure.colorbar(image, cax=colour_bar).ax.tick_params(labelsize=_SMALL)
    return figure, image


def _add_axes(figure: Figure, corner: tuple[float, float], size: tuple[float, float]) -> Axes:
    """Adds axes with their lower left corner and size in inches, which keeps every cell of one size."""
    return figure.add_axes((*np.divide(corner, figure.get_size_inches()), *np.divide(size, figure.get_size_inches())))


def _write_numbers(image: AxesImage, values: np.ndarray) -> None:
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            number = f"{value:.2f}".lstrip("0")
            colour = contrasting_colour(tuple(image.to_rgba(value)))
            image.axes.text(column, row, number, size=_SMALL, ha="center", va="center", color=colour)
