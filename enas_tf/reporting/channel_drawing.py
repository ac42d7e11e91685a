"""Draws an architecture of the macro space over parts of the channels.

Each layer is a box with a bar for every operation, as long as there are channels. The filled part is the range the
layer takes, which also stands beside it as the first and the last channel.
"""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from enas_tf.reporting.drawing import (
    BOX_HEIGHT,
    FAINT,
    INK,
    NUMBER_WIDTH,
    SMALL,
    draw_number,
    legend_mark,
    operation_style,
)
from enas_tf.reporting.layered_drawing import Layout, draw_layered
from enas_tf.search_space import ChannelLayer, MacroChannelSpace

# Inches. From the left: the layer's number, names, bars, ranges.
_WIDTH, _BAR_HEIGHT, _BAR_GAP, _PADDING = 3.5, 0.09, 0.05, 0.06
_BARS_LEFT, _BARS_RIGHT = -0.2, 1.2
_EMPTY = "#F3F3F3"


def draw_arc(space: MacroChannelSpace, arc: Sequence[int], title: str = "") -> Figure:
    """Draws an architecture.

    Args:
      space: The space.
      arc: One of its architectures.
      title: Written above the drawing.

    Returns:
      A figure of its own size, an inch or more a layer high.

    Raises:
      InputError: If the arc does not belong to the space.
    """
    layers = space.layers(space.validate(arc))
    bars_height = len(space.operations) * (_BAR_HEIGHT + _BAR_GAP) - _BAR_GAP
    layout = Layout(space, layers, _WIDTH, max(bars_height + 2 * _PADDING, BOX_HEIGHT))

    def draw_layer(axes: Axes, i: int, y: float) -> None:
        _add_bar(axes, -_WIDTH / 2, y - layout.layer_height / 2, _WIDTH, layout.layer_height, "white", INK)
        draw_number(axes, (-(_WIDTH - NUMBER_WIDTH) / 2 + _PADDING, y), str(i))
        _draw_ranges(axes, space, layers[i], y - bars_height / 2)

    joins = legend_mark("the filled channels are concatenated, 1×1 convolution", linestyle="none")
    return draw_layered(layout, title, space.operations, draw_layer, [INK] * len(layers), [joins])


def _draw_ranges(axes: Axes, space: MacroChannelSpace, layer: ChannelLayer, top: float) -> None:
    channel_width = (_BARS_RIGHT - _BARS_LEFT) / space.num_channels
    for operation, (start, count) in zip(space.operations, layer.ranges, strict=True):
        _add_bar(axes, _BARS_LEFT, top, _BARS_RIGHT - _BARS_LEFT, _BAR_HEIGHT, _EMPTY, FAINT)
        left = _BARS_LEFT + start * channel_width
        _add_bar(axes, left, top, count * channel_width, _BAR_HEIGHT, operation_style(operation).colour, INK)
        text: dict[str, Any] = {"y": top + _BAR_HEIGHT / 2, "size": SMALL, "va": "center", "color": INK, "zorder": 5}
        axes.text(_BARS_LEFT - _PADDING, s=operation, ha="right", **text)
        axes.text(_BARS_RIGHT + _PADDING, s=f"{start}–{start + count - 1}", ha="left", **text)
        top += _BAR_HEIGHT + _BAR_GAP


def _add_bar(axes: Axes, left: float, top: float, width: float, height: float, fill: str, edge: str) -> None:
    axes.add_patch(Rectangle((left, top), width, height, facecolor=fill, edgecolor=edge, linewidth=0.6, zorder=4))
