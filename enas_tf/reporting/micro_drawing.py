"""Draws an architecture of the micro space: its normal and its reduction cell side by side.

A cell can be rebuilt from the picture alone. White fields hold entries of the cell's list: one field at each input and
below each sum says which entry it is, the field of an operation says which entry it takes. The same stands as curves,
from an entry to the operations that take it: those on the left are the first of their block, those on the right the
second. Blocks follow one another from top to bottom, so that no curve has to pass a box, whatever the cell.
"""

import dataclasses
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from enas_tf.reporting.drawing import (
    BOX_HEIGHT,
    CURVE_BULGE,
    FAINT,
    FIXED_STYLE,
    INK,
    LARGE,
    MARGIN,
    SMALL,
    SUM_RADIUS,
    Bounds,
    draw_arrow,
    draw_box,
    draw_curve,
    draw_number,
    draw_sum,
    fitting_width,
    frame_drawing,
    legend_mark,
    names_in_use,
    operation_style,
    sum_mark,
)
from enas_tf.search_space import CELL_NAMES, NUM_CELL_INPUTS, Block, Cell, MicroSpace

# Lengths are inches of the saved figure; y grows downwards.
_LEFT, _RIGHT = -1, 1
_INPUT_WIDTH, _GUTTER = 1.0, 0.56
_INPUT_GAP, _ROW_GAP = 0.2, 0.44
_ENTRY_BELOW_BOX, _BLOCK_NAME_ABOVE_SUM = 0.2, 0.08
_ARROW = 0.12
_CELL_NAME_HEIGHT, _CELL_GAP = 0.3, 0.15
# Dark and in turn, so that the curves of neighbouring entries can be told apart where they cross.
_ENTRY_COLOURS = (INK, "#2F6DB5", "#9C5A2B", "#7A4E9E")


@dataclasses.dataclass(frozen=True)
class _Connection:
    """A way from an entry to a row, on one side of the cell."""

    entry: int
    row: int
    side: int


@dataclasses.dataclass(frozen=True)
class _Layout:
    """Where the things of a cell stand: row k is entry k of its list, the row after them the concatenation.

    Attributes:
      cell: What is drawn.
      operations: Names of the space's operations.
      box_width: Of the operations.
      axis: The x of inputs, sums and concatenation.
    """

    cell: Cell
    operations: Sequence[str]
    box_width: float
    axis: float = 0.0

    @property
    def output_row(self) -> int:
        return NUM_CELL_INPUTS + len(self.cell.blocks)

    @property
    def blocks(self) -> Iterator[tuple[int, Block]]:
        """The blocks by row."""
        return enumerate(self.cell.blocks, start=NUM_CELL_INPUTS)

    @property
    def operation_connections(self) -> list[_Connection]:
        return [_Connection(entry, row, side) for row, block in self.blocks for side, _, entry in _operations(block)]

    @property
    def output_connections(self) -> list[_Connection]:
        """To the concatenation, on both sides in turn; the last block, which no other can take, stands right above."""
        *distant, _ = self.cell.unused
        return [_Connection(entry, self.output_row, (_LEFT, _RIGHT)[i % 2]) for i, entry in enumerate(distant)]

    @property
    def half_width(self) -> float:
        """From the axis to the cell's end on either side."""
        connections = self.operation_connections + self.output_connections
        widest = max(_curve_reach(connection) for connection in connections)
        return self.curve_start + CURVE_BULGE * widest + MARGIN

    @property
    def curve_start(self) -> float:
        """Distance from the axis at which curves begin and end, beside the boxes."""
        return _GUTTER / 2 + self.box_width + _ARROW

    @property
    def output_name(self) -> str:
        return "concat " + ", ".join(map(str, self.cell.unused))

    @property
    def output_width(self) -> float:
        """Of the concatenation, which leaves room for the arrows into its sides."""
        return min(fitting_width([self.output_name], numbered=True), 2 * (self.curve_start - 2 * _ARROW))

    def box_y(self, row: int) -> float:
        """Centre of a row's boxes."""
        num_input_gaps = min(row, NUM_CELL_INPUTS - 1)
        return row * BOX_HEIGHT + num_input_gaps * _INPUT_GAP + (row - num_input_gaps) * _ROW_GAP

    def entry_y(self, entry: int) -> float:
        """Where connections leave an entry: at the height of an input, below the boxes of a block."""
        is_input = entry < NUM_CELL_INPUTS
        return self.box_y(entry) + (0.0 if is_input else BOX_HEIGHT / 2 + _ENTRY_BELOW_BOX)


def draw_arc(space: MicroSpace, arc: Sequence[int], title: str = "") -> Figure:
    """Draws an architecture.

    Args:
      space: The micro space, poisoned or not.
      arc: One of its architectures.
      title: Written above the drawing.

    Returns:
      A figure of its own size, some three quarters of an inch a block high.

    Raises:
      InputError: If the arc does not belong to the space.
    """
    cells = space.cells(space.validate(arc))
    used = [operation for cell in cells for block in cell.blocks for _, operation, _ in _operations(block)]
    names = names_in_use(space, used)
    width = fitting_width(names, numbered=True)
    normal, reduction = (_Layout(cell, space.operations, width) for cell in cells)
    reduction = dataclasses.replace(reduction, axis=normal.half_width + _CELL_GAP + reduction.half_width)
    bounds = Bounds(
        left=-normal.half_width,
        right=reduction.axis + reduction.half_width,
        top=-BOX_HEIGHT - _CELL_NAME_HEIGHT,
        bottom=normal.box_y(normal.output_row) + 2.5 * BOX_HEIGHT,
    )
    figure, axes = frame_drawing(bounds, title, names, _legend_marks())
    for name, layout in zip(CELL_NAMES, (normal, reduction), strict=True):
        _draw_cell(axes, layout, f"{name} cell")
    return figure


def _legend_marks() -> list[Line2D]:
    look = {"linestyle": "none", "marker": "s", "markerfacecolor": "white", "markeredgecolor": INK}
    return [
        sum_mark("adds what the two operations of a block give"),
        legend_mark(
            "number of an entry: at an input or a sum its own, at an operation that of the entry it takes", **look
        ),
        legend_mark("entries that no operation takes are concatenated", color=FAINT),
    ]


def _draw_cell(axes: Axes, layout: _Layout, name: str) -> None:
    axes.text(layout.axis, -BOX_HEIGHT - MARGIN, name, size=LARGE, ha="center", va="center", color=INK)
    for connection in layout.operation_connections:
        colour = _ENTRY_COLOURS[_turn(connection.entry)]
        _draw_connection(axes, layout, connection, layout.box_width + _GUTTER / 2, colour)
    for connection in layout.output_connections:
        _draw_connection(axes, layout, connection, layout.output_width / 2, FAINT)
    for entry in range(NUM_CELL_INPUTS):
        draw_box(axes, (layout.axis, layout.box_y(entry)), _INPUT_WIDTH, "input", FIXED_STYLE, number=str(entry))
    for row, block in layout.blocks:
        _draw_block(axes, layout, row, block)
    _draw_output(axes, layout)


def _draw_connection(axes: Axes, layout: _Layout, connection: _Connection, end: float, colour: str) -> None:
    """Draws a curve to the side of a row's box that ends so far from the axis."""
    side, y = connection.side, layout.box_y(connection.row)
    bend = layout.axis + side * layout.curve_start
    start = (layout.axis, layout.entry_y(connection.entry))
    draw_curve(axes, start, (bend, y), side * _curve_reach(connection), colour)
    draw_arrow(axes, (bend, y), (layout.axis + side * end, y), colour)


def _draw_block(axes: Axes, layout: _Layout, row: int, block: Block) -> None:
    """Draws two operations, their sum between them, and below it the entry that the sum is."""
    x, y = layout.axis, layout.box_y(row)
    for side, operation, entry in _operations(block):
        centre = (x + side * (_GUTTER + layout.box_width) / 2, y)
        name = layout.operations[operation]
        draw_box(axes, centre, layout.box_width, name, operation_style(name), str(entry), number_side=side)
        draw_arrow(axes, (x + side * _GUTTER / 2, y), (x + side * SUM_RADIUS, y))
    name = f"block {row - NUM_CELL_INPUTS}"
    axes.text(x, y - _BLOCK_NAME_ABOVE_SUM, name, size=SMALL, ha="center", va="bottom", color=INK)
    draw_sum(axes, (x, y))
    entry_y = layout.entry_y(row)
    draw_arrow(axes, (x, y + SUM_RADIUS), (x, entry_y - BOX_HEIGHT / 2))
    draw_number(axes, (x, entry_y), str(row))


def _draw_output(axes: Axes, layout: _Layout) -> None:
    """Draws the concatenation, with the entries it takes, and the way out of the cell."""
    x, y, half = layout.axis, layout.box_y(layout.output_row), BOX_HEIGHT / 2
    last_entry_y = layout.entry_y(layout.output_row - 1)
    draw_arrow(axes, (x, last_entry_y + half), (x, y - half), FAINT)
    draw_box(axes, (x, y), layout.output_width, layout.output_name, FIXED_STYLE)
    draw_arrow(axes, (x, y + half), (x, y + half + _ROW_GAP / 2))
    axes.text(x, y + half + _ROW_GAP / 2 + 0.02, "output", size=SMALL, ha="center", va="top", color=INK)


def _operations(block: Block) -> tuple[tuple[int, int, int], ...]:
    """The operations of a block: side, index of the operation, and entry it takes."""
    return (_LEFT, block.operation_1, block.index_1), (_RIGHT, block.operation_2, block.index_2)


def _turn(entry: int) -> int:
    """Counts entries round the colours."""
    return entry % len(_ENTRY_COLOURS)


def _curve_reach(connection: _Connection) -> float:
    """How far the control points of a curve lie from its ends; those over more rows swing wider.

    Each colour swings a little wider than the one before, lest curves over equally many rows run into one another.
    """
    return (0.24 + 0.02 * _turn(connection.entry)) * (connection.row - connection.entry) ** 0.75
