"""Reads figures: what stands where in them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def curves(figure: Figure) -> list[np.ndarray]:
    """Vertices of all curves, [points, (x, y)]: start, bend, two control points, end."""
    return [patch.get_path().vertices for patch in _curve_patches(figure)]


def curve_paths(figure: Figure) -> list[Path]:
    """All curves, as broken lines in pixels."""
    to_pixels = figure.axes[0].transData
    return [Path(patch.get_path().to_polygons(to_pixels, closed_only=False)[0]) for patch in _curve_patches(figure)]


def boxes(figure: Figure) -> list[Bbox]:
    """All boxes and fields, in pixels."""
    return extents(figure, [patch for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)])


def extents(figure: Figure, artists: Sequence[Artist]) -> list[Bbox]:
    """What artists cover, in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # lays the figure out
    return [artist.get_window_extent(canvas.get_renderer()) for artist in artists]


def tick_labels(axes: Axes) -> list[Text]:
    return [*axes.get_xticklabels(), *axes.get_yticklabels()]


def is_inside(inner: Bbox, outer: Bbox) -> bool:
    return bool((inner.min >= outer.min).all() and (inner.max <= outer.max).all())


def _curve_patches(figure: Figure) -> list[PathPatch]:
    return [patch for patch in figure.axes[0].patches if type(patch) is PathPatch and not patch.get_fill()]
