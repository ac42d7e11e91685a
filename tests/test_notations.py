"""How architectures are written by others, and what they cannot write."""

import pytest

from enas_tf.errors import InputError
from enas_tf.search_space import MICRO_OPERATIONS, MacroSpace, MicroSpace, parse_arc, to_integers, write_arc

# Blocks (input, operation, input, operation): sep 3x3 of 1 + sep 5x5 of 0, and so on; blocks 2 and 3 are loose ends.
CELL = "1 0 0 1 1 0 0 4 2 3 1 1 0 2 3 3"
SPACE = MicroSpace(4)
ARC = SPACE.parse(f"{CELL} {CELL}")
PAIRS = (
    "[('sep_conv_3x3', 1), ('sep_conv_5x5', 0), ('sep_conv_3x3', 1), ('skip_connect', 0), "
    "('max_pool_3x3', 2), ('sep_conv_5x5', 1), ('avg_pool_3x3', 0), ('max_pool_3x3', 3)]"
)
GENOTYPE = f"Genotype(normal={PAIRS}, normal_concat=[4, 5], reduce={PAIRS}, reduce_concat=[4, 5])"


def test_a_genotype_of_darts():
    assert write_arc(SPACE, ARC, "darts") == GENOTYPE
    assert parse_arc(SPACE, GENOTYPE) == ARC
    in_a_log = f"2019 genotype = {GENOTYPE.replace('[4, 5]', 'range(4, 6)')}\n"
    assert parse_arc(SPACE, in_a_log) == ARC


def test_a_sample_of_nni():
    sample = write_arc(SPACE, ARC, "nni")
    assert '"normal/op_2_0": "sep_conv_3x3", "normal/input_2_0": [1]' in sample
    assert '"reduce/op_5_1": "max_pool_3x3", "reduce/input_5_1": [3]' in sample
    assert parse_arc(SPACE, sample) == ARC


def test_nni_numbers_its_operations_from_skip_connect_on():
    numbered = "{'normal/op_2_0': 0, 'normal/input_2_0': 1, 'normal/op_2_1': '1', 'normal/input_2_1': [0], "
    numbered += "'reduce/op_2_0': 4, 'reduce/input_2_0': 0, 'reduce/op_2_1': 3, 'reduce/input_2_1': 1, 'width': 16}"
    assert to_integers(numbered, MICRO_OPERATIONS) == "1 4 0 0 0 3 1 2"


def test_names_become_the_numbers_of_the_space_at_hand():
    changed = MicroSpace(4, ("identity", "max_pooling", "average_pooling", "separable_conv_5x5", "separable_conv_3x3"))
    arc = parse_arc(changed, GENOTYPE)
    assert changed.format(arc[:8]) == "1 4 0 3 1 4 0 0"
    assert write_arc(changed, arc, "darts") == GENOTYPE


@pytest.mark.parametrize(
    "text",
    [
        "2 3 1 1 0 0",
        "[2]\n[3 1]\n[1 0 0]\nval_acc=0.9844\n--------",
        "[2],[3,1],[1,0,0]",
        "(2, 3, 1, 1, 0, 0)",
        "[2]\n[3 1]\n[1 0 0]\nval_acc=0.9844 reward=0.5000 cost=12345\n-----",
    ],
)
def test_integers_as_logs_print_them(text):
    assert parse_arc(MacroSpace(3), text) == (2, 3, 1, 1, 0, 0)


FIVE = "0 0 1 0 " * 5
TWICE = CELL.replace("1 0 0 4", "1 0 1 4")
UNTOUCHED = "1 0 1 1 1 0 2 4 2 3 1 1 1 2 3 3"  # nothing takes input 0


@pytest.mark.parametrize(
    ("space", "arc", "notation", "said"),
    [
        (MicroSpace(5), FIVE * 2, "darts", "cells of 4 blocks, as DARTS has, received 5 blocks"),
        (MicroSpace(4), f"{CELL} {TWICE}", "darts", "received 1 twice in block 1 of the reduce cell"),
        (MicroSpace(4), f"{CELL} {UNTOUCHED}", "nni", "received input 0 of the reduce cell"),
        (MacroSpace(2), "0 1 1", "nni", "an architecture of two cells, as the micro space has"),
        (
            MicroSpace(1, (*MICRO_OPERATIONS, "dropout(rate=1.0)"), 1),
            "0 0 1 5 0 0 1 0",
            "nni",
            "received dropout(rate=1.0)",
        ),
    ],
)
def test_what_a_notation_cannot_say_is_refused_by_name(space, arc, notation, said):
    with pytest.raises(InputError) as error:
        write_arc(space, space.parse(arc), notation, f"--to={notation}")
    assert str(error.value).startswith(f"--to={notation}: expected ")
    assert said in str(error.value)


def test_five_blocks_and_one_input_twice_are_no_trouble_for_nni():
    for space, arc in [(MicroSpace(5), FIVE * 2), (MicroSpace(4), f"{CELL} {TWICE}")]:
        assert parse_arc(space, write_arc(space, space.parse(arc), "nni")) == space.parse(arc)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GENOTYPE.replace("normal_concat=[4, 5]", "normal_concat=range(2, 6)"), "normal_concat: expected [4, 5]"),
        (GENOTYPE.replace("avg_pool_3x3", "dil_conv_3x3"), "received 'dil_conv_3x3'"),
        ("Genotype(normal=[])", "expected Genotype(normal="),
        ("{'normal/op_2_0': 'skip_connect'}", "expected normal/op_2_0 with an operation and normal/input_2_0"),
        ("{'normal/op_2_0'", "something that cannot be read as such"),
        (
            '{"arc": "0 1 0",',
            "--arc: expected JSON of best_arc.json or results.json, or an NNI sample, {'normal/op_2_0'",
        ),
        ("{1, 2}", "something that cannot be read as such"),
        ("{[]: 1}", "something that cannot be read as such"),
        (
            '{"epoch": 1, "arc": "0", "reward": null}\n{"epoch": 1, "arc": "1", "reward": null}\n{"epo',
            "--arc: expected one architecture, received several architectures: 2 lines of JSON with `arc`",
        ),
        ("[2]\nval_acc=0.5\n[3]\nval_acc=0.6", "expected one architecture, received 2"),
        ("2 x", "received 'x'"),
    ],
)
def test_what_cannot_be_read_says_why(text, said):
    with pytest.raises(InputError) as error:
        parse_arc(SPACE, text, "--arc")
    assert str(error.value).startswith("--arc")
    assert said in str(error.value)


def test_an_operation_that_the_space_lacks_is_named():
    with pytest.raises(InputError, match=r"operations of the space \(identity\), received separable_conv_3x3"):
        parse_arc(MicroSpace(4, ("identity",)), GENOTYPE)
