import re

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from enas_tf.reporting.drawing import contrasting_colour, figure_to_image, operation_style, save_drawing
from enas_tf.search_space import MACRO_OPERATIONS, MICRO_OPERATIONS


def test_original_operations_have_plain_colours_of_their_own():
    styles = [operation_style(name) for name in {*MACRO_OPERATIONS, *MICRO_OPERATIONS}]
    assert len({style.colour for style in styles}) == 7
    assert not any(style.hatch for style in styles)


def test_other_names_are_hatched_and_keep_their_look():
    style = operation_style("dropout_100")
    assert style == operation_style("dropout_100")
    assert style.hatch
    assert re.fullmatch("#[0-9A-F]{6}", style.colour)


@pytest.mark.parametrize("fill, text", [((1.0, 1.0, 1.0), "black"), ((0.0, 0.2, 0.5), "white")])
def test_text_contrasts_with_its_fill(fill, text):
    assert contrasting_colour(fill) == text


def test_both_files_are_written_repeatably_and_without_global_state(tmp_path):
    before = dict(matplotlib.rcParams)
    for name in ("arc_0.9", "again"):
        figure = Figure(figsize=(1, 1))
        figure.text(0.5, 0.5, "stem & 3")
        save_drawing(figure, tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.png", "again.svg", "arc_0.9.png", "arc_0.9.svg"]
    assert (tmp_path / "again.png").read_bytes().startswith(b"\x89PNG")
    assert "stem &amp; 3" in (tmp_path / "again.svg").read_text()
    assert (tmp_path / "again.svg").read_bytes() == (tmp_path / "arc_0.9.svg").read_bytes()
    assert dict(matplotlib.rcParams) == before


def test_image_has_the_figures_pixels():
    image = figure_to_image(Figure(figsize=(2, 1), dpi=50, facecolor=(1, 0, 0)))
    assert image.shape == (1, 50, 100, 4)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image[0, 10, 10], (255, 0, 0, 255))
