"""Draws an architecture of the macro space, from the stem down to the softmax.

The network can be rebuilt from the picture alone: every box names its layer and operation, skip connections are curves
that leave below their source and end at the sum they enter, and the same sources stand as text beside the sum, since
curves alone are hard to follow in a deep network. Top to bottom, so that names stay horizontal and any depth has the
shape of a page.
"""

import dataclasses
import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch, PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from enas_tf.reporting.drawing import OperationStyle, operation_style
from enas_tf.search_space import MacroLayer, MacroSpace

# Lengths are inches of the saved figure; y grows downwards, the boxes are centred on x = 0.
_BOX_WIDTH, _BOX_HEIGHT, _NUMBER_WIDTH = 1.75, 0.26, 0.27
_ROW_GAP, _REDUCTION_GAP = 0.3, 0.22
_JOIN_BELOW_BOX, _TAP_BELOW_JOIN, _REDUCTION_BELOW_TAP = 0.09, 0.1, 0.16
_JOIN_RADIUS, _TAP_RADIUS = 0.055, 0.026
_CURVE_START = _BOX_WIDTH / 2 + 0.06
_MARGIN, _TITLE_HEIGHT, _LEGEND_ROW_HEIGHT = 0.15, 0.18, 0.17
_MIN_WIDTH, _LEGEND_COLUMNS, _LEGEND_MARKS = 4.1, 2, 2
_SMALL, _NORMAL, _LARGE = 6.5, 7.5, 9  # points
_SMALL_CHARACTER, _LARGE_CHARACTER = 0.052, 0.095  # widths to reserve
_NAME_ROOM = 165  # points of size times characters that fit in a box beside the number
_INK, _FAINT = "#333333", "#8A8A8A"
_DASHES = (0, (4, 2))
_FIXED_STYLE = OperationStyle("#EDEDED")


@dataclasses.dataclass(frozen=True)
class _Layout:
    """Where things stand: row 0 is the stem, row i + 1 layer i, then the pooling and the softmax.

    Rows 0 to N are also the entries of the network's list of outputs, which skip bits count.
    """

    space: MacroSpace
    layers: tuple[MacroLayer, ...]

    @property
    def num_rows(self) -> int:
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
    def operation_names(self) -> list[str]:
        """Names of the operations in use, instances counted once, in the order of the space."""
        used = {layer.operation for layer in self.layers}
        return list(dict.fromkeys(self.space.operations[operation] for operation in sorted(used)))

    def box_y(self, row: int) -> float:
        """Centre of a row's box."""
        num_reductions_above = sum(reduced < row for reduced in self.reduced_rows)
        return row * (_BOX_HEIGHT + _ROW_GAP) + num_reductions_above * _REDUCTION_GAP

    def join_y(self, row: int) -> float:
        """Where skip connections are added to a row's output."""
        return self.box_y(row) + _BOX_HEIGHT / 2 + _JOIN_BELOW_BOX

    def tap_y(self, row: int) -> float:
        """Where skip connections leave a row's output."""
        return self.join_y(row) + _TAP_BELOW_JOIN

    @property
    def left(self) -> float:
        """Extent to the left of the boxes' axis: half a box or the longest list of sources."""
        longest = max(len(_sources_text(layer)) for layer in self.layers)
        return max(_BOX_WIDTH / 2, 2 * _JOIN_RADIUS + longest * _SMALL_CHARACTER) + _MARGIN

    @property
    def right(self) -> float:
        """Extent to the right: the widest curve, whose middle lies at 3/4 of its reach."""
        widest = max((_curve_reach(target - source) for source, target in self.skips), default=0.0)
        return _CURVE_START + 0.75 * widest + _MARGIN


def draw_arc(space: MacroSpace, arc: Sequence[int], title: str = "") -> Figure:
    """Draws an architecture.

    Args:
      space: The macro space, poisoned or not.
      arc: One of its architectures.
      title: Written above the drawing.

    Returns:
      A figure of its own size, somewhat over half an inch a layer high.

    Raises:
      InputError: If the arc does not belong to the space.
    """
    layout = _Layout(space, space.layers(space.validate(arc)))
    axes = _new_canvas(layout, title)
    _draw_trunk(axes, layout)
    _draw_reductions(axes, layout)
    _draw_skips(axes, layout)
    _draw_boxes(axes, layout)
    _draw_legend(axes, layout)
    return axes.figure


def _new_canvas(layout: _Layout, title: str) -> Axes:
    """Makes a figure whose data coordinates are inches, with room for title and legend."""
    title_lines = title.split("\n") if title else []
    top = -_BOX_HEIGHT - 2 * _MARGIN - _TITLE_HEIGHT * (len(title_lines) + 0.4)
    num_legend_rows = math.ceil(len(layout.operation_names) / _LEGEND_COLUMNS) + _LEGEND_MARKS
    bottom = layout.box_y(layout.num_rows - 1) + _BOX_HEIGHT + num_legend_rows * _LEGEND_ROW_HEIGHT + _MARGIN
    title_width = max((len(line) * _LARGE_CHARACTER for line in title_lines), default=0.0)
    width = max(layout.left + layout.right, title_width + 2 * _MARGIN, _MIN_WIDTH)
    left = layout.left + (width - layout.left - layout.right) / 2
    axes = Figure(figsize=(width, bottom - top), facecolor="white").add_axes((0, 0, 1, 1))
    axes.set(xlim=(-left, width - left), ylim=(bottom, top))
    axes.set_axis_off()
    axes.text(width / 2 - left, top + _MARGIN, title, size=_LARGE, weight="bold", ha="center", va="top", color=_INK)
    return axes


def _draw_boxes(axes: Axes, layout: _Layout) -> None:
    *_, pool_row, softmax_row = range(layout.num_rows)
    _draw_box(axes, layout.box_y(0), "stem: conv_3x3", _FIXED_STYLE)
    for i, layer in enumerate(layout.layers):
        name = layout.space.operations[layer.operation]
        _draw_box(axes, layout.box_y(i + 1), name, operation_style(name), number=str(i))
    _draw_box(axes, layout.box_y(pool_row), "global average pool", _FIXED_STYLE)
    _draw_box(axes, layout.box_y(softmax_row), "softmax", _FIXED_STYLE)


def _draw_box(axes: Axes, y: float, name: str, style: OperationStyle, number: str = "") -> None:
    """Draws a box with its name and, in a white field at its left end, a layer's number."""
    left, top = -_BOX_WIDTH / 2, y - _BOX_HEIGHT / 2
    shape = f"round,pad=0,rounding_size={_BOX_HEIGHT / 4}"

    def add_frame(width: float, facecolor: str, edgecolor: str, hatch: str | None = None) -> None:
        frame = FancyBboxPatch((left, top), width, _BOX_HEIGHT, boxstyle=shape, fc=facecolor, ec=edgecolor, hatch=hatch)
        frame.set(linewidth=0.8, zorder=4)
        axes.add_patch(frame)

    if style.hatch:
        add_frame(_BOX_WIDTH, style.colour, style.hatch_colour, style.hatch)
    add_frame(_BOX_WIDTH, "none" if style.hatch else style.colour, _INK)
    size = min(_NORMAL, _NAME_ROOM / len(name))
    text = axes.text(0, y, name, size=size, ha="center", va="center", color=style.text_colour, zorder=5)
    if style.hatch:
        text.set_bbox({"facecolor": style.colour, "edgecolor": "none", "pad": 1})
    if number:
        text.set_x(_NUMBER_WIDTH / 2)
        add_frame(_NUMBER_WIDTH, "white", _INK)
        number_x = left + _NUMBER_WIDTH / 2
        axes.text(number_x, y, number, size=_NORMAL, weight="bold", ha="center", va="center", color=_INK, zorder=5)


def _draw_trunk(axes: Axes, layout: _Layout) -> None:
    """Draws the way from the image through all boxes, with a sum wherever skip connections arrive."""
    half = _BOX_HEIGHT / 2
    rows = range(layout.num_rows)
    starts = [-_BOX_HEIGHT - _MARGIN, *(layout.box_y(row) + half for row in rows)]
    for start, row in zip(starts, rows, strict=False):
        _draw_arrow(axes, (0, start), (0, layout.box_y(row) - half))
    axes.text(0.08, starts[0] + 0.06, "image", size=_SMALL, va="center", color=_INK)
    for row, layer in enumerate(layout.layers, start=1):
        if layer.sources:
            _draw_join(axes, layout.join_y(row), _sources_text(layer))


def _draw_join(axes: Axes, y: float, sources: str) -> None:
    """Draws a sum, the way into it that all its skip connections share, and the list of their sources."""
    _draw_arrow(axes, (_CURVE_START, y), (_JOIN_RADIUS, y))
    axes.add_patch(Circle((0, y), _JOIN_RADIUS, facecolor="white", edgecolor=_INK, linewidth=0.9, zorder=5))
    arm = 0.6 * _JOIN_RADIUS
    axes.plot((-arm, arm), (y, y), color=_INK, linewidth=0.9, zorder=6)
    axes.plot((0, 0), (y - arm, y + arm), color=_INK, linewidth=0.9, zorder=6)
    axes.text(-2 * _JOIN_RADIUS, y, sources, size=_SMALL, ha="right", va="center", color=_INK, zorder=5)


def _draw_reductions(axes: Axes, layout: _Layout) -> None:
    """Draws a line across the figure below each layer after which every output is halved."""
    left, right = axes.get_xlim()
    for row in layout.reduced_rows:
        y = layout.tap_y(row) + _REDUCTION_BELOW_TAP
        axes.plot((left + _MARGIN, right - _MARGIN), (y, y), color=_FAINT, linestyle=_DASHES, linewidth=1, zorder=1)
        axes.text(-0.1, y - 0.02, "height and width ÷ 2", size=_SMALL, ha="right", va="bottom", color=_FAINT)


def _draw_skips(axes: Axes, layout: _Layout) -> None:
    for source, target in layout.skips:
        colour = _curve_colour(layout, source)
        start, end = layout.tap_y(source), layout.join_y(target)
        reach = _CURVE_START + _curve_reach(target - source)
        points = [(0, start), (_CURVE_START, start), (reach, start), (reach, end), (_CURVE_START, end)]
        codes = [Path.MOVETO, Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
        curve = PathPatch(Path(points, codes), fill=False, edgecolor=colour, linewidth=1, capstyle="butt", zorder=3)
        # The seam lets crossing curves be told from joining ones.
        curve.set_path_effects([withStroke(linewidth=1.8, foreground="white")])
        axes.add_patch(curve)
        axes.add_patch(Circle((0, start), _TAP_RADIUS, facecolor=_INK, edgecolor="none", zorder=5))


def _draw_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    style = {"arrowstyle": "-|>", "mutation_scale": 5, "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(start, end, **style, color=_INK, linewidth=1, zorder=4))


def _draw_legend(axes: Axes, layout: _Layout) -> None:
    """Explains colours and marks below the softmax."""
    centre = sum(axes.get_xlim()) / 2
    y = layout.box_y(layout.num_rows - 1) + _BOX_HEIGHT
    styles = {name: operation_style(name) for name in layout.operation_names}
    operations = [
        Patch(facecolor=style.colour, edgecolor=style.hatch_colour, hatch=style.hatch, label=name)
        for name, style in styles.items()
    ]
    sum_mark = Line2D([], [], linestyle="none", marker="$\\oplus$", markeredgewidth=0, color=_INK)
    sum_mark.set_label("adds the outputs of the stem or layers listed beside it")
    reduction_mark = Line2D([], [], linestyle=_DASHES, color=_FAINT)
    reduction_mark.set_label("factorized reduction of every output above")
    _add_legend(axes, operations, (centre, y), _LEGEND_COLUMNS)
    num_rows = math.ceil(len(operations) / _LEGEND_COLUMNS)
    _add_legend(axes, [sum_mark, reduction_mark], (centre, y + num_rows * _LEGEND_ROW_HEIGHT), num_columns=1)


def _add_legend(axes: Axes, handles: list, top_centre: tuple[float, float], num_columns: int) -> None:
    place = {"loc": "upper center", "bbox_to_anchor": top_centre, "bbox_transform": axes.transData}
    spacing = {"borderpad": 0, "borderaxespad": 0, "labelspacing": 0.6}
    labels = [handle.get_label() for handle in handles]
    axes.add_artist(
        Legend(axes, handles, labels, **place, **spacing, ncols=num_columns, fontsize=_SMALL, frameon=False)
    )


def _sources_text(layer: MacroLayer) -> str:
    """Lists what is added to a layer's output: the stem, or layers by number."""
    return "+ " + ", ".join("stem" if source == 0 else str(source - 1) for source in layer.sources)


def _curve_reach(num_rows: int) -> float:
    """How far the control points of a curve over so many rows lie from its ends; longer ones swing wider."""
    return 0.42 * num_rows**0.75


def _curve_colour(layout: _Layout, source: int) -> str | tuple[float, ...]:
    """The source's colour, darkened to stand on white; grey for the stem."""
    if source == 0:
        return _FAINT
    fill = operation_style(layout.space.operations[layout.layers[source - 1].operation]).colour
    return tuple(0.8 * channel for channel in to_rgb(fill))
