"""The drawing holds the architecture: boxes, sums, curves and reductions are found again in its elements."""

import numpy as np
import pytest

from enas_tf.errors import InputError
from enas_tf.reporting.drawing import save_drawing
from enas_tf.reporting.macro_drawing import draw_arc
from enas_tf.search_space import MACRO_OPERATIONS, MacroSpace
from tests.reporting.drawn import curves, extents, is_inside, texts

ARC = "5 2 1 5 1 0 0 1 0 1 2 1 1 0 1 5 0 0 0 0 1"


def test_boxes_name_layers_and_operations_from_stem_to_softmax():
    labels = texts(draw_arc(MacroSpace(6), MacroSpace(6).parse(ARC), "the title"))
    operations = [text for text in labels if text in MACRO_OPERATIONS]
    assert operations == ["max_pooling", "conv_5x5", "max_pooling", "conv_3x3", "conv_5x5", "max_pooling"]
    assert [text for text in labels if text.isdigit()] == list("012345")
    assert {"the title", "image", "stem: conv_3x3", "global average pool", "softmax"} <= set(labels)


def test_sums_list_their_sources():
    labels = texts(draw_arc(MacroSpace(6), MacroSpace(6).parse(ARC)))
    sums = [text for text in labels if text.startswith("+")]
    assert sums == ["+ stem", "+ stem", "+ stem, 1", "+ stem, 0, 2", "+ 3"]


@pytest.mark.parametrize("num_layers", [6, 12, 24])
def test_there_is_a_curve_for_each_skip_and_none_runs_through_a_box(num_layers):
    space = MacroSpace(num_layers)
    arc = space.uniform(np.random.default_rng(0), 1)[0]
    figure = draw_arc(space, arc)
    assert len(curves(figure)) == sum(len(layer.sources) for layer in space.layers(arc))
    names = [text for text in figure.axes[0].texts if text.get_text() in MACRO_OPERATIONS]
    box_centres = np.array([text.get_position()[1] for text in names])
    for vertices in curves(figure):
        beside_boxes = vertices[1:, 0]  # all but the start are right of the boxes (half width 0.875)
        assert beside_boxes.min() > 0.875
        assert np.abs(box_centres - vertices[0, 1]).min() > 0.13  # the start lies between two boxes


def test_longer_skips_swing_wider():
    space = MacroSpace(12)
    arc = space.uniform(np.random.default_rng(1), 1)[0]
    reaches = sorted((vertices[-1, 1] - vertices[0, 1], vertices[2, 0]) for vertices in curves(draw_arc(space, arc)))
    spans, widths = zip(*reaches, strict=True)
    correlation = np.corrcoef(spans, widths)[0, 1]
    assert correlation > 0.95


def test_without_skips_nothing_is_added():
    figure = draw_arc(MacroSpace(4), [0, 1, 0, 2, 0, 0, 3, 0, 0, 0])
    assert not curves(figure)
    assert not any(text.startswith("+") for text in texts(figure))


@pytest.mark.parametrize("num_layers, after", [(6, (1, 3)), (12, (3, 7)), (2, ())])
def test_reductions_lie_below_their_layers(num_layers, after):
    space = MacroSpace(num_layers)
    axes = draw_arc(space, [0] * space.arc_length).axes[0]
    number_y = {text.get_text(): text.get_position()[1] for text in axes.texts}
    marks = [text.get_position()[1] for text in axes.texts if "÷ 2" in text.get_text()]
    assert len(marks) == len(after)
    for layer, mark in zip(after, marks, strict=True):
        assert number_y[str(layer)] < mark < number_y[str(layer + 1)]


def test_poisoned_names_and_instances_share_colours_and_stand_once_in_the_legend(tmp_path):
    space = MacroSpace(3, (*MACRO_OPERATIONS, "identity", "identity", "stretched_conv_3x3_dilation_50"))
    figure = draw_arc(space, [6, 7, 0, 8, 0, 1])
    save_drawing(figure, tmp_path / "arc")
    svg = (tmp_path / "arc.svg").read_text()
    assert svg.count(">identity<") == 2 + 1
    assert svg.count(">stretched_conv_3x3_dilation_50<") == 1 + 1
    assert "max_pooling" not in svg


@pytest.mark.parametrize("num_layers", [6, 24])
def test_all_text_lies_within_the_figure(num_layers):
    space = MacroSpace(num_layers)
    figure = draw_arc(space, [1] * space.arc_length, "a title that is considerably wider than the drawing below it is")
    axes = figure.axes[0]
    assert all(is_inside(extent, figure.bbox) for extent in extents(figure, [*axes.artists, *axes.texts]))


def test_an_arc_of_another_space_is_refused():
    with pytest.raises(InputError, match="expected 21 integers for 6 layers"):
        draw_arc(MacroSpace(6), [0, 1, 1])
