import numpy as np
import pytest

from enas_tf.reporting.confusion import draw_confusion
from enas_tf.reporting.drawing import figure_to_image


def test_a_picture_says_how_many_of_which_class_were_taken_for_which():
    figure = draw_confusion([[2, 1], [0, 7]], ["cat", r"$\dog$"], "test images")
    assert figure_to_image(figure).max() == 255
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["2", "1", "0", "7"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", r"\$\dog\$"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("taken for", "class")
    np.testing.assert_allclose(axes.images[0].get_array(), [[2 / 3, 1 / 3], [0, 1]])


@pytest.mark.parametrize("num_classes", [1, 21, 51])
def test_any_number_of_classes_is_drawn(num_classes):
    counts = np.zeros((num_classes, num_classes), int)  # no image of any class
    figure = draw_confusion(counts, [f"class {label}" for label in range(num_classes)], "")
    assert figure_to_image(figure).max() == 255
    assert len(figure.axes[0].texts) == (1 if num_classes == 1 else 0)
