import numpy as np
import pytest

from enas_tf.errors import InputError
from enas_tf.search_space import MACRO_OPERATIONS, MacroLayer, MacroSpace

FOUR_LAYERS = (5, 0, 1, 3, 0, 0, 2, 1, 0, 1)


def _chi_squared(counts):
    """The statistic against a uniform distribution, and the value it exceeds once in 10,000 (Wilson & Hilferty)."""
    counts = np.asarray(counts)
    expected = counts.sum() / counts.size
    spread = 2 / (9 * (counts.size - 1))
    return ((counts - expected) ** 2 / expected).sum(), (counts.size - 1) * (1 - spread + 3.719 * spread**0.5) ** 3


def _assert_uniform(counts):
    statistic, limit = _chi_squared(counts)
    assert statistic < limit


@pytest.mark.parametrize(
    ("num_layers", "num_skips", "arc_length"), [(1, 0, 1), (2, 1, 3), (3, 3, 6), (5, 10, 15), (12, 66, 78)]
)
def test_arc_length(num_layers, num_skips, arc_length):
    assert MacroSpace(num_layers).num_skips == num_skips
    assert MacroSpace(num_layers).arc_length == arc_length


def test_operations_stand_before_their_skip_bits():
    assert [MacroSpace(5).layer_offset(layer) for layer in range(5)] == [0, 1, 3, 6, 10]


@pytest.mark.parametrize(
    ("num_layers", "pool_layers"),
    [(1, ()), (2, ()), (3, (0, 1)), (5, (0, 1)), (6, (1, 3)), (8, (1, 3)), (9, (2, 5)), (12, (3, 7))],
)
def test_pool_layers(num_layers, pool_layers):
    assert MacroSpace(num_layers).pool_layers == pool_layers


def test_an_arc_is_cut_into_layers():
    layers = MacroSpace(4).layers(FOUR_LAYERS)
    assert layers == (
        MacroLayer(5, ()),
        MacroLayer(0, (1,)),
        MacroLayer(3, (0, 0)),
        MacroLayer(2, (1, 0, 1)),
    )
    assert [layer.sources for layer in layers] == [(), (0,), (), (0, 2)]


def test_layers_of_a_drawn_arc_are_python_integers():
    layer = MacroSpace(4).layers(np.array(FOUR_LAYERS, np.int32))[3]
    assert {type(value) for value in (layer.operation, *layer.skips)} == {int}


@pytest.mark.parametrize(
    "text", ["5 0 1 3 0 0 2 1 0 1", "5\n0 1\n3 0 0\n2 1 0 1\n", "  5\t0 1   3 0 0 2 1 0 1 "], ids=repr
)
def test_parses_any_white_space(text):
    assert MacroSpace(4).parse(text) == FOUR_LAYERS


def test_what_is_formatted_is_parsed_again():
    space = MacroSpace(7)
    for arc in space.uniform(np.random.default_rng(0), 20):
        assert space.parse(space.format(arc)) == tuple(arc.tolist())
    assert MacroSpace(4).format(np.array(FOUR_LAYERS, np.int32)) == "5 0 1 3 0 0 2 1 0 1"


def test_layers_are_written_as_the_original_prints_them():
    assert MacroSpace(4).format_layers(FOUR_LAYERS) == ["[5]", "[0 1]", "[3 0 0]", "[2 1 0 1]"]


def test_validation_returns_a_plain_arc():
    arc = MacroSpace(4).validate(np.array(FOUR_LAYERS, np.int64))
    assert arc == FOUR_LAYERS
    assert {type(value) for value in arc} == {int}


def test_an_arc_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(InputError) as error:
        MacroSpace(4).parse("0 0 1 0 1 1", what="--child_fixed_arc")
    assert error.value.what == "--child_fixed_arc"
    assert error.value.expected == "10 integers for 4 layers"
    assert error.value.received == "6 integers (an arc of 3 layers: --child_num_layers=3 would fit)"


@pytest.mark.parametrize("text", ["0 0 1 0 1", ""])
def test_a_length_that_no_space_has_is_refused_without_a_hint(text):
    with pytest.raises(InputError) as error:
        MacroSpace(4).parse(text)
    assert error.value.expected == "10 integers for 4 layers"
    assert error.value.received == f"{len(text.split())} integers"


@pytest.mark.parametrize("operation", [4, -1])
def test_an_operation_outside_the_space_is_refused(operation):
    with pytest.raises(InputError, match=rf"arc, layer 1: expected an operation in 0..3, received {operation}$"):
        MacroSpace(2, MACRO_OPERATIONS[:4]).parse(f"0 {operation} 1")


@pytest.mark.parametrize("bit", [2, -1])
def test_a_skip_that_is_no_bit_is_refused(bit):
    with pytest.raises(InputError, match=rf"arc, layer 2: expected skip bits of 0 or 1, received 1 {bit}$"):
        MacroSpace(3).validate([0, 0, 0, 0, 1, bit])


@pytest.mark.parametrize("word", ["x", "1.0", "0,", "conv_3x3", "-"])
def test_a_word_that_is_no_integer_is_named(word):
    with pytest.raises(InputError, match="expected integers") as error:
        MacroSpace(2).parse(f"0 {word} 1", what="arcs.txt")
    assert error.value.what == "arcs.txt"
    assert word in error.value.received


@pytest.mark.parametrize("word", ["--1", "²"])
def test_a_word_that_only_looks_like_an_integer_is_named(word):
    with pytest.raises(InputError, match="expected integers") as error:
        MacroSpace(2).parse(f"0 {word} 1")
    assert word in error.value.received


def test_uniform_arcs_are_valid_and_seeded():
    space = MacroSpace(4)
    arcs = space.uniform(np.random.default_rng(0), 50)
    assert arcs.shape == (50, 10)
    assert arcs.dtype == np.int32
    for arc in arcs:
        space.validate(arc)
    np.testing.assert_array_equal(arcs, space.uniform(np.random.default_rng(0), 50))
    assert not np.array_equal(arcs, space.uniform(np.random.default_rng(1), 50))


def test_every_operation_and_every_bit_is_drawn_uniformly():
    arcs = MacroSpace(4).uniform(np.random.default_rng(7), 6000)
    operations = [0, 1, 3, 6]
    for position in range(10):
        choices = 6 if position in operations else 2
        _assert_uniform(np.bincount(arcs[:, position], minlength=choices))
        assert arcs[:, position].max() == choices - 1


def test_any_two_places_of_an_arc_are_drawn_independently():
    arcs = MacroSpace(3).uniform(np.random.default_rng(8), 6000)
    choices = [6, 6, 2, 6, 2, 2]
    for i in range(6):
        for j in range(i):
            _assert_uniform(np.bincount(arcs[:, i] * choices[j] + arcs[:, j], minlength=choices[i] * choices[j]))


def test_many_operations_of_few_kinds():
    names = MACRO_OPERATIONS + ("conv_3x3",) * 300
    space = MacroSpace(2, names)
    arcs = space.uniform(np.random.default_rng(9), 306 * 20)
    for position in (0, 1):
        _assert_uniform(np.bincount(arcs[:, position], minlength=306))
    _assert_uniform(np.bincount(arcs[:, 2], minlength=2))
    assert space.parse("305 301 1") == (305, 301, 1)
    with pytest.raises(InputError, match=r"0..305"):
        space.parse("0 306 1")
