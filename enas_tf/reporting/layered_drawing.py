"""Draws what architectures of both macro spaces share, from the stem down to the softmax: skips, reductions, trunk.

The network can be rebuilt from the picture alone: every layer's box says what it computes, skip connections are curves
that leave below their source and end at the sum they enter, and the same sources stand as text beside the sum, since
curves alone are hard to follow in a deep network. Top to bottom, so that names stay horizontal and any depth has the
shape of a page.
"""

import dataclasses
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from enas_tf.reporting.drawing import (
    BOX_HEIGHT,
    CURVE_BULGE,
    FAINT,
    FIXED_STYLE,
    INK,
    MARGIN,
    RGB,
    SMALL,
    SUM_RADIUS,
    Bounds,
    draw_arrow,
    draw_box,
    draw_curve,
    draw_sum,
    frame_drawing,
    legend_mark,
    sum_mark,
)
from enas_tf.search_space import LayeredSpace, SkippingLayer

# Lengths are inches of the saved figure; y grows downwards, the boxes are centred on x = 0.
FIXED_BOX_WIDTH = 1.75
_ROW_GAP, _REDUCTION_GAP = 0.3, 0.22
_JOIN_BELOW_BOX, _TAP_BELOW_JOIN, _REDUCTION_BELOW_TAP = 0.09, 0.1, 0.16
_TAP_RADIUS, _CURVE_BESIDE_BOX = 0.026, 0.06
_SMALL_CHARACTER = 0.052  # width to reserve
_DASHES = (0, (4, 2))

Colour = str | RGB


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where things stand: row 0 is the stem, row i + 1 layer i, then the pooling and the softmax.

    Rows 0 to N are also the entries of the network's list of outputs, which skip bits count.

    Attributes:
      space: The space.
      layers: Those of the architecture.
      layer_width: Of the boxes of layers.
      layer_height: Likewise.
    """

    space: LayeredSpace
    layers: tuple[SkippingLayer, ...]
    layer_width: float = FIXED_BOX_WIDTH
    layer_height: float = BOX_HEIGHT

    @property
    def num_rows(self) -> int:
        """Rows of boxes."""
        return self.space.num_layers + 3

    @property
    def reduced_rows(self) -> tuple[int, ...]:
        """Rows below which every output is halved."""
        return tuple(layer + 1 for layer in self.space.pool_layers if layer >= 0)

    @property
    def skips(self) -> list[tuple[int, int]]:
        """All skip connections as (row they leave, row whose output they are added to)."""
        return [(source, i + 1) for i, layer in enumerate(self.layers) for source in layer.sources]

    @property
    def curve_start(self) -> float:
        """The x right of all boxes where curves begin to swing out."""
        return self.layer_width / 2 + _CURVE_BESIDE_BOX

    def half_height(self, row: int) -> float:
        """Half of the height of a row's box."""
        return (self.layer_height if 0 < row <= self.space.num_layers else BOX_HEIGHT) / 2

    def box_y(self, row: int) -> float:
        """Centre of a row's box; that of the stem is 0."""
        num_reductions_above = sum(reduced < row for reduced in self.reduced_rows)
        boxes_above = sum(2 * self.half_height(above) for above in range(row)) - BOX_HEIGHT / 2
        return boxes_above + self.half_height(row) + row * _ROW_GAP + num_reductions_above * _REDUCTION_GAP

    def join_y(self, row: int) -> float:
        """Where skip connections are added to a row's output."""
        return self.box_y(row) + self.half_height(row) + _JOIN_BELOW_BOX

    def tap_y(self, row: int) -> float:
        """Where skip connections leave a row's output."""
        return self.join_y(row) + _TAP_BELOW_JOIN

    @property
    def bounds(self) -> Bounds:
        """From the image to the softmax, from boxes or lists of sources to the widest curve."""
        longest = max(len(_sources_text(layer)) for layer in self.layers)
        widest = max((_curve_reach(target - source) for source, target in self.skips), default=0.0)
        return Bounds(
            left=-max(self.layer_width / 2, 2 * SUM_RADIUS + longest * _SMALL_CHARACTER) - MARGIN,
            right=self.curve_start + CURVE_BULGE * widest + MARGIN,
            top=-BOX_HEIGHT - MARGIN,
            bottom=self.box_y(self.num_rows - 1) + BOX_HEIGHT,
        )


def draw_layered(
    layout: Layout,
    title: str,
    names: Sequence[str],
    draw_layer: Callable[[Axes, int, float], None],
    colours: Sequence[Colour],
    marks: Sequence[Line2D] = (),
) -> Figure:
    """Draws an architecture.

    Args:
      layout: Of the architecture.
      title: Written above the drawing.
      names: Operations whose colours the legend explains.
      draw_layer: Draws the box of layer i with its centre at (0, y); called as `draw_layer(axes, i, y)`.
      colours: Of the curves that leave each layer.
      marks: What the legend explains beside skips and reductions.

    Returns:
      A figure of its own size.
    """
    figure, axes = frame_drawing(layout.bounds, title, names, [*marks, *_legend_marks()])
    _draw_trunk(axes, layout)
    _draw_reductions(axes, layout)
    _draw_skips(axes, layout, [FAINT, *colours])
    *_, pool_row, softmax_row = range(layout.num_rows)
    for row, name in ((0, "stem: conv_3x3"), (pool_row, "global average pool"), (softmax_row, "softmax")):
        draw_box(axes, (0, layout.box_y(row)), FIXED_BOX_WIDTH, name, FIXED_STYLE)
    for i in range(layout.space.num_layers):
        draw_layer(axes, i, layout.box_y(i + 1))
    return figure


def _legend_marks() -> list[Line2D]:
    return [
        sum_mark("adds the outputs of the stem or layers listed beside it"),
        legend_mark("factorized reduction of every output above", linestyle=_DASHES, color=FAINT),
    ]


def _draw_trunk(axes: Axes, layout: Layout) -> None:
    """Draws the way from the image through all boxes, with a sum wherever skip connections arrive."""
    rows = range(layout.num_rows)
    starts = [-BOX_HEIGHT - MARGIN, *(layout.box_y(row) + layout.half_height(row) for row in rows)]
    for start, row in zip(starts, rows, strict=False):
        draw_arrow(axes, (0, start), (0, layout.box_y(row) - layout.half_height(row)))
    axes.text(0.08, starts[0] + 0.06, "image", size=SMALL, va="center", color=INK)
    for row, layer in enumerate(layout.layers, start=1):
        if layer.sources:
            _draw_join(axes, layout, layout.join_y(row), _sources_text(layer))


def _draw_join(axes: Axes, layout: Layout, y: float, sources: str) -> None:
    """Draws a sum, the way into it that all its skip connections share, and the list of their sources."""
    draw_arrow(axes, (layout.curve_start, y), (SUM_RADIUS, y))
    draw_sum(axes, (0, y))
    axes.text(-2 * SUM_RADIUS, y, sources, size=SMALL, ha="right", va="center", color=INK, zorder=5)


def _draw_reductions(axes: Axes, layout: Layout) -> None:
    """Draws a line across the figure below each layer after which every output is halved."""
    left, right = axes.get_xlim()
    for row in layout.reduced_rows:
        y = layout.tap_y(row) + _REDUCTION_BELOW_TAP
        axes.plot((left + MARGIN, right - MARGIN), (y, y), color=FAINT, linestyle=_DASHES, linewidth=1, zorder=1)
        axes.text(-0.1, y - 0.02, "height and width ÷ 2", size=SMALL, ha="right", va="bottom", color=FAINT)


def _draw_skips(axes: Axes, layout: Layout, colours: Sequence[Colour]) -> None:
    for source, target in layout.skips:
        start, end = (0, layout.tap_y(source)), (layout.curve_start, layout.join_y(target))
        draw_curve(axes, start, end, _curve_reach(target - source), colours[source])
        axes.add_patch(Circle(start, _TAP_RADIUS, facecolor=INK, edgecolor="none", zorder=5))


def _sources_text(layer: SkippingLayer) -> str:
    """Lists what is added to a layer's output: the stem, or layers by number."""
    return "+ " + ", ".join("stem" if source == 0 else str(source - 1) for source in layer.sources)


def _curve_reach(num_rows: int) -> float:
    """How far the control points of a curve over so many rows lie from its ends; longer ones swing wider."""
    return 0.42 * num_rows**0.75
