"""What all drawings share: the look of an operation, the elements of a drawn architecture, and what becomes of figures.

Figures are made with matplotlib's object interface only; pyplot and its global state are never touched.
"""

import dataclasses
import hashlib
import math
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch, PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from enas_tf.reporting.results import PathLike, replacing
from enas_tf.search_space import SearchSpace

PRINT_DPI = 160

# Drawn architectures: lengths are inches of the saved figure, y grows downwards.
BOX_HEIGHT, NUMBER_WIDTH, SUM_RADIUS = 0.26, 0.27, 0.055
MARGIN = 0.15
# How far a curve's middle swings out, as a share of its reach.
CURVE_BULGE = 0.75
SMALL, NORMAL, LARGE = 6.5, 7.5, 9  # points
INK, FAINT = "#333333", "#8A8A8A"
_TITLE_HEIGHT, _LEGEND_ROW_HEIGHT, _LEGEND_COLUMNS, _MIN_WIDTH = 0.18, 0.17, 2, 4.1
_LARGE_CHARACTER = 0.095  # width to reserve
_NAME_ROOM = 111  # points of size times characters that fit in an inch of a box

Point = tuple[float, float]
RGB = tuple[float, float, float]  # red, green, blue, from 0 to 1

# The palette of Okabe and Ito, distinguishable with every common colour blindness.
_KNOWN_COLOURS = {
    "conv_3x3": "#56B4E9",
    "conv_5x5": "#0072B2",
    "separable_conv_3x3": "#E69F00",
    "separable_conv_5x5": "#D55E00",
    "average_pooling": "#009E73",
    "max_pooling": "#CC79A7",
    # Quiet, for it computes nothing.
    "identity": "#FFFFFF",
}
# Paul Tol's light scheme, for every other name.
_OTHER_COLOURS = ("#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#99DDFF", "#44BB99", "#BBCC33", "#AAAA00")
_OTHER_HATCHES = ("////", "\\\\\\\\", "....", "xxxx")


@dataclasses.dataclass(frozen=True)
class OperationStyle:
    """How an operation is drawn.

    Attributes:
      colour: Fill, as `#RRGGBB`.
      hatch: Matplotlib's hatch pattern, None for the operations of the original spaces.
    """

    colour: str
    hatch: str | None = None

    @property
    def text_colour(self) -> str:
        """Black or white, whichever reads better on the fill."""
        return contrasting_colour(to_rgb(self.colour))

    @property
    def hatch_colour(self) -> RGB:
        """A shade of the fill for the hatching."""
        red, green, blue = to_rgb(self.colour)
        return 0.75 * red, 0.75 * green, 0.75 * blue


def operation_style(name: str) -> OperationStyle:
    """Returns the look of an operation: the same in every figure and every run, for unknown names as well.

    The operations of the original have plain colours; all others are hatched, so they stand out as added.
    """
    if name in _KNOWN_COLOURS:
        return OperationStyle(_KNOWN_COLOURS[name])
    digest = hashlib.sha256(name.encode()).digest()
    return OperationStyle(
        _OTHER_COLOURS[digest[0] % len(_OTHER_COLOURS)], _OTHER_HATCHES[digest[1] % len(_OTHER_HATCHES)]
    )


def contrasting_colour(fill: tuple[float, ...]) -> str:
    """Returns black or white for text on a fill of the given red, green, blue (0 to 1)."""
    luminance = 0.299 * fill[0] + 0.587 * fill[1] + 0.114 * fill[2]
    return "black" if luminance > 0.45 else "white"


FIXED_STYLE = OperationStyle("#EDEDED")


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What a drawing needs room for."""

    left: float
    right: float
    top: float
    bottom: float


def names_in_use(space: SearchSpace, operations: Iterable[int]) -> list[str]:
    """Returns the names of operations, each once, in the order of the space."""
    return list(dict.fromkeys(space.operations[operation] for operation in sorted(set(operations))))


def frame_drawing(bounds: Bounds, title: str, names: Sequence[str], marks: Sequence[Line2D]) -> tuple[Figure, Axes]:
    """Makes a figure of its own size with title and legend around an empty drawing.

    Args:
      bounds: Of the drawing.
      title: Written above it, in one or more lines.
      names: Operations whose colours the legend explains.
      marks: What else it explains, each with its label.

    Returns:
      The figure, and axes whose data coordinates are inches.
    """
    title_lines = title.split("\n") if title else []
    top = bounds.top - MARGIN - _TITLE_HEIGHT * (len(title_lines) + 0.4)
    num_name_rows = math.ceil(len(names) / _LEGEND_COLUMNS)
    bottom = bounds.bottom + (num_name_rows + len(marks)) * _LEGEND_ROW_HEIGHT + MARGIN
    title_width = max((len(line) * _LARGE_CHARACTER for line in title_lines), default=0.0)
    drawing_width = bounds.right - bounds.left
    width = max(drawing_width, title_width + 2 * MARGIN, _MIN_WIDTH)
    left = bounds.left - (width - drawing_width) / 2
    figure = Figure(figsize=(width, bottom - top), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(left, left + width), ylim=(bottom, top))
    axes.set_axis_off()
    centre = left + width / 2
    axes.text(centre, top + MARGIN, title, size=LARGE, weight="bold", ha="center", va="top", color=INK)
    _add_legend(axes, [_colour_patch(name) for name in names], (centre, bounds.bottom), _LEGEND_COLUMNS)
    _add_legend(axes, marks, (centre, bounds.bottom + num_name_rows * _LEGEND_ROW_HEIGHT), num_columns=1)
    return figure, axes


def legend_mark(label: str, **look: Any) -> Line2D:
    """Returns an entry for the legend: a line or marker of some look, by `Line2D`'s arguments."""
    return Line2D([], [], label=label, **look)


def sum_mark(label: str) -> Line2D:
    """Returns the legend's entry for a sum."""
    return legend_mark(label, linestyle="none", marker="$\\oplus$", markeredgewidth=0, color=INK)


def _colour_patch(name: str) -> Patch:
    style = operation_style(name)
    edge: RGB | str = style.hatch_colour if style.hatch else INK
    return Patch(facecolor=style.colour, edgecolor=edge, linewidth=0.5, hatch=style.hatch, label=name)


def _add_legend(axes: Axes, handles: Sequence, top_centre: Point, num_columns: int) -> None:
    place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": top_centre, "bbox_transform": axes.transData}
    spacing: dict[str, Any] = {"borderpad": 0, "borderaxespad": 0, "labelspacing": 0.6}
    labels = [handle.get_label() for handle in handles]
    axes.add_artist(Legend(axes, handles, labels, **place, **spacing, ncols=num_columns, fontsize=SMALL, frameon=False))


def fitting_width(names: Iterable[str], numbered: bool = False) -> float:
    """Returns the width of boxes in which all names fit at normal size."""
    longest = max(map(len, names))
    return longest * NORMAL / _NAME_ROOM + BOX_HEIGHT / 2 + (NUMBER_WIDTH if numbered else 0.0)


def draw_box(
    axes: Axes, centre: Point, width: float, name: str, style: OperationStyle, number: str = "", number_side: int = -1
) -> None:
    """Draws a box with its name and, in a white field at one end, a number.

    Args:
      axes: Of `frame_drawing`.
      centre: Of the box.
      width: Of the box; a name that does not fit is written smaller.
      name: Written into the box.
      style: Its look.
      number: Written into the field; empty for no field.
      number_side: -1 for a field at the left end, 1 for the right.
    """
    x, y = centre
    _add_frames(axes, centre, width, style)
    size = min(NORMAL, _NAME_ROOM * (width - NUMBER_WIDTH) / len(name))
    text = axes.text(x, y, name, size=size, ha="center", va="center", color=style.text_colour, zorder=5)
    if style.hatch:
        text.set_bbox({"facecolor": style.colour, "edgecolor": "none", "pad": 1})
    if number:
        text.set_x(x - number_side * NUMBER_WIDTH / 2)
        draw_number(axes, (x + number_side * (width - NUMBER_WIDTH) / 2, y), number)


def draw_number(axes: Axes, centre: Point, number: str) -> None:
    """Draws a number in a white field."""
    _add_frames(axes, centre, NUMBER_WIDTH, OperationStyle("white"))
    axes.text(*centre, number, size=NORMAL, weight="bold", ha="center", va="center", color=INK, zorder=5)


def _add_frames(axes: Axes, centre: Point, width: float, style: OperationStyle) -> None:
    """Draws a box; the hatching is a frame of its own, for hatch and edge share their colour."""
    corner = (centre[0] - width / 2, centre[1] - BOX_HEIGHT / 2)
    frames: list[tuple[str, RGB | str, str | None]] = [("none" if style.hatch else style.colour, INK, None)]
    if style.hatch:
        frames.insert(0, (style.colour, style.hatch_colour, style.hatch))
    for fill, edge, hatch in frames:
        shape = f"round,pad=0,rounding_size={BOX_HEIGHT / 4}"
        frame = FancyBboxPatch(corner, width, BOX_HEIGHT, boxstyle=shape, fc=fill, ec=edge, hatch=hatch)
        frame.set(linewidth=0.8, zorder=4)
        axes.add_patch(frame)


def draw_sum(axes: Axes, centre: Point) -> None:
    """Draws the sign ⊕."""
    x, y = centre
    axes.add_patch(Circle(centre, SUM_RADIUS, facecolor="white", edgecolor=INK, linewidth=0.9, zorder=5))
    arm = 0.6 * SUM_RADIUS
    axes.plot((x - arm, x + arm), (y, y), color=INK, linewidth=0.9, zorder=6)
    axes.plot((x, x), (y - arm, y + arm), color=INK, linewidth=0.9, zorder=6)


def draw_arrow(axes: Axes, start: Point, end: Point, colour: str | RGB = INK) -> None:
    """Draws a straight arrow."""
    look: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 5, "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(start, end, **look, color=colour, linewidth=1, zorder=4))


def draw_curve(axes: Axes, start: Point, end: Point, reach: float, colour: str | RGB) -> None:
    """Draws a connection that goes sideways to the x of its end and from there swings out and back.

    Args:
      axes: Of `frame_drawing`.
      start: Where it leaves.
      end: Where it arrives.
      reach: How far the control points lie beyond the end, negative for the left.
      colour: Of the line.
    """
    (bend_x, end_y), start_y = end, start[1]
    points = [start, (bend_x, start_y), (bend_x + reach, start_y), (bend_x + reach, end_y), end]
    codes = [Path.MOVETO, Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    curve = PathPatch(Path(points, codes), fill=False, edgecolor=colour, linewidth=1, capstyle="butt", zorder=3)
    # The seam lets crossing curves be told from joining ones.
    curve.set_path_effects([withStroke(linewidth=1.8, foreground="white")])
    axes.add_patch(curve)


def save_drawing(figure: Figure, path_stem: PathLike) -> None:
    """Saves a figure as `path_stem.png` and `path_stem.svg`, each in one piece.

    Text stays text in the SVG, so it can be searched and edited, and equal figures give equal files.

    Args:
      figure: The figure.
      path_stem: Path without suffix, in a directory that exists.
    """
    stem = pathlib.Path(path_stem)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "enas_tf"}):
        for suffix, metadata in (("png", {}), ("svg", {"Date": None})):
            with replacing(stem.with_name(f"{stem.name}.{suffix}")) as file:
                figure.savefig(file, format=suffix, dpi=PRINT_DPI, metadata=metadata)


def figure_to_image(figure: Figure) -> np.ndarray:
    """Renders a figure for `tf.summary.image`.

    Returns:
      uint8 [1, height, width, 4], red, green, blue, alpha, in pixels of the figure's own resolution.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[np.newaxis]
