"""Which source the flags choose, and the checks that hold for every source."""

import dataclasses
import pickle

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import DataConfig
from enas_tf.data import SearchData, load_images
from enas_tf.data.fingerprint import Fingerprint
from enas_tf.errors import InputError


def test_digits_by_name():
    image_set = load_images(DataConfig(dataset="digits"))
    assert image_set.name == "digits"
    # Of the very images in the very order in which they have always been read.
    assert Fingerprint(image_set, "--dataset").state() == "f34f00d31fcf69113055ecc3ec4eaa1f"


def test_fewer_test_images_are_those_of_every_reader():
    config = DataConfig(dataset="digits")
    fewer = load_images(dataclasses.replace(config, num_test_images=20))
    np.testing.assert_array_equal(fewer.test_images, load_images(config).test_images[:20])
    assert len(fewer.test_labels) == 20 and len(fewer.train_labels) == 1438
    with pytest.raises(InputError, match="--num_test_images: expected between 1 and the 359 test images"):
        too_many = dataclasses.replace(config, num_test_images=400)
        SearchData(load_images(too_many), too_many, seed=0)


def test_image_size_resizes_any_source():
    assert load_images(DataConfig(dataset="digits", image_size=12)).image_shape == (12, 12, 1)


def test_data_path_goes_before_dataset_and_knows_cifar10_batches(tmp_path):
    batch = {"data": np.eye(2, 3072, dtype=np.uint8), "labels": [0, 9]}
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
        (tmp_path / name).write_bytes(pickle.dumps(batch))
    image_set = load_images(DataConfig(dataset="digits", data_path=str(tmp_path)))
    assert image_set.image_shape == (32, 32, 3)


def _write_batches(directory, labels_of) -> None:
    """Six pickles of 40 images, the value of an image being its number in its file."""
    rows = np.repeat(np.arange(40, dtype=np.uint8)[:, None], 3072, axis=1)
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
        (directory / name).write_bytes(pickle.dumps({"data": rows, "labels": labels_of(name)}))


def test_pickles_sorted_by_class_are_read_in_an_order_that_is_not(tmp_path):
    _write_batches(tmp_path, lambda name: np.repeat(np.arange(10), 4).tolist())
    image_set = load_images(DataConfig(data_path=str(tmp_path)))
    assert len(set(image_set.train_labels[-20:])) > 5
    np.testing.assert_array_equal(image_set.train_images[:, 0, 0, 0] // 4, image_set.train_labels)
    assert "training and test images" in image_set.notes[0]


def test_pickles_in_another_order_keep_it(tmp_path):
    labels = {}

    def arbitrary(name: str) -> list[int]:
        labels[name] = np.random.default_rng(len(labels)).integers(0, 10, 40).tolist()
        return labels[name]

    _write_batches(tmp_path, arbitrary)
    image_set = load_images(DataConfig(data_path=str(tmp_path)))
    assert image_set.train_labels.tolist() == [label for name in list(labels)[:5] for label in labels[name]]
    assert image_set.test_labels.tolist() == labels["test_batch"]
    np.testing.assert_array_equal(image_set.train_images[:, 0, 0, 0], np.tile(np.arange(40), 5))
    assert image_set.notes == ()


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
