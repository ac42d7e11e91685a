"""Poisons by name and in free form, and what they make of a space's operations."""

import pytest

from enas_tf.config import ChildConfig, PoisonConfig, RunConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.poisoning import parse_instances, parse_preset, poison_operations, space_of
from enas_tf.search_space import MACRO_OPERATIONS, MICRO_OPERATIONS, MacroChannelSpace, MacroSpace, MicroSpace
from enas_tf.search_space.operation import Operation, parse_operation

IDENTITY = "identity"
NOISE_2, NOISE_10 = "gaussian_noise(stddev=2.0)", "gaussian_noise(stddev=10.0)"
DROPOUT_90, DROPOUT_100 = "dropout(rate=0.9)", "dropout(rate=1.0)"
TRANSPOSED_3, TRANSPOSED_5 = "transposed_conv(kernel_size=3)", "transposed_conv(kernel_size=5)"
STRETCHED_50, STRETCHED_60 = "stretched_conv(dilation=50)", "stretched_conv(dilation=60)"

# The published poisons: name without the number of instances, its numbers, and what a block of them each is.
USUAL = (6, 36, 120, 300)
PUBLISHED = [
    ("P1_{}", USUAL, [IDENTITY]),
    ("P2_{}", USUAL, [NOISE_2]),
    ("P2_{}_10", USUAL, [NOISE_10]),
    ("P3_{}", USUAL, [DROPOUT_90]),
    ("P3_{}_100", (1, *USUAL), [DROPOUT_100]),
    ("P4_{}", USUAL, [TRANSPOSED_3, TRANSPOSED_5]),
    ("P5_{}", USUAL, [IDENTITY, NOISE_10, DROPOUT_100, TRANSPOSED_3, TRANSPOSED_5, NOISE_10]),
    ("P6_{}", USUAL, [STRETCHED_50]),
    ("P6_{}_60", USUAL, [STRETCHED_60]),
    ("P6P2_{}_10", USUAL, [NOISE_10, STRETCHED_50]),
    ("P6P3_{}_100", (2, 4, *USUAL), [DROPOUT_100, STRETCHED_50]),
    ("P6P4_{}", USUAL, [TRANSPOSED_3, TRANSPOSED_5, STRETCHED_50]),
    ("P6P5_{}", USUAL, [IDENTITY, NOISE_10, DROPOUT_100, TRANSPOSED_3, TRANSPOSED_5, STRETCHED_50]),
]
PRESETS = [(form.format(f"{count:03}"), count, blocks) for form, counts, blocks in PUBLISHED for count in counts]


@pytest.mark.parametrize(("name", "count", "blocks"), PRESETS, ids=[preset[0] for preset in PRESETS])
def test_a_published_poison_adds_its_operations_in_equal_blocks(name, count, blocks):
    operations, num_poisoned = poison_operations(MACRO_OPERATIONS, PoisonConfig(poison=name))
    assert operations[:6] == MACRO_OPERATIONS
    assert num_poisoned == len(operations) - 6 == count
    size = count // len(blocks)
    assert list(operations[6:]) == [block for block in blocks for _ in range(size)]


def test_the_first_operation_has_the_first_indices():
    operations, _ = poison_operations(MACRO_OPERATIONS, PoisonConfig(poison="P4_006"))
    assert [operations.index(name) for name in (TRANSPOSED_3, TRANSPOSED_5)] == [6, 9]
    assert operations[6:] == (TRANSPOSED_3,) * 3 + (TRANSPOSED_5,) * 3


@pytest.mark.parametrize(
    ("name", "expected", "received"),
    [
        ("P6P3", "P<set>_<instances> or P<set>_<instances>_<variant>", "'P6P3'"),
        ("p1_006", "P<set>_<instances>", "'p1_006'"),
        ("P1_006_", "P<set>_<instances>", "'P1_006_'"),
        ("P7_006", "P6P5_<instances>", "P7_006 (set P7, 6 instances, no variant)"),
        ("P2_006_100", "P2_<instances>_10", "P2_006_100 (set P2, 6 instances, variant 100)"),
        ("P6P3_006", "P6P3_<instances>_100", "P6P3_006 (set P6P3, 6 instances, no variant)"),
        ("P6P4_004", "a positive multiple of 3 instances", "P6P4_004 (set P6P4, 4 instances, no variant)"),
        ("P0_000", "no --poison, for a space without poison", "'P0_000'"),
        ("P1_000", "at least 1 instance", "P1_000 (set P1, 0 instances, no variant)"),
    ],
)
def test_a_name_of_no_poison_is_refused_with_what_was_understood(name, expected, received):
    with pytest.raises(InputError) as error:
        parse_preset(name)
    assert expected in error.value.expected
    assert error.value.received == received


def test_the_published_removals():
    kept = {
        name: poison_operations(MACRO_OPERATIONS, PoisonConfig(remove_ops=(f"removal_{name}",))) for name in "12345"
    }
    assert kept == {
        "1": (MACRO_OPERATIONS, 0),
        "2": (("conv_5x5", "separable_conv_5x5", "average_pooling"), 0),
        "3": (("conv_3x3", "conv_5x5", "max_pooling"), 0),
        "4": (("conv_3x3", "separable_conv_3x3", "conv_5x5", "separable_conv_5x5", "average_pooling"), 0),
        "5": (("conv_5x5", "average_pooling", "max_pooling"), 0),
    }


def test_what_is_removed_leaves_the_others_in_their_order():
    config = PoisonConfig(remove_ops=("identity", "separable_conv_3x3"))
    assert poison_operations(MICRO_OPERATIONS, config) == (("separable_conv_5x5", "average_pooling", "max_pooling"), 0)


def test_removal_comes_first_then_the_preset_then_the_free_form():
    config = PoisonConfig(("max_pooling",), "P6P3_002_100", (("identity", 2),))
    operations, num_poisoned = poison_operations(MACRO_OPERATIONS, config)
    assert operations == (*MACRO_OPERATIONS[:5], DROPOUT_100, STRETCHED_50, IDENTITY, IDENTITY)
    assert num_poisoned == 4


@pytest.mark.parametrize(
    ("remove_ops", "message"),
    [
        (
            ("conv_7x7",),
            r"operations of the space \(conv_3x3, .*max_pooling\) or one of removal_1, .*received conv_7x7",
        ),
        (MACRO_OPERATIONS, "names that leave an operation in the space, received all of it: conv_3x3, "),
        (("removal_2", "conv_3x3"), "received removal_2"),
    ],
)
def test_a_removal_that_cannot_be_is_refused(remove_ops, message):
    with pytest.raises(InputError, match=f"^--remove_ops: expected .*{message}"):
        poison_operations(MACRO_OPERATIONS, PoisonConfig(remove_ops=remove_ops))


@pytest.mark.parametrize("operations", [MICRO_OPERATIONS, MACRO_OPERATIONS[:4]])
def test_the_published_removals_want_the_six_macro_operations(operations):
    with pytest.raises(InputError, match="--remove_ops: expected the six macro operations"):
        poison_operations(operations, PoisonConfig(remove_ops=("removal_4",)))


def test_the_free_form_is_read_with_or_without_blanks():
    expected = ((DROPOUT_100, 1), (STRETCHED_50, 12), (IDENTITY, 3))
    assert parse_instances("dropout(rate=1.0):1,stretched_conv(dilation=50):12,identity:3") == expected
    assert parse_instances(" dropout ( rate = 1 ) : 1, stretched_conv(dilation=50):12 , identity:3 ") == expected
    assert parse_instances("") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dropout(rate=1.5):1", "rate of dropout: expected a rate from 0 to 1, received 1.5"),
        ("dropout(rate=-0.1):1", "a rate from 0 to 1"),
        ("dropout(rate=nan):1", "a rate from 0 to 1"),
        ("dropout:1", r"dropout\(rate=…\), received dropout"),
        ("dropout(p=0.5):1", r"dropout\(rate=…\), received dropout\(p=0.5\)"),
        ("identity(rate=1):1", "identity without parameters"),
        ("transposed_conv(kernel_size=4):1", "an odd kernel size"),
        ("transposed_conv(kernel_size=3.0):1", "an odd kernel size"),
        ("stretched_conv(dilation=0):1", "a dilation of at least 1"),
        ("gaussian_noise(stddev=inf):1", "a standard deviation of at least 0"),
        ("conv_3x3:1", "operations out of identity, gaussian_noise, dropout, transposed_conv, stretched_conv"),
        ("identity", "operation:instances, separated by commas, received 'identity'"),
        ("identity:0", "instances of identity: expected a positive integer, received '0'"),
        ("identity:two", "a positive integer"),
        ("identity:2 dropout(rate=1):3", "a positive integer|operation:instances"),
    ],
)
def test_a_free_form_that_cannot_be_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_instances(text)


@pytest.mark.parametrize("name", [IDENTITY, NOISE_10, DROPOUT_90, TRANSPOSED_5, STRETCHED_60, "conv_3x3"])
def test_a_canonical_name_is_read_and_written_as_it_stands(name):
    assert str(parse_operation(name)) == name


def test_a_name_is_brought_into_its_canonical_form():
    assert parse_operation(" dropout( rate=1 )") == Operation("dropout", (("rate", 1.0),))
    assert str(parse_operation("dropout(rate=1)")) == DROPOUT_100


@pytest.mark.parametrize("name", ["", "conv 3x3", "dropout(rate=1", "a(b)(c)"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(InputError, match="expected an operation as name or name"):
        parse_operation(name)


def test_a_space_knows_its_poison():
    space = MacroSpace(3, (*MACRO_OPERATIONS, DROPOUT_100, DROPOUT_100), num_poisoned=2)
    assert [space.is_poisoned(operation) for operation in range(8)] == [False] * 6 + [True] * 2
    assert space.operation_positions == (0, 1, 3)
    assert space.count_poisoned((7, 5, 1, 6, 1, 1)) == 2  # skip bits are not operations
    assert MacroSpace(3).count_poisoned((0, 5, 1, 3, 1, 1)) == 0


def test_the_operations_of_both_cells_count():
    space = MicroSpace(2, (*MICRO_OPERATIONS, IDENTITY), num_poisoned=1)
    assert space.operation_positions == (1, 3, 5, 7, 9, 11, 13, 15)
    assert space.count_poisoned((0, 5, 1, 4) * 4) == 4


def _config(search_for, num_branches, whole_channels=True):
    run = RunConfig(search_for=search_for, search_whole_channels=whole_channels)
    return SearchConfig(run, child=ChildConfig(num_layers=2, out_filters=4, num_branches=num_branches, num_cells=1))


@pytest.mark.parametrize(
    ("search_for", "num_branches", "space"),
    [
        ("macro", 3, MacroSpace(2, MACRO_OPERATIONS[:3])),
        ("branch", 6, MacroSpace(2, MACRO_OPERATIONS)),
        ("connection", 2, MacroSpace(2, MACRO_OPERATIONS[:2])),
        ("micro", 5, MicroSpace(1, MICRO_OPERATIONS)),
        ("micro", 4, MicroSpace(1, MICRO_OPERATIONS[:4])),
    ],
)
def test_the_space_has_the_first_operations(search_for, num_branches, space):
    assert space_of(_config(search_for, num_branches)) == space


@pytest.mark.parametrize(("search_for", "most"), [("macro", 6), ("micro", 5)])
def test_more_operations_than_there_are_are_refused(search_for, most):
    with pytest.raises(
        InputError,
        match=f"--child_num_branches: expected at most the {most} operations of the space, received {most + 1}",
    ):
        space_of(_config(search_for, most + 1))


def test_without_whole_channels_the_space_is_that_of_ranges():
    assert space_of(_config("macro", 4, whole_channels=False)) == MacroChannelSpace(2, 4, MACRO_OPERATIONS[:4])
