"""Draws an architecture of the macro space: a box for each layer, in the colour of its operation."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from enas_tf.reporting.drawing import RGB, draw_box, names_in_use, operation_style
from enas_tf.reporting.layered_drawing import FIXED_BOX_WIDTH, Layout, draw_layered
from enas_tf.search_space import MacroSpace


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
    layers = space.layers(space.validate(arc))
    operations = [space.operations[layer.operation] for layer in layers]

    def draw_layer(axes: Axes, i: int, y: float) -> None:
        draw_box(axes, (0, y), FIXED_BOX_WIDTH, operations[i], operation_style(operations[i]), number=str(i))

    names = names_in_use(space, (layer.operation for layer in layers))
    return draw_layered(Layout(space, layers), title, names, draw_layer, [*map(_curve_colour, operations)])


def _curve_colour(operation: str) -> RGB:
    """The operation's colour, darkened to stand on white."""
    red, green, blue = to_rgb(operation_style(operation).colour)
    return 0.8 * red, 0.8 * green, 0.8 * blue
