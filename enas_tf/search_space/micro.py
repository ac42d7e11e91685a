"""The micro space: two cells, of which a network of any depth is stacked.

Reference: ENAS (Pham et al., 2018), section 2.4.
"""

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

from enas_tf.search_space.place import PlaceKind
from enas_tf.search_space.space import Arc, SearchSpace, Size

MICRO_OPERATIONS = (
    "separable_conv_3x3",
    "separable_conv_5x5",
    "average_pooling",
    "max_pooling",
    "identity",
)

# In the order of an arc.
CELL_NAMES = ("normal", "reduction")
# The outputs of the two cells before come first in a cell's list of entries.
NUM_CELL_INPUTS = 2


@dataclasses.dataclass(frozen=True)
class Block:
    """One block of a cell: the sum of two operations, each on an entry of the cell's list.

    Attributes:
      index_1: Entry the first operation is applied to: 0 and 1 are the cell's inputs, b + 2 is the output of block b.
      operation_1: Index into the space's operations.
      index_2: Entry the second operation is applied to.
      operation_2: Index into the space's operations.
    """

    index_1: int
    operation_1: int
    index_2: int
    operation_2: int


# Integers of an arc that one block takes; their order is that of the fields.
_BLOCK_FIELDS = tuple(field.name for field in dataclasses.fields(Block))
_BLOCK_LENGTH = len(_BLOCK_FIELDS)


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a micro arc.

    Attributes:
      blocks: In order; block b is entry b + 2 of the cell's list, after the two inputs.
    """

    blocks: tuple[Block, ...]

    @property
    def unused(self) -> tuple[int, ...]:
        """Entries that no block takes as input, inputs of the cell included: together they are its output."""
        used = {index for block in self.blocks for index in (block.index_1, block.index_2)}
        return tuple(entry for entry in range(NUM_CELL_INPUTS + len(self.blocks)) if entry not in used)


@dataclasses.dataclass(frozen=True)
class MicroSpace(SearchSpace):
    """The micro space: a normal and a reduction cell of blocks `[index_1, operation_1, index_2, operation_2]` each.

    Attributes:
      num_blocks: Blocks in each cell, `--child_num_cells`.
      operations: As `SearchSpace` describes.
      num_poisoned: Likewise.
    """

    num_blocks: int = 5
    operations: tuple[str, ...] = MICRO_OPERATIONS
    num_poisoned: int = 0
    connection_kind: ClassVar[PlaceKind] = PlaceKind.INPUT

    @property
    def arc_length(self) -> int:
        """Integers in one arc: four for each block of both cells."""
        return len(CELL_NAMES) * self._cell_length

    @property
    def num_options(self) -> tuple[int, ...]:
        """As many as there are operations, or the entries that stand before the block."""
        num_operations = len(self.operations)
        entries = range(NUM_CELL_INPUTS, NUM_CELL_INPUTS + self.num_blocks)
        return tuple(count for n in entries for count in (n, num_operations, n, num_operations)) * len(CELL_NAMES)

    @property
    def operation_positions(self) -> tuple[int, ...]:
        """Two for each block of both cells."""
        cells = range(len(CELL_NAMES))
        blocks = (self.block_positions(cell, block) for cell in cells for block in range(self.num_blocks))
        return tuple(position for at in blocks for position in (at.operation_1, at.operation_2))

    def block_positions(self, cell: int, block: int) -> Block:
        """Where the integers of a block stand in the arc.

        Args:
          cell: 0 for the normal, 1 for the reduction cell.
          block: Counted within the cell.

        Returns:
          A block whose every field holds the field's position.
        """
        offset = cell * self._cell_length + block * _BLOCK_LENGTH
        return Block(*range(offset, offset + _BLOCK_LENGTH))

    def cells(self, arc: Sequence[int]) -> tuple[Cell, Cell]:
        """Cuts an arc into its normal and its reduction cell."""
        normal, reduction = (Cell(_blocks(part)) for part in self._cut(arc))
        return normal, reduction

    @property
    def _cell_length(self) -> int:
        return self.num_blocks * _BLOCK_LENGTH

    def _cut(self, arc: Sequence[int]) -> list[Sequence[int]]:
        return [arc[: self._cell_length], arc[self._cell_length :]]

    @staticmethod
    def num_blocks_of(arc_length: int) -> int | None:
        """How many blocks the cells of arcs of some length have; None if no micro arc is so long."""
        num_blocks, rest = divmod(arc_length, len(CELL_NAMES) * _BLOCK_LENGTH)
        return None if rest or not num_blocks else num_blocks

    def _size_of(self, arc_length: int) -> Size | None:
        num_blocks = self.num_blocks_of(arc_length)
        cells = f"a normal and a reduction cell of {num_blocks} blocks"
        return Size(cells, f"--child_num_cells={num_blocks}") if num_blocks else None

    def _fault(self, arc: Arc, position: int) -> tuple[str, str, object]:
        cell, place = divmod(position, self._cell_length)
        block, field = divmod(place, _BLOCK_LENGTH)
        name = _BLOCK_FIELDS[field]
        last = self.num_options[position] - 1
        expected = f"an entry in 0..{last}" if name.startswith("index") else self._known_operations()
        return f"{CELL_NAMES[cell]} cell, block {block}, {name}", expected, arc[position]


def _blocks(cell_arc: Sequence[int]) -> tuple[Block, ...]:
    starts = range(0, len(cell_arc), _BLOCK_LENGTH)
    return tuple(Block(*map(int, cell_arc[start : start + _BLOCK_LENGTH])) for start in starts)
