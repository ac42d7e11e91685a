"""A network that needs no training: it calls dark images cats and bright ones dogs."""

import keras
import numpy as np
import tensorflow as tf

from enas_tf.models.whole_network import whole_network

CLASS_NAMES = ("cat", "dog")
IMAGE_SHAPE = (8, 10, 3)


def make_network(image_shape=IMAGE_SHAPE, class_names=CLASS_NAMES) -> keras.Model:
    """Dark and bright are less and more than 100; of further classes none is ever seen."""
    images = keras.Input(image_shape, name="images")
    dense = keras.layers.Dense(len(class_names), use_bias=False)
    network = keras.Model(images, dense(keras.layers.GlobalAveragePooling2D()(images)), name="made_network")
    kernel = np.zeros((image_shape[-1], len(class_names)), np.float32)
    kernel[:, 1] = 1.0
    kernel[:, 2:] = -9.0
    dense.set_weights([kernel])
    mean, std = np.full(image_shape[-1], 100, np.float32), np.full(image_shape[-1], 10, np.float32)
    return whole_network(network, mean, std, class_names)


def write_image(path, value: int, shape=IMAGE_SHAPE):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(np.full(shape, value, np.uint8)).numpy())
    return path
