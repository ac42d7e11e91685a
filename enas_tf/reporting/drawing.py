"""What all drawings share: the look of an operation, saving a figure, and a figure as an image tensor.

Figures are made with matplotlib's object interface only; pyplot and its global state are never touched.
"""

import dataclasses
import hashlib
import pathlib

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from enas_tf.reporting.results import PathLike, replacing

PRINT_DPI = 160

# The palette of Okabe and Ito, distinguishable with every common colour blindness.
_KNOWN_COLOURS = {
    "conv_3x3": "#56B4E9",
    "conv_5x5": "#0072B2",
    "separable_conv_3x3": "#E69F00",
    "separable_conv_5x5": "#D55E00",
    "average_pooling": "#009E73",
    "max_pooling": "#CC79A7",
}
# Paul Tol's light scheme, for every other name.
_OTHER_COLOURS = ("#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#99DDFF", "#44BB99", "#BBCC33", "#AAAA00")
_OTHER_HATCHES = ("////", "\\\\\\\\", "....", "xxxx")


@dataclasses.dataclass(frozen=True)
class OperationStyle:
    """How an operation is drawn.

    Attributes:
      colour: Fill, as `#RRGGBB`.
      hatch: Matplotlib's hatch pattern, None for the operations of the original space.
    """

    colour: str
    hatch: str | None = None

    @property
    def text_colour(self) -> str:
        """Black or white, whichever reads better on the fill."""
        return contrasting_colour(to_rgb(self.colour))

    @property
    def hatch_colour(self) -> tuple[float, ...]:
        """A shade of the fill for the hatching."""
        return tuple(0.75 * channel for channel in to_rgb(self.colour))


def operation_style(name: str) -> OperationStyle:
    """Returns the look of an operation: the same in every figure and every run, for unknown names as well.

    The six operations of the original have plain colours; all others are hatched, so they stand out as added.
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
