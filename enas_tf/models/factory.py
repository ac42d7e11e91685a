"""The networks that belong to a search's settings: its space, its shared child, its controller, the
network of one architecture."""

from collections.abc import Mapping

from enas_tf.config import PolicyConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.models.channel_child import MacroChannelChild
from enas_tf.models.channel_controller import MacroChannelController
from enas_tf.models.controller import Controller
from enas_tf.models.fixed_network import FixedNetwork
from enas_tf.models.macro_child import MacroChild
from enas_tf.models.macro_controller import MacroController
from enas_tf.models.macro_network import build_macro_network
from enas_tf.models.micro_child import MicroChild
from enas_tf.models.micro_controller import MicroController
from enas_tf.models.micro_network import build_micro_network
from enas_tf.models.shared_child import SharedChild
from enas_tf.poisoning import poison_operations
from enas_tf.search_space import (
    MACRO_OPERATIONS,
    MICRO_OPERATIONS,
    Arc,
    MacroChannelSpace,
    MacroSpace,
    MicroSpace,
    SearchSpace,
)

SHARED_CHILDREN = {MacroSpace: MacroChild, MacroChannelSpace: MacroChannelChild, MicroSpace: MicroChild}


def make_space(config: SearchConfig) -> SearchSpace:
    """Makes the space that `--search_for` names, with the first `--child_num_branches` of its operations, poisoned.

    Raises:
      InputError: If the space has fewer operations, or the poison does not fit it.
    """
    is_micro = config.run.search_for == "micro"
    known = MICRO_OPERATIONS if is_micro else MACRO_OPERATIONS
    num_branches = config.child.num_branches
    if num_branches > len(known):
        raise InputError("--child_num_branches", f"at most the {len(known)} operations of the space", num_branches)
    operations, num_poisoned = poison_operations(known[:num_branches], config.poison)
    if is_micro:
        return MicroSpace(config.child.num_cells, operations, num_poisoned)
    if config.searches_channels:
        return MacroChannelSpace(config.child.num_layers, config.child.out_filters, operations)
    return MacroSpace(config.child.num_layers, operations, num_poisoned)


def make_child(
    config: SearchConfig,
    space: SearchSpace,
    image_shape: tuple[int, int, int],
    num_classes: int,
    kinds: Mapping[type[SearchSpace], type[SharedChild]] = SHARED_CHILDREN,
) -> SharedChild:
    """Makes the shared network of a space at its initial weights.

    Args:
      config: The settings.
      space: The space.
      image_shape: (height, width, channels) of the images.
      num_classes: Of the data set.
      kinds: The class of the network, by kind of space.
    """
    return kinds[type(space)](
        space,
        config.child,
        image_shape,
        num_classes,
        seed=config.run.seed,
        quirks=config.run.original_quirks,
        jit_compile=config.run.jit_compile,
        dtype=config.run.mixed_precision,
    )


def make_controller(
    config: PolicyConfig, space: SearchSpace, seed: int = 0, only_connections: bool = False
) -> Controller:
    """Makes the controller of a space at its initial policy.

    Args:
      config: Its size, and how its logits are shaped.
      space: What to choose from.
      seed: The run's root seed.
      only_connections: Macro space: whether every operation is index 0.
    """
    if isinstance(space, MicroSpace):
        return MicroController(space, config, seed=seed)
    if isinstance(space, MacroChannelSpace):
        return MacroChannelController(space, config, seed=seed)
    return MacroController(space, config, seed=seed, fixed_operation=only_connections)


def make_network(
    config: SearchConfig, space: SearchSpace, arc: Arc, image_shape: tuple[int, int, int], num_classes: int
) -> FixedNetwork:
    """Makes the network of one architecture at its initial weights (arguments as `make_child`)."""
    arguments = {"seed": config.run.seed, "dtype": config.run.mixed_precision}
    if isinstance(space, MicroSpace):
        return build_micro_network(space, arc, config.child, image_shape, num_classes, **arguments)
    arguments["quirks"] = config.run.original_quirks
    return build_macro_network(space, arc, config.child, image_shape, num_classes, **arguments)
