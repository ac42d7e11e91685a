"""TFDS data sets by name, prepared in a temporary directory and read without a network."""

import io
import os
import socket

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from enas_tf.config import DataConfig
from enas_tf.data.fingerprint import Fingerprint
from enas_tf.data.storage import Storage
from enas_tf.data.stored_images import StoredImages
from enas_tf.data.tfds_source import read_tfds
from enas_tf.errors import InputError

CLASSES = ["red", "green", "blue"]
SIZES = {"train": 20, "test": 6, "validation": 4}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_arguments):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


class TinyColours(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Images whose brightness is their number, labelled by it modulo 3."""

    VERSION = tfds.core.Version("1.0.0")

    def __init__(
        self, splits=("train", "test"), shapes=((8, 9, 3),), features=None, in_order=False, first_file=None, **kwargs
    ):
        self._splits = splits
        self._shapes = shapes
        self._features = features or ("image", "label")
        self._in_order = in_order
        self._first_file = first_file
        super().__init__(**kwargs)

    def _info(self):
        height, width, channels = self._shapes[0]
        if len(self._shapes) > 1:
            height = width = None
        kinds = {
            "image": tfds.features.Image(shape=(height, width, channels)),
            "deep": tfds.features.Image(shape=(height, width, channels), dtype=np.uint16),
            "label": tfds.features.ClassLabel(names=CLASSES),
            "coarse": tfds.features.ClassLabel(num_classes=2),
            "fine": tfds.features.ClassLabel(num_classes=5),
            "caption": tfds.features.Text(),
        }
        supervised = ("image", "label") if {"image", "label"} <= set(self._features) else None
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict({name: kinds[name] for name in self._features}),
            supervised_keys=supervised,
            disable_shuffling=self._in_order,
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(SIZES[split]) for split in self._splits}

    def _generate_examples(self, count):
        for i in range(count):
            shape = self._shapes[i % len(self._shapes)]
            values = {
                "image": np.full(shape, i, np.uint8),
                "deep": np.full(shape, i, np.uint16),
                "label": i % 3,
                "coarse": i % 2,
                "fine": i % 5,
                "caption": str(i),
            }
            if self._first_file is not None and not i:
                values["image"] = io.BytesIO(self._first_file)
            yield i, {name: values[name] for name in self._features}


def _prepare(tmp_path, **kwargs) -> DataConfig:
    TinyColours(data_dir=str(tmp_path), **kwargs).download_and_prepare()
    return DataConfig(dataset="tiny_colours", data_dir=str(tmp_path), download=False)


def test_a_prepared_set_is_read_without_its_code(tmp_path):
    image_set = read_tfds(_prepare(tmp_path))
    assert image_set.train_images.shape == (20, 8, 9, 3)
    assert image_set.test_images.shape == (6, 8, 9, 3)
    assert image_set.train_images.dtype == np.uint8
    assert image_set.train_labels.dtype == np.int32
    assert image_set.class_names == tuple(CLASSES)
    assert image_set.num_classes == 3
    np.testing.assert_array_equal(image_set.train_images[:, 0, 0, 0] % 3, image_set.train_labels)
    np.testing.assert_array_equal(np.sort(image_set.train_images[:, 0, 0, 0]), np.arange(20))


def test_a_prepared_set_is_read_with_download_allowed_too(tmp_path):
    _prepare(tmp_path)
    image_set = read_tfds(DataConfig(dataset="tiny_colours:1.0.0", data_dir=str(tmp_path)))
    assert len(image_set.train_images) == 20


def test_validation_stands_in_for_test(tmp_path):
    assert len(read_tfds(_prepare(tmp_path, splits=("train", "validation"))).test_images) == 4


def test_validation_beside_test_is_the_validation_set(tmp_path):
    image_set = read_tfds(_prepare(tmp_path, splits=("train", "test", "validation")))
    assert [len(image_set.train_images), len(image_set.test_images), len(image_set.valid_images)] == [20, 6, 4]
    np.testing.assert_array_equal(image_set.valid_images[:, 0, 0, 0] % 3, image_set.valid_labels)
    assert image_set.notes == ("tiny_colours's split validation is the validation set; no training image is held out",)


def test_a_16_bit_png_among_images_of_8_bits_is_refused(tmp_path):
    deep = tf.io.encode_png(np.full((8, 9, 3), 3000, np.uint16)).numpy()
    with pytest.raises(InputError, match="images of 8 bits a channel, received a PNG file of 16 bits in the split tr"):
        read_tfds(_prepare(tmp_path, first_file=deep))


def test_a_fifth_of_train_stands_in_for_both(tmp_path):
    image_set = read_tfds(_prepare(tmp_path, splits=("train",)))
    assert (len(image_set.train_images), len(image_set.test_images)) == (16, 4)
    everything = np.concatenate([image_set.train_images, image_set.test_images])
    np.testing.assert_array_equal(np.sort(everything[:, 0, 0, 0]), np.arange(20))


def test_a_set_stored_in_order_is_shuffled(tmp_path):
    image_set = read_tfds(_prepare(tmp_path, in_order=True))
    order = image_set.train_images[:, 0, 0, 0]
    assert list(order) != sorted(order)
    np.testing.assert_array_equal(order % 3, image_set.train_labels)


def test_a_large_set_is_read_from_disk_and_again_when_its_files_change(tmp_path):
    config = _prepare(tmp_path / "sets", splits=("train", "test", "validation"))
    storage = Storage(0.0, tmp_path / "cache")
    before = Fingerprint(read_tfds(config), "").state()
    for _ in range(2):
        on_disk = read_tfds(config, storage)
        assert isinstance(on_disk.train_images, StoredImages)
        assert Fingerprint(on_disk, "").state() == before
    assert len([entry for entry in (tmp_path / "cache").iterdir() if entry.is_dir()]) == 1
    os.utime(next(tmp_path.rglob("*train*.tfrecord*")), (1, 1))
    read_tfds(config, storage)
    assert len([entry for entry in (tmp_path / "cache").iterdir() if entry.is_dir()]) == 2


def test_images_of_varying_size_need_image_size(tmp_path):
    config = _prepare(tmp_path, shapes=((8, 8, 1), (12, 10, 1)))
    with pytest.raises(
        InputError, match="--dataset=tiny_colours.*--image_size.*8x8 and 12x10|12x10 and 8x8, .* in image 1"
    ):
        read_tfds(config)
    resized = read_tfds(DataConfig(config.dataset, config.data_dir, download=False, image_size=16))
    assert resized.train_images.shape == (20, 16, 16, 1)
    np.testing.assert_array_equal(resized.train_images[:, 15, 15, 0] % 3, resized.train_labels)


@pytest.mark.parametrize(
    ("features", "complaint"),
    [
        (("image", "caption"), "one class label.*none among its features caption, image|image, caption"),
        (("label", "caption"), "one image .*received none"),
        (("image", "coarse", "fine"), "one class label.*received 2"),
        (("deep", "label"), "images of 8 bits, received uint16"),
    ],
)
def test_what_is_no_image_classification_set_is_refused(tmp_path, features, complaint):
    with pytest.raises(InputError, match=f"--dataset=tiny_colours: .*{complaint}"):
        read_tfds(_prepare(tmp_path, features=features))


def test_the_label_marked_for_supervised_learning_wins(tmp_path):
    assert read_tfds(_prepare(tmp_path, features=("image", "label", "fine"))).num_classes == 3


def test_a_set_without_train_is_refused(tmp_path):
    with pytest.raises(InputError, match="a split train, received test"):
        read_tfds(_prepare(tmp_path, splits=("test",)))


def test_a_missing_data_file_is_reported(tmp_path):
    config = _prepare(tmp_path)
    next(tmp_path.rglob("*train*")).unlink()
    with pytest.raises(InputError, match="complete files of the split train"):
        read_tfds(config)


def test_a_truncated_data_file_is_reported(tmp_path):
    config = _prepare(tmp_path)
    file = next(tmp_path.rglob("*test*"))
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(InputError, match="complete files of the split test"):
        read_tfds(config)


@pytest.mark.parametrize("name", ["dataset_info.json", "features.json"])
def test_a_damaged_description_is_reported(tmp_path, name):
    config = _prepare(tmp_path)
    next(tmp_path.rglob(name)).write_text("{damaged")
    with pytest.raises(InputError, match="--dataset=tiny_colours: expected .* prepared files can be read"):
        read_tfds(config)


@pytest.mark.parametrize("name", ["no_such_set", "huggingface:mnist", "", "a b;c", "../mnist"])
def test_an_unknown_name_is_refused(tmp_path, name):
    for download in (False, True):
        with pytest.raises(InputError, match="--dataset.*expected (digits or )?the name"):
            read_tfds(DataConfig(dataset=name, data_dir=str(tmp_path), download=download))


def test_a_known_set_that_is_not_prepared_is_not_downloaded_unasked(tmp_path):
    with pytest.raises(InputError, match="--data_dir: expected mnist prepared there, or --download"):
        read_tfds(DataConfig(dataset="mnist", data_dir=str(tmp_path), download=False))
    assert not list(tmp_path.iterdir())


def test_a_failing_download_is_reported(tmp_path):
    with pytest.raises(InputError, match="--dataset=mnist: expected a data set that can be downloaded"):
        read_tfds(DataConfig(dataset="mnist", data_dir=str(tmp_path), download=True))


def test_a_set_without_labels_is_refused_before_its_download(tmp_path):
    with pytest.raises(InputError, match="--dataset=coco: expected one class label"):
        read_tfds(DataConfig(dataset="coco", data_dir=str(tmp_path), download=True))


def test_a_file_in_place_of_data_dir_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="--data_dir: expected a directory, received the file"):
        read_tfds(DataConfig(dataset="mnist", data_dir=str(tmp_path / "file")))


def test_a_remote_data_dir_is_a_network(tmp_path):
    with pytest.raises(InputError, match="--data_dir: expected a local directory"):
        read_tfds(DataConfig(dataset="mnist", data_dir="gs://bucket/sets", download=False))
