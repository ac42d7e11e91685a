"""The networks that belong to a search's settings: its shared child, its controller, that of one architecture."""

from collections.abc import Callable, Mapping
from typing import TypeVar

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

Child = TypeVar("Child", bound=SharedChild)
# The class of a shared network, or a function with the same arguments, by kind of space.
ChildKinds = Mapping[type[SearchSpace], Callable[..., Child]]

SHARED_CHILDREN: ChildKinds[SharedChild] = {
    MacroSpace: MacroChild,
    MacroChannelSpace: MacroChannelChild,
    MicroSpace: MicroChild,
}


def make_child(
    config: SearchConfig, space: SearchSpace, image_shape: tuple[int, int, int], num_classes: int
) -> SharedChild:
    """Makes the shared network of a space at its initial weights.

    Args:
      config: The settings.
      space: The space.
      image_shape: (height, width, channels) of the images.
      num_classes: Of the data set.
    """
    return make_child_of(SHARED_CHILDREN, config, space, image_shape, num_classes)


def make_child_of(
    kinds: ChildKinds[Child],
    config: SearchConfig,
    space: SearchSpace,
    image_shape: tuple[int, int, int],
    num_classes: int,
) -> Child:
    """Makes a shared network of other kinds than the usual ones (arguments as `make_child`)."""
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
    if isinstance(space, MacroSpace):
        return MacroController(space, config, seed=seed, fixed_operation=only_connections)
    raise TypeError(f"expected a space that has a controller, received {space}")


def make_network(
    config: SearchConfig, space: SearchSpace, arc: Arc, image_shape: tuple[int, int, int], num_classes: int
) -> FixedNetwork:
    """Makes the network of one architecture at its initial weights (arguments as `make_child`)."""
    run, sizes = config.run, (config.child, image_shape, num_classes)
    if isinstance(space, MicroSpace):
        return build_micro_network(space, arc, *sizes, run.seed, run.mixed_precision)
    if isinstance(space, MacroSpace):
        return build_macro_network(space, arc, *sizes, run.seed, run.original_quirks, run.mixed_precision)
    raise TypeError(f"expected a space that has networks of one architecture, received {space}")
