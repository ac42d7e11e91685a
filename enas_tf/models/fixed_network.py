"""What the networks of one fixed arc have in common: plain Keras models, built of registered layers.

Such a model is functional: saved as a `.keras` file it loads wherever `enas_tf.layers` is imported.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from enas_tf.layers.convolution import NormalizedConvolution
from enas_tf.layers.drop_path import TrainingProgress
from enas_tf.models.complexity import complexity_of
from enas_tf.models.differentiation import ChildOutputs, DifferentiatedByTape
from enas_tf.models.parts import PartFactory
from enas_tf.models.shared_child import STEM_KERNEL_SIZE


class FixedNetwork:
    """The network of one arc.

    Args:
      images: Its symbolic input.
      outputs: What it says of them, symbolic as well.
      name: Of the Keras model.

    Attributes:
      network: The Keras model, from images float32 [B, H, W, C] to float32 logits [B, num_classes], whatever its data
        format. This is what is evaluated, measured and saved; it has no auxiliary head.
    """

    def __init__(self, images: keras.KerasTensor, outputs: ChildOutputs, name: str) -> None:
        self.network = keras.Model(images, outputs.logits, name=name)
        self._has_auxiliary_head = outputs.auxiliary_logits is not None
        self._trained_network = self.network
        if self._has_auxiliary_head:
            self._trained_network = keras.Model(images, list(outputs), name=f"{name}_with_auxiliary_head")

    def outputs(self, images: tf.Tensor, training: bool) -> ChildOutputs:
        """Runs the network; its trainer compiles it together with what else a step does.

        Args:
          images: float32 [B, H, W, C].
          training: Whether moving averages are updated, dropout and drop path are on, and the auxiliary head runs.
        """
        if training and self._has_auxiliary_head:
            return ChildOutputs(*self._trained_network(images, training=True))
        return ChildOutputs(self.network(images, training=training))

    def set_progress(self, fraction: float | tf.Tensor) -> None:
        """Says how much of the training is done, from 0 to 1: the rate of drop path grows with it."""
        for layer in self.layers:
            if isinstance(layer, TrainingProgress):
                layer.fraction.assign(fraction)

    @property
    def layers(self) -> list[keras.layers.Layer]:
        """All layers, the auxiliary head included."""
        return self._trained_network.layers

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables, those of the auxiliary head and the states of random generators included."""
        return self._trained_network.variables

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """All variables an optimizer may move, those of the auxiliary head included."""
        return self._trained_network.trainable_variables

    @property
    def auxiliary_variables(self) -> list[keras.Variable]:
        """Trainable variables of the auxiliary head; none where there is no such head."""
        kept = {id(variable) for variable in self.network.trainable_variables}
        return [variable for variable in self.trainable_variables if id(variable) not in kept]


def make_stem(
    parts: PartFactory, image_shape: tuple[int, int, int], filters: int
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Begins a network.

    Args:
      parts: Makes its layers.
      image_shape: (height, width, channels) of the images.
      filters: Channels of the stem.

    Returns:
      The symbolic images [B, H, W, C], and the stem's output in the network's data format.
    """
    images = maps = keras.Input(image_shape, name="images")
    if parts.data_format == "NCHW":
        maps = keras.layers.Permute((3, 1, 2), dtype=parts.dtype, name="to_nchw")(images)
    stem = parts.make(NormalizedConvolution, "stem", filters=filters, kernel_size=STEM_KERNEL_SIZE)
    return images, stem(maps)


def concatenate(parts: PartFactory, name: str, maps: list[keras.KerasTensor]) -> keras.KerasTensor:
    """Joins maps along their channels; a single one stays as it is."""
    if len(maps) == 1:
        return maps[0]
    axis = parts.data_format.index("C")
    return keras.layers.Concatenate(axis=axis, dtype=parts.dtype, name=name)(maps)


class FixedChild(DifferentiatedByTape):
    """The network of one architecture as trainers and evaluators call a child.

    Args:
      network: The network.
      jit_compile: Whether it is compiled with XLA.
    """

    def __init__(self, network: FixedNetwork, jit_compile: bool = False) -> None:
        self.network = network
        self._run = tf.function(network.outputs, jit_compile=jit_compile, autograph=False, reduce_retracing=True)

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables."""
        return self.network.variables

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """All variables an optimizer may move."""
        return self.network.trainable_variables

    @property
    def auxiliary_variables(self) -> list[keras.Variable]:
        """Trainable variables of the auxiliary head."""
        return self.network.auxiliary_variables

    def multiply_adds(self, arc: Sequence[int]) -> int:
        """Counts those that one image takes through the network in evaluation mode."""
        return complexity_of(self.network.network).multiply_adds

    def outputs(self, images: tf.Tensor, arc: Sequence[int], training: bool) -> ChildOutputs:
        """Runs the network on float32 images [B, H, W, C]; it has but one architecture."""
        return self._run(images, training)

    def __call__(self, images: tf.Tensor, arc: Sequence[int], training: bool) -> tf.Tensor:
        """Returns the logits alone."""
        return self.outputs(images, arc, training).logits
