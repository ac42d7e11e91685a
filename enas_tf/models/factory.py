"""The networks that belong to a search's settings: its shared child, its controller, that of one architecture."""

from collections.abc import Mapping

from enas_tf.config import PolicyConfig, SearchConfig
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
from enas_tf.search_space import (
    Arc,
    MacroChannelSpace,
    MacroSpace,
    MicroSpace,
    SearchSpace,
)

SHARED_CHILDREN = {MacroSpace: MacroChild, MacroChannelSpace: MacroChannelChild, MicroSpace: MicroChild}


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
