"""The auxiliary head: a second classifier half-way up a micro network, for training only."""

from typing import Any

import keras
import tensorflow as tf

from enas_tf.errors import InputError
from enas_tf.layers.base import ChildLayer, Shape
from enas_tf.layers.classifier import Classifier
from enas_tf.layers.convolution import NormalizedConvolution

POOL_SIZE, POOL_STRIDE = 5, 3
PROJECTION_FILTERS, FEATURE_FILTERS = 128, 768


@keras.saving.register_keras_serializable("enas_tf")
class AuxiliaryHead(ChildLayer):
    """Relu, 5×5 average pooling at stride 3, 1×1 convolution to 128, convolution over the whole map to 768, classifier.

    Both convolutions are followed by batch normalization and relu.

    Args:
      num_classes: Of the data set.
      filters: Channels of the second convolution.
      **kwargs: Of `ChildLayer`.
    """

    def __init__(self, num_classes: int, filters: int = FEATURE_FILTERS, **kwargs: Any) -> None:
        super().__init__(filters, **kwargs)
        self.num_classes = num_classes

    def build(self, input_shape: Shape) -> None:
        """Builds all parts; the second convolution is as large as the map it sees.

        Raises:
          InputError: If the map is too small to be pooled.
        """
        height, width, channels = (input_shape[self.data_format.index(axis)] or 0 for axis in "HWC")
        if min(height, width) < POOL_SIZE:
            least = f"maps of {POOL_SIZE}x{POOL_SIZE} or more behind both reductions"
            raise InputError("--child_use_aux_heads", least, f"{height}x{width}")
        map_size = 1 + (height - POOL_SIZE) // POOL_STRIDE, 1 + (width - POOL_SIZE) // POOL_STRIDE
        arguments = {"seed": self.seed, **self.part_arguments}
        self.projection = NormalizedConvolution(PROJECTION_FILTERS, 1, relu=True, name="projection", **arguments)
        self.features = NormalizedConvolution(self.filters, map_size, relu=True, name="features", **arguments)
        self.classifier = Classifier(self.num_classes, keep_prob=1.0, name="classifier", **arguments)
        sizes = {"N": None, "H": map_size[0], "W": map_size[1], "C": channels}
        pooled = tuple(sizes[axis] for axis in self.data_format)
        self.projection.build(pooled)
        self.features.build(self.with_filters(pooled, PROJECTION_FILTERS))
        self.classifier.build(self.with_filters(pooled, self.filters))

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps [B, H, W, C] to float32 logits [B, num_classes]."""
        window, strides = (POOL_SIZE, POOL_SIZE), (POOL_STRIDE, POOL_STRIDE)
        pooled = tf.nn.pool(tf.nn.relu(inputs), window, "AVG", strides, "VALID", data_format=self.data_format)
        features = self.features(self.projection(pooled, training=training), training=training)
        return self.classifier(features, training=training)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_classes": self.num_classes}
