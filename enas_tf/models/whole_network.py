"""A trained network as it is saved: from images as they are to probabilities of named classes, on any machine."""

from collections.abc import Sequence

import keras
import numpy as np

from enas_tf.layers.whole_network import ClassProbabilities, PixelNormalization

# Of the saved network, and of whatever is exported from it.
INPUT, OUTPUT = "image", "probabilities"
NORMALIZATION = "normalization"
_CHANNELS_FIRST, _CHANNELS_LAST = "NCHW", "NHWC"


def whole_network(network: keras.Model, mean: np.ndarray, std: np.ndarray, class_names: Sequence[str]) -> keras.Model:
    """Puts a network's normalization before it and probabilities behind it.

    The network itself is a layer of the result, under its own name, and shares its weights with it; one that has its
    channels first is copied, since few CPUs run such a network.

    Args:
      network: From normalized images [B, H, W, C] to logits [B, num_classes].
      mean: Of each channel of the images, float32 [C], in units of 0..255.
      std: Likewise.
      class_names: By label.

    Returns:
      The whole network: from `image`, [B, H, W, C] of any type with values from 0 to 255, to `probabilities`, float32
      [B, num_classes].
    """
    if any(getattr(layer, "data_format", None) == _CHANNELS_FIRST for layer in network.layers):
        network = portable_copy(network)
    shape = network.input_shape  # type: ignore[attr-defined]  # of functional models, which Keras names nowhere
    images = keras.Input(shape[1:], name=INPUT)
    normalized = PixelNormalization(mean.tolist(), std.tolist(), dtype="float32", name=NORMALIZATION)(images)
    probabilities = ClassProbabilities(class_names, dtype="float32", name=OUTPUT)(network(normalized))
    return keras.Model(images, probabilities, name="trained_network")


def portable_copy(network: keras.Model, dtype: str | None = None) -> keras.Model:
    """Copies a network, its weights included, so that every machine can run it: channels come last.

    Args:
      network: A network of one architecture, or a whole one.
      dtype: Dtype policy of all its layers; None for those they have.
    """

    def portable(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if dtype is not None:
            config["dtype"] = dtype
        if config.get("data_format") == _CHANNELS_FIRST:
            config["data_format"] = _CHANNELS_LAST
        if first and isinstance(layer, keras.layers.Permute):
            config["dims"] = (1, 2, 3)
        if first and isinstance(layer, keras.layers.Concatenate):
            config["axis"] = -1
        return type(layer).from_config(config)

    first = any(getattr(layer, "data_format", None) == _CHANNELS_FIRST for layer in network.layers)
    copy = keras.models.clone_model(network, clone_function=portable, recursive=True)
    copy.set_weights(network.get_weights())
    return copy
