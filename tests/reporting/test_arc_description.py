"""Architectures in words: every integer is accounted for."""

import json

import pytest

from enas_tf.reporting.arc_description import arc_words, describe_arc
from enas_tf.search_space import MacroSpace, MicroSpace

MACRO_SPACE, MACRO_ARC = MacroSpace(num_layers=3), (2, 3, 1, 5, 1, 0)
MICRO_SPACE, MICRO_ARC = MicroSpace(num_blocks=2), (0, 2, 1, 4, 2, 0, 0, 1, 1, 3, 1, 3, 0, 0, 1, 4)


def test_a_macro_architecture_layer_by_layer():
    described = describe_arc(MACRO_SPACE, MACRO_ARC)
    assert [layer["operation"] for layer in described["layers"]] == ["conv_5x5", "separable_conv_5x5", "max_pooling"]
    assert [layer["input"] for layer in described["layers"]] == ["stem", "layer 0", "layer 1"]
    assert [layer["skips"] for layer in described["layers"]] == [[], ["stem"], ["stem"]]
    assert [layer["integers"] for layer in described["layers"]] == ["[2]", "[3 1]", "[5 1 0]"]
    assert described["halved_after"] == ["layer 0", "layer 1"]


def test_a_skip_bit_names_the_output_it_counts():
    described = describe_arc(MacroSpace(num_layers=3), (0, 0, 0, 0, 0, 1))
    assert described["layers"][2]["skips"] == ["layer 0"]


def test_macro_words():
    header, *layers, halved = arc_words(describe_arc(MACRO_SPACE, MACRO_ARC))
    assert header.startswith("Macro architecture of 3 layers.")
    assert layers == [
        "layer 0  [2]      conv_5x5 of stem",
        "layer 1  [3 1]    separable_conv_5x5 of layer 0, skips from stem",
        "layer 2  [5 1 0]  max_pooling of layer 1, skips from stem",
    ]
    assert halved == "Maps are halved in height and width after layer 0 and layer 1."


def test_a_network_too_shallow_to_be_halved_does_not_say_it_is():
    assert len(arc_words(describe_arc(MacroSpace(num_layers=2), (0, 0, 0)))) == 3


def test_a_micro_architecture_block_by_block():
    normal, reduction = describe_arc(MICRO_SPACE, MICRO_ARC)["cells"].values()
    assert normal["blocks"][1] == {
        "block": 1,
        "entry": 3,
        "integers": "[2 0 0 1]",
        "adds": [
            {"operation": "separable_conv_3x3", "input": "block 0"},
            {"operation": "separable_conv_5x5", "input": "input 0"},
        ],
    }
    assert normal["output"] == ["block 1"]
    assert reduction["output"] == ["block 0", "block 1"]


def test_micro_words():
    words = arc_words(describe_arc(MICRO_SPACE, MICRO_ARC))
    assert "block 0  [0 2 1 4]  average_pooling of input 0 + identity of input 1" in words
    assert "Output: block 1." in words
    assert "Output: block 0, block 1, joined." in words


@pytest.mark.parametrize(("space", "arc"), [(MACRO_SPACE, MACRO_ARC), (MICRO_SPACE, MICRO_ARC)])
def test_a_description_is_json(space, arc):
    described = describe_arc(space, arc)
    assert json.loads(json.dumps(described)) == described


def test_an_unknown_space_is_said():
    with pytest.raises(TypeError, match="received a int"):
        describe_arc(3, ())
