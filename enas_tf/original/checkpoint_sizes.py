"""Infers from the names and shapes of a checkpoint's variables which network and which controller it holds."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError, listed
from enas_tf.models.micro_layout import STEM_FILTERS_FACTOR
from enas_tf.original.checkpoint import OriginalCheckpoint
from enas_tf.strategies.controller import controller_of

Shapes = Mapping[str, tuple[int, ...]]

# By what only this kind of network has in its first layer: the space, whether it is of one architecture.
_SIGNATURES = {
    "child/layer_0/branch_0/inp_conv_1/w": ("macro", False),
    "child/layer_0/conv_1x1/w": ("macro", True),
    "child/layer_0/cell_0/x/conv_3x3/stack_0/w_depth": ("micro", False),
    "child/layer_0/layer_base/w": ("micro", True),
}
_ANCHORS = ("child/stem_conv/w", "child/fc/w")
_CONTROLLER_ANCHORS = ("controller/g_emb", "controller/lstm/layer_0/w")


@dataclasses.dataclass(frozen=True)
class CheckpointSizes:
    """What a checkpoint's names and shapes tell.

    Attributes:
      search_for: The space.
      is_fixed: Whether the network is that of one architecture.
      num_classes: Of the data set.
      num_channels: Of the images.
      child: Fields of `ChildConfig`, where they can be told.
      controller: Fields of `ControllerConfig`, likewise.
      search_whole_channels: Whether a layer of a shared network is one operation.
    """

    search_for: str
    is_fixed: bool
    num_classes: int
    num_channels: int
    child: dict[str, Any]
    controller: dict[str, Any]
    search_whole_channels: bool

    @property
    def summary(self) -> str:
        """The sizes in a line."""
        child = ", ".join(f"{name} {value}" for name, value in self.child.items())
        kind = "network of one architecture" if self.is_fixed else "shared network"
        sizes = {"search_whole_channels": self.search_whole_channels, **self.controller}
        controller = ", ".join(f"{name} {value}" for name, value in sizes.items())
        return f"{self.search_for} space, {kind} ({child}, num_classes {self.num_classes}), controller ({controller})"

    @property
    def has_controller(self) -> bool:
        """Whether there is a controller."""
        return "lstm_size" in self.controller

    def applied_to(self, config: SearchConfig) -> SearchConfig:
        """The same settings with these sizes in place of their own."""
        return dataclasses.replace(
            config,
            run=dataclasses.replace(
                config.run, search_for=self.search_for, search_whole_channels=self.search_whole_channels
            ),
            child=dataclasses.replace(config.child, **self.child),
            strategy=dataclasses.replace(controller_of(config), **self.controller),
        )

    def check_images(self, image_shape: tuple[int, int, int], num_classes: int) -> None:
        """Checks that images (height, width, channels) of so many classes are what the network was made for.

        Raises:
          InputError: If they are not.
        """
        expected = f"images of {self.num_channels} channels and {self.num_classes} classes, as the checkpoint's"
        if (image_shape[-1], num_classes) != (self.num_channels, self.num_classes):
            raise InputError("--dataset", expected, f"{image_shape[-1]} channels and {num_classes} classes")


def infer_sizes(checkpoint: OriginalCheckpoint) -> CheckpointSizes:
    """Infers space and sizes.

    Raises:
      InputError: If the checkpoint holds something else than the original's image networks.
    """
    shapes = checkpoint.shapes
    signature = next((name for name in _SIGNATURES if name in shapes), None)
    if signature is None or any(name not in shapes for name in _ANCHORS):
        expected = f"variables of the original's image networks ({', '.join(_ANCHORS)}, {' or '.join(_SIGNATURES)})"
        raise InputError(checkpoint.what, expected, f"{len(shapes)} variables: {listed(shapes) or 'none'}")
    space, is_fixed = _SIGNATURES[signature]
    stem, classifier = (shapes[name] for name in _ANCHORS)
    if len(stem) != 4 or len(classifier) != 2:
        raise InputError(f"{checkpoint.what}, {_ANCHORS[0]}", "a convolution's kernel", stem)
    child = _macro_sizes(shapes, stem, is_fixed) if space == "macro" else _micro_sizes(shapes, stem)
    # Where layers take ranges of channels, they join them by a convolution of their own.
    whole = space == "micro" or "child/layer_0/final_conv/w" not in shapes
    return CheckpointSizes(space, is_fixed, classifier[-1], stem[2], child, _lstm_sizes(shapes), whole)


def _macro_sizes(shapes: Shapes, stem: tuple[int, ...], is_fixed: bool) -> dict[str, int]:
    sizes = {"num_layers": _count(shapes, r"child/layer_(\d+)/"), "out_filters": stem[-1], "out_filters_scale": 1}
    return sizes if is_fixed else sizes | {"num_branches": _count(shapes, r"child/layer_0/branch_(\d+)/")}


def _micro_sizes(shapes: Shapes, stem: tuple[int, ...]) -> dict[str, int]:
    return {
        "num_layers": _count(shapes, r"child/layer_(\d+)/") - 2,  # the reduction cells are not counted
        "out_filters": stem[-1] // STEM_FILTERS_FACTOR,
        "out_filters_scale": 1,
        "num_cells": _count(shapes, r"child/layer_0/cell_(\d+)/"),
        "num_branches": 5,
        "use_aux_heads": "child/aux_head/fc/w" in shapes,
    }


def _lstm_sizes(shapes: Shapes) -> dict[str, int]:
    if any(name not in shapes for name in _CONTROLLER_ANCHORS):
        return {}
    num_layers = _count(shapes, r"controller/lstm/layer_(\d+)/")
    return {"lstm_size": shapes[_CONTROLLER_ANCHORS[0]][-1], "lstm_num_layers": num_layers}


def _count(names: Iterable[str], pattern: str) -> int:
    """One more than the largest number the pattern finds."""
    return 1 + max((int(match[1]) for name in names if (match := re.match(pattern, name))), default=-1)
