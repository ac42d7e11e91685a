"""What the shared networks of both spaces have in common: their parts, and how they are made and run."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from enas_tf.config import ChildConfig
from enas_tf.models.differentiation import ChildOutputs, Objective, with_gradient
from enas_tf.models.flow import Flow, Placed
from enas_tf.models.parts import Part, PartFactory
from enas_tf.models.pieces import CallLayer

STEM_KERNEL_SIZE = 3


class MapSize(NamedTuple):
    """Height, width and channels of a map."""

    height: int
    width: int
    channels: int

    @classmethod
    def of(cls, maps: tf.Tensor, data_format: str) -> "MapSize":
        """Returns the size of maps [B, H, W, C] or [B, C, H, W], symbolic ones too."""
        return cls(*(maps.shape[data_format.index(axis)] for axis in "HWC"))

    def halved(self) -> "MapSize":
        """After a stride of 2."""
        return MapSize(-(-self.height // 2), -(-self.width // 2), self.channels)

    def with_channels(self, channels: int) -> "MapSize":
        """The same map with another number of channels."""
        return MapSize(self.height, self.width, channels)


class SharedChild(keras.Model):
    """A network that every architecture of a space runs on, with one set of weights.

    Args:
      config: Sizes.
      seed: The run's root seed.
      quirks: Names of the original's departures that are switched on.
      jit_compile: Whether its pieces are compiled with XLA.
      dtype: The dtype policy of its parts.
      **kwargs: Of `keras.Model`.

    Attributes:
      image_shape: (height, width, channels) of the images.
      reads_averages: Whether moving averages, not batch statistics, are read in evaluation mode.
    """

    image_shape: tuple[int, int, int]
    reads_averages = True

    def __init__(
        self,
        config: ChildConfig,
        seed: int = 0,
        quirks: frozenset[str] = frozenset(),
        jit_compile: bool = False,
        dtype: str | keras.DTypePolicy = "float32",
        **kwargs: Any,
    ) -> None:
        # Layers cast what they compute with. Were weights cast on the way to them, pieces would keep the copies.
        super().__init__(name="child", dtype="float32", **kwargs)
        self.part_policy = keras.dtype_policies.get(dtype)
        self.config = config
        self.seed = seed
        self.quirks = quirks
        self.flow = Flow(jit_compile)
        self._parts = PartFactory(config.data_format, seed, self.part_policy)

    @property
    def auxiliary_variables(self) -> list[keras.Variable]:
        """Trainable variables of the auxiliary head; none where there is no such head."""
        return []

    def wire(self, call: CallLayer, images: tf.Tensor, arc: Sequence[int], training: bool) -> ChildOutputs:
        """Lays an architecture out as calls of this network's layers.

        Args:
          call: Calls a layer, as `call(layer, inputs, training, choice=None)`; what it returns stands for a map.
          images: As in `call`.
          arc: As in `call`.
          training: As in `call`.

        Returns:
          What `call` returned for each output.
        """
        raise NotImplementedError

    def outputs(self, images: tf.Tensor, arc: Sequence[int], training: bool) -> ChildOutputs:
        """Runs an architecture (arguments as `call`). A `tf.GradientTape` sees nothing of it: see `differentiate`."""
        return self.flow.run(lambda call: self.wire(call, images, arc, training))

    def differentiate(
        self,
        objective: Objective,
        images: tf.Tensor,
        labels: tf.Tensor,
        arc: Sequence[int],
        variables: Sequence[tf.Variable],
    ) -> tuple[tuple[tf.Tensor, ...], list[tf.Tensor | None]]:
        """Runs an architecture in training mode and differentiates, as `Differentiable` says."""
        scalars, gradients = self.flow.differentiate(
            lambda call: self.wire(call, images, arc, True), lambda outputs: with_gradient(objective)(outputs, labels)
        )
        return scalars, [gradients.get(id(variable)) for variable in variables]

    def multiply_adds(self, arc: Sequence[int]) -> int:
        """Counts the multiply-adds that one image takes through an architecture in evaluation mode.

        They are those of what runs, as `graph_multiply_adds` says; layers that many architectures share are counted
        once.
        """
        return self.flow.multiply_adds(lambda call: self.wire(call, self._blank, arc, False))

    def layout(self, arc: Sequence[int]) -> list[Placed]:
        """Returns the calls of layers that an architecture makes in evaluation mode."""
        return self.flow.layout(lambda call: self.wire(call, self._blank, arc, False))

    @functools.cached_property
    def _blank(self) -> tf.Tensor:
        return tf.zeros([1, *self.image_shape])

    def call(self, images: tf.Tensor, arc: Sequence[int], training: bool = False) -> tf.Tensor:
        """Runs an architecture.

        Args:
          images: float32 [B, H, W, C], whatever the network's own data format.
          arc: One architecture of the space, as host integers.
          training: Whether moving averages are updated and dropout is on.

        Returns:
          float32 [B, num_classes] logits.
        """
        return self.outputs(images, arc, training).logits

    def _part(self, factory: Callable[..., Part], name: str, size: MapSize, **kwargs: Any) -> Part:
        """Makes a part of the network for inputs of a size; `name` is also its random stream."""
        return self._built(self._parts.make(factory, name, **kwargs), size)

    def _built(self, layer: Part, size: MapSize) -> Part:
        axes = {"N": None, "H": size.height, "W": size.width, "C": size.channels}
        layer.build(tuple(axes[axis] for axis in self.config.data_format))
        return layer

    def _to_data_format(self, images: tf.Tensor) -> tf.Tensor:
        return tf.transpose(images, [0, 3, 1, 2]) if self.config.data_format == "NCHW" else images
