import numpy as np
import pytest

from enas_tf.errors import InputError
from enas_tf.search_space import MICRO_OPERATIONS, Block, Cell, MicroSpace

# The final network of the paper, as the original's script writes it.
NORMAL = "0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1"
REDUCTION = "1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1"
TWO_BLOCKS = (0, 1, 1, 4, 2, 0, 0, 3, 1, 2, 1, 2, 0, 0, 1, 1)


def test_arc_length_is_four_integers_a_block_of_two_cells():
    assert [MicroSpace(num_blocks).arc_length for num_blocks in (1, 2, 5)] == [8, 16, 40]
    assert MicroSpace().operations == MICRO_OPERATIONS


def test_each_block_may_choose_one_more_entry_than_the_one_before():
    cell = (2, 5, 2, 5, 3, 5, 3, 5)
    assert MicroSpace(2).num_options == cell + cell


def test_an_arc_is_cut_into_a_normal_and_a_reduction_cell():
    normal, reduction = MicroSpace(2).cells(TWO_BLOCKS)
    assert normal == Cell((Block(0, 1, 1, 4), Block(2, 0, 0, 3)))
    assert reduction.blocks[1] == Block(index_1=0, operation_1=0, index_2=1, operation_2=1)


def test_blocks_of_a_drawn_arc_are_python_integers():
    block = MicroSpace(2).cells(np.array(TWO_BLOCKS, np.int32))[0].blocks[1]
    assert {type(value) for value in vars(block).values()} == {int}


def test_positions_of_a_block_hold_its_integers():
    space = MicroSpace(2)
    for c, cell in enumerate(space.cells(TWO_BLOCKS)):
        for b, block in enumerate(cell.blocks):
            at = space.block_positions(c, b)
            assert Block(*(TWO_BLOCKS[position] for position in vars(at).values())) == block
    assert space.block_positions(1, 0).operation_1 == 9


def test_unused_entries_are_those_never_chosen_in_order():
    normal, reduction = MicroSpace(2).cells(TWO_BLOCKS)
    assert normal.unused == (3,)
    assert reduction.unused == (2, 3)
    script_normal, script_reduction = MicroSpace().cells(MicroSpace().parse(f"{NORMAL} {REDUCTION}"))
    assert script_normal.unused == (2, 3, 4, 5, 6)
    assert script_reduction.unused == (2, 4, 5, 6)
    assert Cell((Block(1, 0, 1, 0),)).unused == (0, 2)  # an input of the cell that no block takes


def test_parses_both_cells_after_one_another_and_writes_them_again():
    space = MicroSpace()
    arc = space.parse(f"{NORMAL}\n  {REDUCTION}\n")
    assert arc[:4] == (0, 2, 0, 0)
    assert arc[20:24] == (1, 0, 1, 0)
    assert space.format(np.array(arc, np.int32)) == f"{NORMAL} {REDUCTION}"


def test_cells_are_written_as_the_original_prints_them():
    space = MicroSpace()
    arc = np.array(space.parse(f"{NORMAL} {REDUCTION}"))
    assert space.format_layers(arc) == [str(arc[:20]), str(arc[20:])] == [f"[{NORMAL}]", f"[{REDUCTION}]"]


def test_an_arc_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(InputError) as error:
        MicroSpace(5).parse(" ".join(map(str, TWO_BLOCKS)), what="--child_fixed_arc")
    assert error.value.what == "--child_fixed_arc"
    assert error.value.expected == "40 integers for a normal and a reduction cell of 5 blocks"
    size = "a normal and a reduction cell of 2 blocks: --child_num_cells=2 would fit"
    assert error.value.received == f"16 integers (an arc of {size})"


@pytest.mark.parametrize("text", [NORMAL, ""])
def test_a_length_that_no_space_has_is_refused_without_a_hint(text):
    with pytest.raises(InputError, match=rf"expected 40 integers .*, received {len(text.split())} integers$"):
        MicroSpace().parse(text)


@pytest.mark.parametrize(
    ("position", "value", "message"),
    [
        (0, 2, "normal cell, block 0, index_1: expected an entry in 0..1, received 2"),
        (6, 3, "normal cell, block 1, index_2: expected an entry in 0..2, received 3"),
        (7, 5, "normal cell, block 1, operation_2: expected an operation in 0..4, received 5"),
        (9, -1, "reduction cell, block 0, operation_1: expected an operation in 0..4, received -1"),
        (12, -1, "reduction cell, block 1, index_1: expected an entry in 0..2, received -1"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_place(position, value, message):
    arc = list(TWO_BLOCKS)
    arc[position] = value
    with pytest.raises(InputError) as error:
        MicroSpace(2).validate(arc, what="arc.txt")
    assert str(error.value) == f"arc.txt, {message}"


def test_every_position_is_drawn_uniformly_over_its_options():
    space = MicroSpace(3, MICRO_OPERATIONS[:4])
    arcs = space.uniform(np.random.default_rng(0), 6000)
    assert arcs.shape == (6000, 24)
    assert arcs.dtype == np.int32
    assert all(space.validate(arc) for arc in arcs[:50])
    for position, count in enumerate(space.num_options):
        frequencies = np.bincount(arcs[:, position], minlength=count) / len(arcs)
        np.testing.assert_allclose(frequencies, np.full(count, 1 / count), atol=0.03)
    assert np.abs(np.corrcoef(arcs.T) - np.eye(24)).max() < 0.06
    np.testing.assert_array_equal(arcs, space.uniform(np.random.default_rng(0), 6000))
