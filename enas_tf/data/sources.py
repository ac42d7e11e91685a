"""Choosing the source of the images by the flags."""

import pathlib

from enas_tf.config import DataConfig
from enas_tf.data import digits
from enas_tf.data.cifar10_python import TEST_FILE, TRAIN_FILES, holds_cifar10_batches, read_cifar10_batches
from enas_tf.data.class_order import without_class_order
from enas_tf.data.image_folder import LAYOUT, holds_image_folder, read_image_folder
from enas_tf.data.image_set import SMALLEST_SIDE, ImageSet, check_image_set
from enas_tf.data.resizing import resize_image_set
from enas_tf.data.tfds_source import read_tfds
from enas_tf.errors import InputError


def load_images(config: DataConfig) -> ImageSet:
    """Reads all images into memory: from `data_path` if given, else the data set named `dataset`.

    Images that a source holds sorted by class come in one arbitrary order; all others in that of their source.

    Raises:
      InputError: If they cannot be read, or no network can be trained on them.
    """
    if config.image_size is not None and config.image_size < SMALLEST_SIDE:
        raise InputError("--image_size", f"at least {SMALLEST_SIDE}, to survive two reductions", config.image_size)
    image_set = without_class_order(_read(config))
    if config.image_size is not None:
        image_set = resize_image_set(image_set, config.image_size)
    check_image_set(image_set, config.source_flag)
    return image_set


def _read(config: DataConfig) -> ImageSet:
    if config.data_path:
        return _read_directory(config)
    if config.dataset == digits.NAME:
        return digits.read_digits()
    return read_tfds(config)


def _read_directory(config: DataConfig) -> ImageSet:
    directory = pathlib.Path(config.data_path).expanduser()
    if not directory.is_dir():
        received = "a file" if directory.exists() else "nothing there"
        raise InputError(config.source_flag, "a directory", received)
    if holds_cifar10_batches(directory):
        return read_cifar10_batches(directory)
    if holds_image_folder(directory):
        return read_image_folder(directory, config.image_size)
    layouts = f"{TRAIN_FILES[0]} to {TRAIN_FILES[-1]} and {TEST_FILE} (CIFAR-10, python version), or {LAYOUT}"
    raise InputError(config.source_flag, layouts, "a directory with neither")
