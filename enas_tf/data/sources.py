"""Choosing the source of the images by the flags."""

import dataclasses
import pathlib
from collections.abc import Callable

from enas_tf.config import DataConfig
from enas_tf.data import digits
from enas_tf.data.cifar10_python import TEST_FILE, TRAIN_FILES, holds_cifar10_batches, read_cifar10_batches
from enas_tf.data.class_order import without_class_order
from enas_tf.data.image_folder import LAYOUT, holds_image_folder, read_image_folder
from enas_tf.data.image_set import SMALLEST_SIDE, ImageSet, check_image_set
from enas_tf.data.resizing import resize_image_set
from enas_tf.data.storage import Storage
from enas_tf.data.stored_images import StoredImages
from enas_tf.data.tfds_source import read_tfds
from enas_tf.errors import InputError


def load_images(config: DataConfig, tell: Callable[[str], object] = lambda line: None) -> ImageSet:
    """Reads all images: from `data_path` if given, else the data set named `dataset`.

    They are then in memory or, where they would take more of it than settings allow, on disk. Images that
    a source holds sorted by class come in one arbitrary order; all others in that of their source. Of test images there
    are as many as settings say.

    Args:
      config: Which images.
      tell: Is told, in a line, what they take before they are read, where that is not said by their name.

    Raises:
      InputError: If they cannot be read, or no network can be trained on them.
    """
    if config.image_size is not None and config.image_size < SMALLEST_SIDE:
        raise InputError("--image_size", f"at least {SMALLEST_SIDE}, to survive two reductions", config.image_size)
    storage = Storage.of(config, tell)
    image_set = without_class_order(_read(config, storage))
    if config.image_size is not None:
        image_set = resize_image_set(image_set, config.image_size, storage, config.source_flag)
    # Here, and not where the rest is split, since a trained network is measured on them without a split.
    some = slice(config.num_test_images)
    image_set = image_set.with_parts({"test": (image_set.test_images[some], image_set.test_labels[some])})
    check_image_set(image_set, config.source_flag)
    if isinstance(image_set.train_images, StoredImages):
        note = f"Images are read by index from {image_set.train_images.path.parent}"
        image_set = dataclasses.replace(image_set, notes=(*image_set.notes, note))
    return image_set


def _read(config: DataConfig, storage: Storage) -> ImageSet:
    if config.data_path:
        return _read_directory(config, storage)
    if config.dataset == digits.NAME:
        return digits.read_digits()
    return read_tfds(config, storage)


def _read_directory(config: DataConfig, storage: Storage) -> ImageSet:
    directory = pathlib.Path(config.data_path).expanduser()
    if not directory.is_dir():
        received = "a file" if directory.exists() else "nothing there"
        raise InputError(config.source_flag, "a directory", received)
    if holds_cifar10_batches(directory):
        return read_cifar10_batches(directory)
    if holds_image_folder(directory):
        return read_image_folder(directory, config.image_size, storage)
    layouts = f"{TRAIN_FILES[0]} to {TRAIN_FILES[-1]} and {TEST_FILE} (CIFAR-10, python version), or {LAYOUT}"
    raise InputError(config.source_flag, layouts, "a directory with neither")
