"""Batch normalization as the original keeps it: fused, decay 0.9, moving averages zero-debiased or plain."""

from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import Shape
from enas_tf.layers.kernels import batch_normalize

Statistics = tuple[tf.Tensor, tf.Tensor]


def normalize(
    inputs: tf.Tensor,
    scale: tf.Tensor,
    offset: tf.Tensor,
    epsilon: float,
    data_format: str,
    statistics: Statistics | None = None,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Computes scale · (x − mean) / sqrt(variance + epsilon) + offset per channel, in float32.

    Args:
      inputs: [B, H, W, C] or [B, C, H, W], of any floating type.
      scale: float32 [C].
      offset: float32 [C].
      epsilon: Added to the variance.
      data_format: `NHWC` or `NCHW`.
      statistics: Mean and variance, float32 [C]; None for those of the batch.

    Returns:
      The normalized map in the type of the inputs, and mean and unbiased variance, float32 [C].
    """
    maps, scale, offset = tf.cast(inputs, tf.float32), tf.convert_to_tensor(scale), tf.convert_to_tensor(offset)
    if statistics is None:
        outputs, mean, variance = batch_normalize(maps, scale, offset, epsilon, data_format)
    else:
        mean, variance = map(tf.convert_to_tensor, statistics)
        outputs, *_ = tf.raw_ops.FusedBatchNormV3(
            x=maps,
            scale=scale,
            offset=offset,
            mean=mean,
            variance=variance,
            epsilon=epsilon,
            data_format=data_format,
            is_training=False,
        )
    return tf.cast(outputs, inputs.dtype), mean, variance


@keras.saving.register_keras_serializable("enas_tf")
class BatchNormalization(keras.layers.Layer):
    """Normalizes over batch and map, per channel; always in float32.

    In training mode: y = scale · (x − mean(x)) / sqrt(var(x) + epsilon) + offset, and the moving averages follow. The
    variance that enters the moving average is the unbiased one (factor n/(n−1)), as TensorFlow's fused kernel gives it.

    Plain averages: moving ← decay·moving + (1 − decay)·value. Zero-debiased ones, TensorFlow 1's default in
    `assign_moving_average`, keep a hidden sum that starts at zero: biased ← decay·biased + (1 − decay)·value and
    moving = biased / (1 − decay^steps).

    Args:
      epsilon: Added to the variance.
      decay: Of the moving averages.
      zero_debias: Which of the two kinds of moving average is kept.
      data_format: `NHWC` or `NCHW`.
      **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(
        self,
        epsilon: float = 1e-5,
        decay: float = 0.9,
        zero_debias: bool = True,
        data_format: str = "NHWC",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.decay = decay
        self.zero_debias = zero_debias
        self.data_format = data_format

    def build(self, input_shape: Shape) -> None:
        """Creates one value per channel of each weight and statistic."""
        channels = input_shape[self.data_format.index("C")]

        def weight(name: str, initializer: str, trainable: bool) -> keras.Variable:
            return self.add_weight(
                name=name,
                shape=(channels,),
                initializer=initializer,
                trainable=trainable,
                dtype="float32",
                autocast=False,
            )

        self.scale = weight("scale", "ones", True)
        self.offset = weight("offset", "zeros", True)
        self.moving_mean = weight("moving_mean", "zeros", False)
        self.moving_variance = weight("moving_variance", "ones", False)
        if self.zero_debias:
            self.biased_mean = weight("biased_mean", "zeros", False)
            self.biased_variance = weight("biased_variance", "zeros", False)
            self.num_updates = self.add_weight(
                name="num_updates", shape=(), initializer="zeros", trainable=False, dtype="float32", autocast=False
            )

    def call(self, inputs: tf.Tensor, training: bool = False, used: tf.Tensor | None = None) -> tf.Tensor:
        """Normalizes a map of any floating type; the result has the same type.

        Args:
          inputs: [B, H, W, C] or [B, C, H, W].
          training: The mode.
          used: Which channels' averages follow, bool [C]; None for all. Zero-debiased ones follow together only.

        Raises:
          ValueError: If zero-debiased averages were to follow apart.
        """
        if used is not None and self.zero_debias:
            raise ValueError(f"{self.name}: expected plain averages for a part of the channels, received zero-debiased")
        statistics = None if training else (self.moving_mean, self.moving_variance)
        outputs, mean, variance = normalize(inputs, self.scale, self.offset, self.epsilon, self.data_format, statistics)
        if training:
            self._move_averages(tf.stop_gradient(mean), tf.stop_gradient(variance), used)
        return outputs

    def forget(self) -> None:
        """Sets the averages to zero, from where they follow anew."""
        kept = [self.moving_mean, self.moving_variance]
        if self.zero_debias:
            kept += [self.biased_mean, self.biased_variance, self.num_updates]
        for variable in kept:
            variable.assign(tf.zeros(variable.shape))

    def make_up_for_start(self, num_updates: int) -> None:
        """Makes averages of the batches alone of plain ones that have followed since `forget`, so many times.

        Zero-debiased ones are that already.
        """
        if not self.zero_debias:
            for moving in (self.moving_mean, self.moving_variance):
                moving.assign(moving / (1.0 - self.decay**num_updates))

    def _move_averages(self, mean: tf.Tensor, variance: tf.Tensor, used: tf.Tensor | None) -> None:
        if not self.zero_debias:
            for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
                average = self._average(moving, value)
                moving.assign(average if used is None else tf.where(used, average, moving))
            return
        self.biased_mean.assign(self._average(self.biased_mean, mean))
        self.biased_variance.assign(self._average(self.biased_variance, variance))
        self.num_updates.assign_add(1.0)
        weight = 1.0 - tf.pow(self.decay, tf.convert_to_tensor(self.num_updates))
        self.moving_mean.assign(self.biased_mean / weight)
        self.moving_variance.assign(self.biased_variance / weight)

    def _average(self, moving: keras.Variable, value: tf.Tensor) -> tf.Tensor:
        return self.decay * moving + (1.0 - self.decay) * value

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "decay": self.decay,
            "zero_debias": self.zero_debias,
            "data_format": self.data_format,
        }
