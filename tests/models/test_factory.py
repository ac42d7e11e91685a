import dataclasses

import numpy as np
import pytest

from enas_tf.config import ChildConfig, RunConfig, SearchConfig
from enas_tf.models.channel_child import MacroChannelChild
from enas_tf.models.channel_controller import MacroChannelController
from enas_tf.models.factory import make_child, make_controller, make_network
from enas_tf.models.macro_child import MacroChild
from enas_tf.models.macro_controller import MacroController
from enas_tf.models.micro_child import MicroChild
from enas_tf.models.micro_controller import MicroController
from enas_tf.poisoning import space_of
from enas_tf.search_space import MACRO_OPERATIONS, MacroChannelSpace
from enas_tf.strategies.controller import ControllerConfig

IMAGE_SHAPE, NUM_CLASSES = (8, 8, 1), 4


def _config(search_for, num_branches=2, **run):
    return SearchConfig(
        RunConfig(**{"search_for": search_for, "search_whole_channels": True, **run}),
        child=ChildConfig(num_layers=2, out_filters=2, num_branches=num_branches, num_cells=1),
        strategy=ControllerConfig(lstm_size=4),
    )


@pytest.mark.parametrize(
    ("search_for", "child_class", "controller_class"),
    [
        ("macro", MacroChild, MacroController),
        ("connection", MacroChild, MacroController),
        ("micro", MicroChild, MicroController),
    ],
)
def test_child_and_controller_belong_to_the_space(search_for, child_class, controller_class):
    config = _config(search_for)
    space = space_of(config)
    child, controller = make_child(config, space, IMAGE_SHAPE, NUM_CLASSES), make_controller(config.strategy, space)
    assert isinstance(child, child_class)
    assert isinstance(controller, controller_class)
    assert child.space == controller.space == space


def test_without_whole_channels_layers_take_ranges_of_the_unscaled_channels():
    config = _config("branch", 4, search_whole_channels=False)
    config = dataclasses.replace(config, child=dataclasses.replace(config.child, out_filters_scale=3))
    space = space_of(config)
    assert space == MacroChannelSpace(2, 2, MACRO_OPERATIONS[:4])
    child, controller = make_child(config, space, IMAGE_SHAPE, NUM_CLASSES), make_controller(config.strategy, space)
    assert isinstance(child, MacroChannelChild)
    assert isinstance(controller, MacroChannelController)
    assert child.space == controller.space == space
    assert child.stem.filters == 6


@pytest.mark.parametrize("search_for", ["macro", "micro"])
def test_the_child_is_told_all_that_the_run_says(search_for):
    quirks = frozenset({"last_branch", "unclipped"})
    config = _config(search_for, seed=7, mixed_precision="mixed_bfloat16", original_quirks=quirks)
    child = make_child(config, space_of(config), IMAGE_SHAPE, NUM_CLASSES)
    assert (child.seed, child.quirks, child.part_policy.name) == (7, quirks, "mixed_bfloat16")
    assert child.config == config.child
    assert tuple(child.classifier.fc.kernel.shape)[1] == NUM_CLASSES


@pytest.mark.parametrize(("search_for", "arc"), [("macro", (0, 1, 1)), ("micro", (0, 0, 1, 1) * 2)])
def test_a_network_of_one_architecture(search_for, arc):
    config = _config(search_for, num_branches=5)
    space = space_of(config)
    network = make_network(config, space, space.validate(arc), IMAGE_SHAPE, NUM_CLASSES)
    assert network.outputs(np.zeros((2, *IMAGE_SHAPE), np.float32), training=False)[0].shape == (2, NUM_CLASSES)
