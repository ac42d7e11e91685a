"""Which source the flags choose, and the checks that hold for every source."""

import pickle

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import DataConfig
from enas_tf.data import load_images
from enas_tf.errors import InputError


def test_digits_by_name():
    assert load_images(DataConfig(dataset="digits")).name == "digits"


def test_image_size_resizes_any_source():
    assert load_images(DataConfig(dataset="digits", image_size=12)).image_shape == (12, 12, 1)


def test_data_path_goes_before_dataset_and_knows_cifar10_batches(tmp_path):
    batch = {"data": np.eye(2, 3072, dtype=np.uint8), "labels": [0, 9]}
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
        (tmp_path / name).write_bytes(pickle.dumps(batch))
    image_set = load_images(DataConfig(dataset="digits", data_path=str(tmp_path)))
    assert image_set.image_shape == (32, 32, 3)


def test_labels_beyond_the_classes_are_refused(tmp_path):
    batch = {"data": np.eye(2, 3072, dtype=np.uint8), "labels": [0, 10]}
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
        (tmp_path / name).write_bytes(pickle.dumps(batch))
    with pytest.raises(InputError, match=r"--data_path=.*labels in 0\.\.9"):
        load_images(DataConfig(data_path=str(tmp_path)))


def test_data_path_knows_image_folders_and_small_images_can_be_enlarged(tmp_path):
    for split in ("train", "test"):
        for name in ("a", "b"):
            (tmp_path / split / name).mkdir(parents=True)
            image = tf.io.encode_png(np.eye(5, 9, dtype=np.uint8)[..., np.newaxis]).numpy()
            (tmp_path / split / name / "0.png").write_bytes(image)
    with pytest.raises(InputError, match="--data_path=.*two reductions.*--image_size.*5x9"):
        load_images(DataConfig(data_path=str(tmp_path)))
    assert load_images(DataConfig(data_path=str(tmp_path), image_size=8)).image_shape == (8, 8, 1)


def test_a_directory_with_neither_layout_is_told_of_both(tmp_path):
    with pytest.raises(InputError, match=r"--data_path=.*data_batch_1 to data_batch_5.*train/<class>/\*"):
        load_images(DataConfig(data_path=str(tmp_path)))


def test_a_file_or_nothing_in_place_of_the_directory_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="--data_path=.*expected a directory, received a file"):
        load_images(DataConfig(data_path=str(tmp_path / "file")))
    with pytest.raises(InputError, match="--data_path=.*expected a directory, received nothing there"):
        load_images(DataConfig(data_path=str(tmp_path / "nowhere")))


@pytest.mark.parametrize("size", [7, 0, -1])
def test_an_image_size_below_eight_is_refused(size):
    with pytest.raises(InputError, match="--image_size: expected at least 8"):
        load_images(DataConfig(dataset="digits", image_size=size))
