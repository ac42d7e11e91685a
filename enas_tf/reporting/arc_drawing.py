"""Draws an architecture, whatever space it is of."""

import functools
from collections.abc import Sequence

from matplotlib.figure import Figure

from enas_tf.reporting import channel_drawing, macro_drawing, micro_drawing
from enas_tf.search_space import MacroChannelSpace, MacroSpace, MicroSpace, SearchSpace


@functools.singledispatch
def draw_arc(space: SearchSpace, arc: Sequence[int], title: str = "") -> Figure:
    """Draws an architecture in the manner of its space.

    Args:
      space: The search space, poisoned or not.
      arc: One of its architectures.
      title: Written above the drawing.

    Returns:
      A figure of its own size.

    Raises:
      InputError: If the arc does not belong to the space.
      TypeError: If nothing is known to draw architectures of such a space.
    """
    raise TypeError(f"expected a space with a drawing, received a {type(space).__name__}")


draw_arc.register(MacroSpace, macro_drawing.draw_arc)
draw_arc.register(MacroChannelSpace, channel_drawing.draw_arc)
draw_arc.register(MicroSpace, micro_drawing.draw_arc)
