import numpy as np
import pytest

from enas_tf.reporting.drawing import figure_to_image
from enas_tf.reporting.policy_images import draw_operation_probabilities, draw_skip_probabilities


def labels(axis) -> list[str]:
    return [label.get_text() for label in axis.get_ticklabels()]


def cells(axes) -> dict[tuple[int, int], str]:
    """Numbers by (row, column)."""
    positions = ((text.get_position(), text.get_text()) for text in axes.texts)
    return {(row, column): number for (column, row), number in positions}


def test_operations_have_a_row_a_layer_and_instances_share_a_column():
    operations = ("conv_3x3", "identity", "identity")
    figure = draw_operation_probabilities(operations, np.array([[0.5, 0.25, 0.25], [0.0, 0.9, 0.1]]))
    axes = figure.axes[0]
    assert labels(axes.xaxis) == ["conv_3x3", "identity ×2"]
    assert labels(axes.yaxis) == ["layer 0", "layer 1"]
    assert cells(axes) == {(0, 0): ".50", (0, 1): ".50", (1, 0): ".00", (1, 1): "1.00"}
    np.testing.assert_allclose(axes.images[0].get_array(), [[0.5, 0.5], [0.0, 1.0]])
    assert len(figure.axes) == 2  # the second is the colour bar


def test_skips_are_a_triangle_of_sources():
    probabilities = np.full((4, 4), 7.0)  # entries that stand for no bit are not read
    probabilities[np.tril_indices(4, -1)] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    axes = draw_skip_probabilities(probabilities).axes[0]
    assert labels(axes.yaxis) == ["layer 1", "layer 2", "layer 3"]
    assert labels(axes.xaxis) == ["stem", "layer 0", "layer 1"]
    assert cells(axes) == {(0, 0): ".10", (1, 0): ".20", (1, 1): ".30", (2, 0): ".40", (2, 1): ".50", (2, 2): ".60"}


@pytest.mark.parametrize("num_layers", [1, 2, 24])
def test_any_depth_becomes_an_image(num_layers):
    image = figure_to_image(draw_skip_probabilities(np.full((num_layers, num_layers), 0.5)))
    assert image.dtype == np.uint8
    assert image.ndim == 4
