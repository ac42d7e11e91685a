"""What a space offers: the operations that are named, before anything is removed or added."""

import dataclasses
import subprocess
import sys

import pytest

from enas_tf.config import ChildConfig, PoisonConfig, RunConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.layers.cell_operations import CELL_OPERATION_LAYERS
from enas_tf.layers.micro_operations import MICRO_OPERATION_LAYERS
from enas_tf.layers.operations import FIXED_MACRO_OPERATION_LAYERS, MACRO_OPERATION_LAYERS
from enas_tf.poisoning import space_of
from enas_tf.search_space import MACRO_OPERATIONS, MacroChannelSpace, MacroSpace, MicroSpace, known_operations
from enas_tf.strategies.controller import ControllerConfig
from enas_tf.strategies.registry import STRATEGIES

CHOSEN = ("max_pooling", "identity", "dropout(rate=0.5)")


def make_config(*operations, search_for="macro", whole_channels=True, **poison) -> SearchConfig:
    return SearchConfig(
        RunConfig(search_for=search_for, search_whole_channels=whole_channels),
        child=ChildConfig(num_layers=2, out_filters=4, num_cells=1, operations=operations),
        poison=PoisonConfig(**poison),
        strategy=ControllerConfig(),
    )


@pytest.mark.parametrize(
    ("config", "space"),
    [
        (make_config(*CHOSEN), MacroSpace(2, CHOSEN)),
        (make_config(*CHOSEN, search_for="connection"), MacroSpace(2, CHOSEN)),
        (make_config(*CHOSEN, search_for="micro"), MicroSpace(1, CHOSEN)),
        (make_config("conv_5x5"), MacroSpace(2, ("conv_5x5",))),
        (make_config("conv_5x5", "conv_3x3", whole_channels=False), MacroChannelSpace(2, 4, ("conv_5x5", "conv_3x3"))),
    ],
)
def test_operations_that_are_named_take_the_place_of_the_first_so_many(config, space):
    assert space_of(config) == space


@pytest.mark.parametrize(
    ("kind", "registries"),
    [
        ("macro", (MACRO_OPERATION_LAYERS, FIXED_MACRO_OPERATION_LAYERS)),
        ("micro", (MICRO_OPERATION_LAYERS, CELL_OPERATION_LAYERS)),
    ],
)
def test_what_can_be_offered_is_what_there_are_layers_for(kind, registries):
    for registry in registries:
        assert sorted(known_operations(kind)) == sorted(registry._known())


def test_poison_is_taken_from_and_added_to_what_is_offered():
    config = make_config(*CHOSEN, remove_ops=("max_pooling",), poison="P1_002", poison_ops=(("dropout(rate=0.5)", 1),))
    space = space_of(config)
    assert space.operations == ("identity", "dropout(rate=0.5)", "identity", "identity", "dropout(rate=0.5)")
    assert [space.is_poisoned(operation) for operation in range(5)] == [False, False, True, True, True]
    assert space_of(make_config(*MACRO_OPERATIONS, remove_ops=("removal_4",))).operations == MACRO_OPERATIONS[:5]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            make_config("conv_7x7"),
            r"the macro space can offer \(conv_3x3, .*, stretched_conv\), received conv_7x7",
        ),
        (make_config("conv_3x3", search_for="micro"), r"that the micro space can offer \(separable.*received conv_3x3"),
        (make_config("identity", whole_channels=False), r"ranges of channels can offer \(conv_3x3.*received identity"),
        (make_config("conv_3x3", "dropout"), r"dropout\(rate=…\), received dropout"),
        (make_config("dropout(rate=1)", "dropout(rate=1.0)"), "each operation once, received .* more than once"),
        (make_config(), "received none"),
    ],
)
def test_an_offer_that_cannot_be_is_refused(config, message):
    with pytest.raises(InputError, match=f"^--operations.*: expected .*{message}"):
        space_of(config)


def test_removals_that_are_published_need_the_published_space():
    with pytest.raises(InputError, match="--remove_ops: expected the six macro operations, of which removal_4"):
        space_of(make_config(*MACRO_OPERATIONS[::-1], remove_ops=("removal_4",)))


def test_settings_with_an_offer_come_back_from_json_and_those_from_before_have_none():
    config, strategies = make_config(*CHOSEN), {name: kind.config for name, kind in STRATEGIES.items()}
    plain = config.to_plain()
    plain["child"]["operations"] = list(CHOSEN)  # as JSON holds it
    assert SearchConfig.from_plain(plain, strategies, "file") == config
    del plain["child"]["operations"]
    before = dataclasses.replace(config, child=dataclasses.replace(config.child, operations=None))
    assert SearchConfig.from_plain(plain, strategies, "file") == before


def test_a_space_is_made_without_tensorflow():
    code = (
        "import sys\nfrom enas_tf.config import ChildConfig, RunConfig, SearchConfig\n"
        "from enas_tf.poisoning import space_of\n"
        "space_of(SearchConfig(RunConfig('micro'), child=ChildConfig(operations=('identity',))))\n"
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
