"""The head of every network: global average pooling, dropout, a matrix without bias."""

from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import Shape
from enas_tf.layers.convolution import he_normal
from enas_tf.seeds import derive_seed


@keras.saving.register_keras_serializable("enas_tf")
class Classifier(keras.layers.Layer):
    """Maps [B, H, W, C] to float32 logits [B, num_classes].

    Args:
      num_classes: Of the data set.
      keep_prob: Probability to keep a feature in training mode.
      input_relu: Whether the input is rectified first.
      seed: Of the weights and of the dropout.
      data_format: `NHWC` or `NCHW`.
      **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(
        self,
        num_classes: int,
        keep_prob: float,
        input_relu: bool = False,
        seed: int = 0,
        data_format: str = "NHWC",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.keep_prob = keep_prob
        self.input_relu = input_relu
        self.seed = seed
        self.data_format = data_format
        self.dropout = keras.layers.Dropout(1.0 - keep_prob, seed=derive_seed(seed, "dropout")[0], dtype="float32")
        self.fc = keras.layers.Dense(
            num_classes, use_bias=False, kernel_initializer=he_normal(seed, "fc"), dtype="float32", name="fc"
        )

    def build(self, input_shape: Shape) -> None:
        """Builds the matrix."""
        self.fc.build((None, input_shape[self.data_format.index("C")]))

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns the logits."""
        inputs = tf.nn.relu(inputs) if self.input_relu else inputs
        axes = [self.data_format.index(axis) for axis in "HW"]
        features = tf.reduce_mean(tf.cast(inputs, tf.float32), axis=axes)  # [B, C]
        return self.fc(self.dropout(features, training=training))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "keep_prob": self.keep_prob,
            "input_relu": self.input_relu,
            "seed": self.seed,
            "data_format": self.data_format,
        }
