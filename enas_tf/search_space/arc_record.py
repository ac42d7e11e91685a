"""An architecture together with what its integers mean: the space that it is of, and the images it was found on."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from enas_tf.errors import InputError
from enas_tf.search_space.factory import SPACES, SpaceConfig

# What an architecture is called in `best_arc.json`, the results of a final training and those of a search.
_ARC_KEYS = ("arc", "best_arc")


@dataclasses.dataclass(frozen=True)
class ImageFacts:
    """What a network has to know of images.

    Attributes:
      image_shape: Height, width and channels.
      num_classes: How many classes there are.
      class_names: Their names, by label; empty where nothing says them. They make no other images.
    """

    image_shape: tuple[int, int, int]
    num_classes: int
    class_names: tuple[str, ...] = dataclasses.field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{'x'.join(map(str, self.image_shape))} images of {self.num_classes} classes"


@dataclasses.dataclass(frozen=True)
class ArcRecord:
    """An architecture as files keep it.

    Attributes:
      arc: In any notation.
      space: What its integers mean; None if nothing says it.
      num_layers: Of the network it was found in, in which cells are stacked; None if nothing says it.
      out_filters: Likewise the channels of its layers.
      images: What it was found on, or trained on; None if nothing says it.
    """

    arc: str
    space: SpaceConfig | None = None
    num_layers: int | None = None
    out_filters: int | None = None
    images: ImageFacts | None = None

    def to_plain(self) -> dict[str, Any]:
        """Returns it as JSON holds it, without what nothing says."""
        return {"arc": self.arc, **self.surroundings()}

    def surroundings(self) -> dict[str, Any]:
        """Returns all but the architecture itself, as JSON holds it."""
        space = {} if self.space is None else _plain_space(self.space)
        sizes = {"num_layers": self.num_layers, "out_filters": self.out_filters}
        images = {} if self.images is None else dataclasses.asdict(self.images)
        return {name: value for name, value in {**space, **sizes, **images}.items() if value not in (None, ())}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], what: str) -> "ArcRecord":
        """Reads what `to_plain` wrote, or the results of a run.

        Args:
          plain: As it comes back from JSON.
          what: The file to name in an error.

        Raises:
          InputError: If no architecture is in it, or what stands beside it has another form.
        """
        arcs = [plain[key] for key in _ARC_KEYS if key in plain]
        if not arcs or not isinstance(arcs[0], str):
            raise InputError(what, f"an architecture as {' or '.join(_ARC_KEYS)}", ", ".join(plain) or "nothing")
        try:
            space = _space_from_plain(plain) if "space" in plain else None
            images = None
            if "image_shape" in plain:
                height, width, channels = map(int, plain["image_shape"])
                names = tuple(map(str, plain.get("class_names", ())))
                images = ImageFacts((height, width, channels), int(plain["num_classes"]), names)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(what, "an architecture with its space", f"{type(error).__name__}: {error}") from None
        return cls(arcs[0], space, plain.get("num_layers"), plain.get("out_filters"), images)


def require_same_space(record: ArcRecord, space: SpaceConfig, what: str) -> None:
    """Refuses an architecture whose integers mean something else in a space than where they come from.

    Args:
      record: The architecture; nothing is refused where its space is not known.
      space: Where it is to be used.
      what: The file to name in an error.

    Raises:
      InputError: Naming both spaces.
    """
    if record.space is not None and _meaning(record.space) != _meaning(space):
        raise InputError(what, f"an architecture of {_words(space)}", f"one of {_words(record.space)}")


def _meaning(space: SpaceConfig) -> SpaceConfig:
    """What decides of a space what integers mean: not which operations are poison, nor channels that are not chosen."""
    num_channels = space.num_channels if space.kind == "channels" else 0
    return dataclasses.replace(space, num_poisoned=0, num_channels=num_channels)


def _words(space: SpaceConfig) -> str:
    size = f"{space.size} {'blocks a cell' if space.kind == 'micro' else 'layers'}"
    channels = f", ranges of {space.num_channels} channels" if space.kind == "channels" else ""
    kind = "micro" if space.kind == "micro" else "macro"
    return f"the {kind} space of {size}{channels} with {', '.join(space.operations)}"


def _plain_space(space: SpaceConfig) -> dict[str, Any]:
    is_micro, has_channels = space.kind == "micro", space.kind == "channels"
    return {
        "space": space.kind,
        "operations": space.operations,
        "num_poisoned": space.num_poisoned,
        "num_layers": None if is_micro else space.size,
        "num_blocks": space.size if is_micro else None,
        "num_channels": space.num_channels if has_channels else None,
    }


def _space_from_plain(plain: Mapping[str, Any]) -> SpaceConfig:
    kind = plain["space"]
    if kind not in SPACES:
        raise ValueError(f"space {kind!r}")
    return SpaceConfig(
        kind=kind,
        size=int(plain["num_blocks" if kind == "micro" else "num_layers"]),
        operations=tuple(map(str, plain["operations"])),
        num_poisoned=int(plain.get("num_poisoned", 0)),
        num_channels=int(plain.get("num_channels", 0)),
    )
