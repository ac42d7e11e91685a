import numpy as np
import pytest

from enas_tf.errors import InputError
from enas_tf.search_space import ChannelLayer, ChannelRange, MacroChannelSpace

SPACE = MacroChannelSpace(num_layers=3, num_channels=4, operations=("conv_3x3", "max_pooling"))
TEXT = "0 3 1 2 2 2 3 1 1 0 1 0 2 0 1"
PAIRS = [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)]


@pytest.mark.parametrize(("num_layers", "num_branches", "length"), [(1, 4, 8), (3, 2, 15), (12, 6, 210)])
def test_arc_length(num_layers, num_branches, length):
    assert MacroChannelSpace(num_layers, 36, ("conv_3x3",) * num_branches).arc_length == length


def test_an_arc_is_cut_into_layers():
    layers = SPACE.layers(np.array(SPACE.parse(TEXT), np.int32))
    assert layers == (
        ChannelLayer((ChannelRange(0, 3), ChannelRange(1, 2)), ()),
        ChannelLayer((ChannelRange(2, 2), ChannelRange(3, 1)), (1,)),
        ChannelLayer((ChannelRange(0, 1), ChannelRange(0, 2)), (0, 1)),
    )
    assert [layer.sources for layer in layers] == [(), (0,), (1,)]
    assert {type(value) for layer in layers for pair in layer.ranges for value in pair} == {int}


def test_counts_stand_behind_their_starts():
    assert SPACE.count_positions == (1, 3, 5, 7, 10, 12)
    assert SPACE.num_options == (4, 3, 4, 3, 4, 3, 4, 3, 2, 4, 3, 4, 3, 2, 2)


def test_layers_are_written_as_the_original_prints_them():
    assert SPACE.format_layers(SPACE.parse(TEXT)) == ["[0 3 1 2]", "[2 2 3 1 1]", "[0 1 0 2 0 1]"]
    assert SPACE.format(SPACE.parse(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("position", "value", "message"),
    [
        (0, 4, r"arc, layer 0, conv_3x3: expected a start in 0..3, received 4"),
        (2, -1, r"arc, layer 0, max_pooling: expected a start in 0..3, received -1"),
        (1, 4, r"arc, layer 0, conv_3x3: expected a count in 1..3 for start 0, received 4"),
        (5, 3, r"arc, layer 1, conv_3x3: expected a count in 1..2 for start 2, received 3"),
        (12, 0, r"arc, layer 2, max_pooling: expected a count in 1..3 for start 0, received 0"),
        (13, 2, r"arc, layer 2: expected skip bits of 0 or 1, received 2 1"),
    ],
)
def test_a_value_out_of_range_is_named(position, value, message):
    arc = list(SPACE.parse(TEXT))
    arc[position] = value
    with pytest.raises(InputError, match=message):
        SPACE.validate(arc)


def test_an_arc_of_another_size_is_refused_with_the_flag_that_would_fit_it():
    with pytest.raises(InputError) as error:
        SPACE.parse("0 3 1 2 2 2 3 1 1")
    assert error.value.expected == "15 integers for 3 layers of 2 ranges of channels"
    assert "--child_num_layers=2 would fit" in error.value.received


def test_uniform_arcs_are_valid_and_seeded():
    arcs = SPACE.uniform(np.random.default_rng(0), 50)
    assert arcs.shape == (50, 15)
    assert arcs.dtype == np.int32
    for arc in arcs:
        assert SPACE.validate(arc) == tuple(arc.tolist())
    np.testing.assert_array_equal(arcs, SPACE.uniform(np.random.default_rng(0), 50))


def test_every_pair_of_every_branch_is_equally_likely():
    num_arcs = 9000
    arcs = SPACE.uniform(np.random.default_rng(1), num_arcs)
    for position in SPACE.count_positions:
        drawn, counts = np.unique(arcs[:, position - 1 : position + 1], axis=0, return_counts=True)
        assert list(map(tuple, drawn.tolist())) == PAIRS
        np.testing.assert_allclose(counts / num_arcs, 1 / len(PAIRS), atol=4 * np.sqrt(1 / 9 * 8 / 9 / num_arcs))
    np.testing.assert_allclose(arcs[:, [8, 13, 14]].mean(axis=0), 0.5, atol=4 * 0.5 / np.sqrt(num_arcs))


def test_no_operation_is_chosen():
    assert SPACE.operation_positions == ()
    assert SPACE.count_poisoned(SPACE.parse(TEXT)) == 0


def test_the_uniform_policy_is_what_uniform_draws_from():
    arcs = SPACE.uniform(np.random.default_rng(2), 4000)
    policy = SPACE.uniform_policy(arcs)
    assert policy.shape == (4000, 12, 4)
    np.testing.assert_allclose(policy.sum(axis=2), 1)
    np.testing.assert_allclose(policy[:, 0], np.broadcast_to([3 / 9, 3 / 9, 2 / 9, 1 / 9], (4000, 4)))
    for choice, position in ((1, 1), (11, 12)):
        drawn = np.bincount(arcs[:, position] - 1, minlength=4) / len(arcs)
        np.testing.assert_allclose(policy[:, choice].mean(axis=0), drawn, atol=0.03)
    entropy = -np.sum(policy * np.log(np.where(policy > 0, policy, 1)), axis=(1, 2)).mean()
    assert SPACE.uniform_entropy == pytest.approx(6 * np.log(9))
    assert entropy == pytest.approx(SPACE.uniform_entropy, rel=0.01)
