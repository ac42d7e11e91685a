"""Each cell is rebuilt from its drawing: from numbers and names in boxes, and again from the curves between them."""

import itertools
from typing import NamedTuple

import numpy as np
import pytest
from matplotlib.figure import Figure

from enas_tf.errors import InputError
from enas_tf.reporting.drawing import save_drawing
from enas_tf.reporting.micro_drawing import draw_arc
from enas_tf.search_space import MICRO_OPERATIONS, MicroSpace
from tests.reporting.drawn import boxes, curve_paths, curves, extents, is_inside, texts

PUBLISHED = "0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1 1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1"
LEFT, RIGHT = -1, 1


def random_arc(num_blocks: int, seed: int) -> list[int]:
    return MicroSpace(num_blocks).uniform(np.random.default_rng(seed), 1)[0].tolist()


ARCS = {
    "published": [int(number) for number in PUBLISHED.split()],
    "chain": [number for b in range(5) for number in (b + 1, b % 5, b + 1, 4)] * 2,
    "all from one": [0, 0, 0, 4] * 14,
    "random": random_arc(5, 0),
    "two blocks": random_arc(2, 1),
    "seven blocks": random_arc(7, 2),
}
each_arc = pytest.mark.parametrize("arc", ARCS.values(), ids=ARCS.keys())


class Label(NamedTuple):
    """A text, where x is counted from the cell's axis."""

    y: float
    x: float
    text: str


class Picture(NamedTuple):
    """The drawing of one cell; curves are (start y, end y, side of the axis)."""

    labels: list[Label]
    curves: list[tuple[float, float, int]]

    @property
    def operation_heights(self) -> list[float]:
        return sorted({label.y for label in self.labels if label.text in MICRO_OPERATIONS})

    @property
    def concat(self) -> Label:
        (label,) = (label for label in self.labels if label.text.startswith("concat "))
        return label

    @property
    def entry_at(self) -> dict[float, int]:
        """Entries by their height; the fields of operations are farther from the axis."""
        return {label.y: int(label.text) for label in self.labels if label.text.isdigit() and abs(label.x) < 0.6}


def pictures(figure: Figure) -> list[Picture]:
    """What is drawn of the normal and of the reduction cell."""
    all_texts = figure.axes[0].texts
    names = ("normal cell", "reduction cell")
    cell_axes = [text.get_position()[0] for name in names for text in all_texts if text.get_text() == name]
    reach = (cell_axes[1] - cell_axes[0]) / 2
    places = [(*text.get_position(), text.get_text()) for text in all_texts]
    return [
        Picture(
            sorted(Label(round(y, 4), x - axis, text) for x, y, text in places if abs(x - axis) < reach),
            [
                (round(start[1], 4), round(end[1], 4), RIGHT if end[0] > axis else LEFT)
                for start, *_, end in curves(figure)
                if start[0] == axis
            ],
        )
        for axis in cell_axes
    ]


@each_arc
def test_boxes_hold_the_arc(arc):
    space, rebuilt = MicroSpace(len(arc) // 8), []
    for picture in pictures(draw_arc(space, arc)):
        for y in picture.operation_heights:
            index_1, name_1, name_2, index_2 = (label.text for label in picture.labels if label.y == y)
            rebuilt += [int(index_1), space.operations.index(name_1), int(index_2), space.operations.index(name_2)]
    assert rebuilt == arc


@each_arc
def test_curves_lead_from_entries_to_what_takes_them(arc):
    space = MicroSpace(len(arc) // 8)
    for cell, picture in zip(space.cells(arc), pictures(draw_arc(space, arc)), strict=True):
        taken = {(end, side): picture.entry_at[start] for start, end, side in picture.curves}
        inputs = [(taken[y, LEFT], taken[y, RIGHT]) for y in picture.operation_heights]
        assert inputs == [(block.index_1, block.index_2) for block in cell.blocks]
        concatenated = [picture.entry_at[start] for start, end, _ in picture.curves if end == picture.concat.y]
        assert [*concatenated, max(picture.entry_at.values())] == list(cell.unused)
        assert picture.concat.text == "concat " + ", ".join(map(str, cell.unused))
        assert len(picture.curves) == 2 * space.num_blocks + len(concatenated)


@each_arc
def test_no_curve_runs_through_a_box(arc):
    figure = draw_arc(MicroSpace(len(arc) // 8), arc)
    frames = boxes(figure)
    for curve in curve_paths(figure):
        (source,) = (frame for frame in frames if frame.contains(*curve.vertices[0]))
        others = [frame for frame in frames if not is_inside(frame, source)]
        assert not any(curve.intersects_bbox(frame, filled=False) for frame in others)


@each_arc
def test_every_text_can_be_read(arc):
    figure = draw_arc(MicroSpace(len(arc) // 8), arc, "a title")
    axes = figure.axes[0]
    places = extents(figure, [*axes.texts, *axes.artists])
    assert all(is_inside(place, figure.bbox) for place in places)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(places, 2))
    frames = boxes(figure)
    for text, place in zip(axes.texts, places, strict=False):
        if text.get_text() in MICRO_OPERATIONS or text.get_text().startswith("concat"):
            assert any(is_inside(place, frame) for frame in frames)
        assert text.get_size() >= 6.5


def test_blocks_are_numbered_in_both_cells():
    labels = texts(draw_arc(MicroSpace(), ARCS["published"], "the title"))
    assert [label for label in labels if label.startswith("block")] == [f"block {b}" for b in range(5)] * 2
    assert {"the title", "normal cell", "reduction cell", "output"} <= set(labels)


def test_many_unused_entries_still_fit_into_their_box():
    figure = draw_arc(MicroSpace(12), [0] * 96)
    places = extents(figure, figure.axes[0].texts)
    concats = [place for place, text in zip(places, texts(figure), strict=True) if text.startswith("concat")]
    assert all(any(is_inside(concat, box) for box in boxes(figure)) for concat in concats)


def test_poisoned_names_and_instances_stand_once_in_the_legend(tmp_path):
    long_name = "stretched_conv_3x3_dilation_50"
    space = MicroSpace(1, (*MICRO_OPERATIONS, long_name, "identity"))
    figure = draw_arc(space, [0, 5, 1, 4, 0, 6, 1, 4])
    save_drawing(figure, tmp_path / "arc")
    svg = (tmp_path / "arc.svg").read_text()
    assert svg.count(">identity<") == 3 + 1
    assert svg.count(f">{long_name}<") == 1 + 1
    assert "max_pooling" not in svg


def test_an_arc_of_another_space_is_refused():
    with pytest.raises(InputError, match="expected 40 integers for a normal and a reduction cell of 5 blocks"):
        draw_arc(MicroSpace(), [0, 1, 1])
