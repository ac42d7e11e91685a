import numpy as np
import pytest

from enas_tf.reporting.drawing import figure_to_image
from enas_tf.reporting.policy_images import (
    SHARE,
    draw_input_probabilities,
    draw_operation_probabilities,
    draw_policy,
    draw_skip_probabilities,
)
from enas_tf.search_space import MacroChannelSpace, MacroSpace, MicroSpace
from tests.reporting.drawn import extents, is_inside, tick_labels

MACRO_FIGURES = ["operation_probabilities", "skip_probabilities"]
CHANNEL_FIGURES = ["start_probabilities", "count_probabilities", "skip_probabilities"]
MICRO_FIGURES = ["operation_probabilities", "input_probabilities"]


def labels(axis) -> list[str]:
    return [label.get_text() for label in axis.get_ticklabels()]


def cells(axes) -> dict[tuple[int, int], str]:
    """Numbers by (row, column)."""
    positions = ((text.get_position(), text.get_text()) for text in axes.texts)
    return {(row, column): number for (column, row), number in positions}


def test_operations_have_a_row_a_draw_and_instances_share_a_column():
    operations, draws = ("conv_3x3", "identity", "identity"), ("layer 0", "layer 1")
    figure = draw_operation_probabilities(operations, draws, np.array([[0.5, 0.25, 0.25], [0.0, 0.9, 0.1]]))
    axes = figure.axes[0]
    assert labels(axes.xaxis) == ["conv_3x3", "identity ×2"]
    assert labels(axes.yaxis) == ["layer 0", "layer 1"]
    assert cells(axes) == {(0, 0): ".50", (0, 1): ".50", (1, 0): ".00", (1, 1): "1.00"}
    np.testing.assert_allclose(axes.images[0].get_array(), [[0.5, 0.5], [0.0, 1.0]])
    assert len(figure.axes) == 2  # the second is the colour bar


def test_skips_are_a_triangle_of_sources():
    axes = draw_skip_probabilities(4, np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])).axes[0]
    assert labels(axes.yaxis) == ["layer 1", "layer 2", "layer 3"]
    assert labels(axes.xaxis) == ["stem", "layer 0", "layer 1"]
    assert cells(axes) == {(0, 0): ".10", (1, 0): ".20", (1, 1): ".30", (2, 0): ".40", (2, 1): ".50", (2, 2): ".60"}


def test_inputs_are_blank_where_no_entry_is_yet():
    probabilities = np.full((8, 3), 0.7)
    probabilities[4] = (0.9, 0.1, 0.0)
    axes = draw_input_probabilities(2, probabilities).axes[0]
    assert labels(axes.xaxis) == ["0: input", "1: input", "2: block 0"]
    assert labels(axes.yaxis) == [
        *("normal, block 0, 1st", "normal, block 0, 2nd", "normal, block 1, 1st", "normal, block 1, 2nd"),
        *("reduction, block 0, 1st", "reduction, block 0, 2nd", "reduction, block 1, 1st", "reduction, block 1, 2nd"),
    ]
    numbers = cells(axes)
    assert (numbers[4, 0], numbers[4, 1]) == (".90", ".10")
    assert {row for row, column in numbers if column == 2} == {2, 3, 6, 7}
    assert len(numbers) == 8 * 2 + 4


@pytest.mark.parametrize(
    "space, operations, connections, names",
    [
        (MacroSpace(2), (2, 6), (1,), MACRO_FIGURES),
        (MacroSpace(3), (3, 6), (3,), MACRO_FIGURES),
        (MacroSpace(24), (24, 6), (276,), MACRO_FIGURES),
        (MacroChannelSpace(3, 8), (36, 8), (3,), CHANNEL_FIGURES),
        (MicroSpace(1), (4, 5), (4, 2), MICRO_FIGURES),
        (MicroSpace(5), (20, 5), (20, 6), MICRO_FIGURES),
    ],
)
def test_each_space_has_its_figures_of_which_nothing_is_cut_off(space, operations, connections, names):
    figures = draw_policy(space, np.full(operations, 0.2), np.full(connections, 0.5))
    assert list(figures) == names
    for figure in figures.values():
        axes = figure.axes[0]
        labels_and_title = [*tick_labels(axes), axes.title]
        assert all(is_inside(extent, figure.bbox) for extent in extents(figure, labels_and_title))


@pytest.mark.parametrize(
    ("space", "operations", "connections", "names"),
    [
        (MacroSpace(3), (3, 6), (3,), ["operation_shares", "skip_shares"]),
        (MacroChannelSpace(3, 8), (36, 8), (3,), ["start_shares", "count_shares", "skip_shares"]),
        (MicroSpace(1), (4, 5), (4, 2), ["operation_shares", "input_shares"]),
    ],
)
def test_shares_of_a_population_are_named_so(space, operations, connections, names):
    figures = draw_policy(space, np.full(operations, 0.2), np.full(connections, 0.5), SHARE)
    assert list(figures) == names
    for figure in figures.values():
        assert figure.axes[0].get_title().endswith("share of the population")
        assert is_inside(*extents(figure, [figure.axes[0].title]), figure.bbox)


def test_rows_of_operations_are_named_by_what_draws_them():
    macro = draw_policy(MacroSpace(2), np.zeros((2, 6)), np.zeros(1))["operation_probabilities"]
    assert labels(macro.axes[0].yaxis) == ["layer 0", "layer 1"]
    micro = draw_policy(MicroSpace(1), np.zeros((4, 5)), np.zeros((4, 2)))["operation_probabilities"]
    cells_and_sides = [(cell, side) for cell in ("normal", "reduction") for side in ("1st", "2nd")]
    assert labels(micro.axes[0].yaxis) == [f"{cell}, block 0, {side}" for cell, side in cells_and_sides]


def test_ranges_of_channels_are_shown_as_starts_and_counts():
    space = MacroChannelSpace(2, 3, ("conv_3x3", "max_pooling"))
    policy = np.arange(8 * 3).reshape(8, 3) / 100
    figures = draw_policy(space, policy, np.zeros(1))
    starts, counts = (figures[f"{kind}_probabilities"].axes[0] for kind in ("start", "count"))
    rows = [f"layer {i}, {operation}" for i in range(2) for operation in space.operations]
    assert labels(starts.yaxis) == labels(counts.yaxis) == rows
    assert (labels(starts.xaxis), labels(counts.xaxis)) == (["0", "1", "2"], ["1", "2"])
    np.testing.assert_array_equal(starts.images[0].get_array(), policy[::2])
    np.testing.assert_array_equal(counts.images[0].get_array(), policy[1::2, :2])
    assert counts.images[0].get_clim() == (0, 0.22)


def test_an_unknown_space_is_refused():
    with pytest.raises(TypeError, match="received a str"):
        draw_policy("macro", np.zeros((1, 1)), np.zeros(0))


@pytest.mark.parametrize("num_layers", [1, 2, 24])
def test_any_depth_becomes_an_image(num_layers):
    image = figure_to_image(draw_skip_probabilities(num_layers, np.full(num_layers * (num_layers - 1) // 2, 0.5)))
    assert image.dtype == np.uint8
    assert image.ndim == 4
