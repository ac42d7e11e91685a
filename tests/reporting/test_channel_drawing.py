"""The drawing holds the architecture: the bars and the ranges beside them."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from enas_tf.errors import InputError
from enas_tf.reporting.channel_drawing import draw_arc
from enas_tf.search_space import MACRO_OPERATIONS, MacroChannelSpace
from tests.reporting.drawn import curves, extents, is_inside, texts

SPACE = MacroChannelSpace(3, 8, ("conv_3x3", "max_pooling"))
ARC = SPACE.parse("0 3 4 4  7 1 2 2 1  5 2 0 7 1 0")


def _bars(figure):
    """Left end and width of each layer's bars, by turns the whole and its filled part."""
    rectangles = [patch for patch in figure.axes[0].patches if type(patch) is Rectangle]
    per_layer = 1 + 2 * len(SPACE.operations)  # the first is the layer's box
    bars = [bar for k, bar in enumerate(rectangles) if k % per_layer]
    return np.array([(bar.get_x(), bar.get_width()) for bar in bars]).reshape(-1, 2, 2)


def test_filled_parts_are_the_ranges():
    ranges = [pair for layer in SPACE.layers(ARC) for pair in layer.ranges]
    for (whole, part), (start, count) in zip(_bars(draw_arc(SPACE, ARC)), ranges, strict=True):
        np.testing.assert_allclose((part[0] - whole[0]) / whole[1], start / 8, atol=1e-6)
        np.testing.assert_allclose(part[1] / whole[1], count / 8)


def test_texts_name_operations_and_their_first_and_last_channels():
    labels = texts(draw_arc(SPACE, ARC, "the title"))
    assert [text for text in labels if "–" in text] == ["0–2", "4–7", "7–7", "2–3", "5–6", "0–6"]
    assert [text for text in labels if text in SPACE.operations] == list(SPACE.operations) * 3
    assert [text for text in labels if text.isdigit()] == list("012")
    assert [text for text in labels if text.startswith("+")] == ["+ stem", "+ stem"]
    assert {"the title", "image", "stem: conv_3x3", "global average pool", "softmax"} <= set(labels)


@pytest.mark.parametrize("num_layers", [2, 12])
def test_nothing_is_cut_off_and_no_curve_runs_through_a_box(num_layers):
    space = MacroChannelSpace(num_layers, 36, MACRO_OPERATIONS)
    arc = space.uniform(np.random.default_rng(0), 1)[0]
    figure = draw_arc(space, arc, "a title")
    axes = figure.axes[0]
    assert all(is_inside(extent, figure.bbox) for extent in extents(figure, [*axes.artists, *axes.texts]))
    assert len(curves(figure)) == sum(len(layer.sources) for layer in space.layers(arc))
    boxes = [patch for patch in axes.patches if type(patch) is Rectangle]
    right = max(box.get_x() + box.get_width() for box in boxes)
    assert all(vertices[1:, 0].min() > right for vertices in curves(figure))


def test_an_arc_of_another_space_is_refused():
    with pytest.raises(InputError, match="expected 15 integers for 3 layers of 2 ranges of channels"):
        draw_arc(SPACE, [0, 1, 1])
