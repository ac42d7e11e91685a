"""Drop path: while training, whole paths of a network are left out at random, the more the longer it trains.

Reference: FractalNet (Larsson et al., 2017); scheduled as in NASNet (Zoph et al., 2018) and the authors' code.
"""

from typing import Any

import keras
import tensorflow as tf

from enas_tf.layers.base import Shape


@keras.saving.register_keras_serializable("enas_tf")
class TrainingProgress(keras.layers.Layer):
    """Gives the number `fraction`: how much of the training is done, from 0 to 1, as the trainer last set it.

    A layer, because that is where a plain Keras model can keep a variable; the input is only what it is called with.
    One per network. It starts at 1: whoever trains the network without setting it drops paths at their full rate.

    Args:
      **kwargs: Of `keras.layers.Layer`.
    """

    def build(self, input_shape: Shape) -> None:
        """Creates the number."""
        self.fraction = self.add_weight(
            name="fraction", shape=(), initializer="ones", trainable=False, dtype="float32", autocast=False
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Returns the number, a float32 scalar, whatever the inputs."""
        return tf.convert_to_tensor(self.fraction)


@keras.saving.register_keras_serializable("enas_tf")
class DropPath(keras.layers.Layer):
    """In training mode each example's map is either zero or divided by the probability of not being zero.

    keep = 1 − progress·(1 − keep_prob), one draw per example; the identity otherwise.

    Args:
      keep_prob: Probability to keep a map at the end of the training.
      seed: Of the draws.
      **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, keep_prob: float, seed: int = 0, **kwargs: Any) -> None:
        # The progress keeps its precision: maps come in the compute type already.
        super().__init__(autocast=False, **kwargs)
        self.keep_prob = keep_prob
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: tf.Tensor, progress: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Drops whole examples of [B, …].

        Args:
          inputs: The maps.
          progress: How much of the training is done, a float32 scalar.
          training: The mode.
        """
        if not training:
            return inputs
        keep_prob = 1.0 - progress * (1.0 - self.keep_prob)
        shape = [tf.shape(inputs)[0], *[1] * (len(inputs.shape) - 1)]
        kept = keras.random.uniform(shape, dtype="float32", seed=self.seed_generator) < keep_prob
        return inputs * tf.cast(tf.where(kept, 1.0 / keep_prob, 0.0), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "keep_prob": self.keep_prob, "seed": self.seed}
