"""A network, and its controller, with the weights of a checkpoint of the original."""

import dataclasses
import re

import keras

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError, listed
from enas_tf.models.controller import Controller
from enas_tf.models.factory import make_child, make_controller, make_network
from enas_tf.models.fixed_network import FixedChild
from enas_tf.original.checkpoint import OriginalCheckpoint
from enas_tf.original.checkpoint_contents import UNKNOWN, CheckpointContents, sort_contents
from enas_tf.original.checkpoint_sizes import CheckpointSizes
from enas_tf.original.child_naming import numbered_branches
from enas_tf.original.hidden_averages import hidden_averages
from enas_tf.original.naming import controller_variables
from enas_tf.original.network_naming import network_variables
from enas_tf.original.values import assign_variables
from enas_tf.poisoning import space_of
from enas_tf.search_space import SearchSpace, parse_arc
from enas_tf.strategies.controller import controller_of
from enas_tf.training.child_trainer import TrainableChild

NETWORK, HIDDEN, CONTROLLER = "the network", "hidden parts of moving averages", "the controller"

# What a variable is called, by what it belongs to.
NamedVariables = dict[str, dict[str, keras.Variable]]


@dataclasses.dataclass(frozen=True)
class CheckpointNetwork:
    """A network that a checkpoint holds.

    Attributes:
      config: The settings it was built from.
      space: What its architectures mean.
      child: The network.
      controller: Its controller; None if the checkpoint has none.
      contents: What was read of the checkpoint, and what was not.
    """

    config: SearchConfig
    space: SearchSpace
    child: TrainableChild
    controller: Controller | None
    contents: CheckpointContents


def load_network(
    checkpoint: OriginalCheckpoint, config: SearchConfig, sizes: CheckpointSizes, image_size: tuple[int, int]
) -> CheckpointNetwork:
    """Builds the network and the controller that a checkpoint holds, and gives them its weights.

    Args:
      checkpoint: The checkpoint.
      config: What a checkpoint does not tell: how logits are shaped, quirks, the architecture of a fixed network.
      sizes: Those of the checkpoint.
      image_size: (height, width) of the images it is to run on.

    Raises:
      InputError: If variables are missing or of other shapes, or there is no architecture to a fixed network.
    """
    config = sizes.applied_to(numbered_branches(config))
    space, shape = space_of(config), ((*image_size, sizes.num_channels), sizes.num_classes)
    child: TrainableChild
    if sizes.is_fixed:
        if config.child.fixed_arc is None:
            raise InputError("--child_fixed_arc", f"the architecture of {checkpoint.what} (or --arc_file)", "nothing")
        arc = parse_arc(space, config.child.fixed_arc, "--child_fixed_arc")
        child = FixedChild(make_network(config, space, arc, *shape))
    else:
        child = make_child(config, space, *shape)
    controller = make_controller(controller_of(config), space, config.run.seed) if sizes.has_controller else None
    contents = load_variables(checkpoint, named_variables(child, controller))
    return CheckpointNetwork(config, space, child, controller, contents)


def named_variables(child: TrainableChild, controller: Controller | None) -> NamedVariables:
    """Finds the variables of a network and its controller by the original's names."""
    network = network_variables(child)
    named = {NETWORK: network, HIDDEN: hidden_averages(network, child.variables)}
    return named if controller is None else named | {CONTROLLER: controller_variables(controller)}


def load_variables(checkpoint: OriginalCheckpoint, named: NamedVariables) -> CheckpointContents:
    """Gives variables the values of a checkpoint.

    Raises:
      InputError: If some are missing or of another shape; none is changed then.
    """
    contents = sort_contents(checkpoint, named)
    if contents.missing:
        raise _missing(checkpoint, named, contents)
    variables = {name: variable for part in named.values() for name, variable in part.items()}
    assign_variables(variables, checkpoint.read(variables), checkpoint.what)
    return contents


def _missing(checkpoint: OriginalCheckpoint, named: NamedVariables, contents: CheckpointContents) -> InputError:
    if any(re.search(r"layer_\d+/conv_\dx\d/w_(depth|point)", name) for name in contents.missing):
        expected = "plain_fixed_convs: the original's macro networks of one architecture have no separable convolutions"
        return InputError("--original_quirks", expected, "none that makes ordinary convolutions of them")
    expected = f"all {sum(map(len, named.values()))} variables of the network its names and shapes describe"
    unknown = contents.ignored.get(UNKNOWN, [])
    beside = f"; beside them it has {listed(unknown)}" if unknown else ""
    return InputError(checkpoint.what, expected, f"no {listed(contents.missing)}{beside}")
