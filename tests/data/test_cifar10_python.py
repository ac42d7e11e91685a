"""The six pickles of CIFAR-10."""

import pickle

import numpy as np
import pytest

from enas_tf.data.cifar10_python import holds_cifar10_batches, read_cifar10_batches
from enas_tf.errors import InputError

FILES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]


def _batch(value: int, labels: list[int]) -> dict:
    """Images whose red, green and blue are value, value + 1 and value + 2 and whose first pixel is red 255."""
    images = np.full((len(labels), 3, 32, 32), value, np.uint8) + np.arange(3, dtype=np.uint8).reshape(3, 1, 1)
    images[:, 0, 0, 1] = 255
    return {"data": images.reshape(len(labels), 3072), "labels": labels}


def _python_2_batch(rows: np.ndarray, labels: list[int]) -> bytes:
    """The opcodes Python 2 wrote: its strings, and the dtype's flags as integers."""
    raw = rows.tobytes()
    return b"".join(
        [
            b"\x80\x02}(U\x04data",
            b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R",
            b"(K\x01K" + bytes([len(rows)]) + b"M\x00\x0c\x86",
            b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb",
            b"\x89T" + len(raw).to_bytes(4, "little") + raw + b"tb",
            b"U\x06labels](" + b"".join(b"K" + bytes([label]) for label in labels) + b"eu.",
        ]
    )


@pytest.fixture
def directory(tmp_path):
    for i, name in enumerate(FILES):
        (tmp_path / name).write_bytes(pickle.dumps(_batch(10 * i, [i, 9])))
    return tmp_path


def test_batches_are_read_in_order_and_channels_come_last(directory):
    image_set = read_cifar10_batches(directory)
    assert image_set.train_images.shape == (10, 32, 32, 3)
    assert image_set.train_images.dtype == np.uint8
    assert image_set.train_labels.dtype == np.int32
    np.testing.assert_array_equal(image_set.train_labels, [0, 9, 1, 9, 2, 9, 3, 9, 4, 9])
    np.testing.assert_array_equal(image_set.train_images[2, 5, 5], [10, 11, 12])
    np.testing.assert_array_equal(image_set.train_images[2, 0, 1], [255, 11, 12])
    np.testing.assert_array_equal(image_set.test_images[0, 31, 31], [50, 51, 52])
    np.testing.assert_array_equal(image_set.test_labels, [5, 9])
    assert image_set.num_classes == len(image_set.class_names) == 10


def test_names_of_classes_are_those_that_lie_beside_the_batches(directory):
    assert read_cifar10_batches(directory).class_names[0] == "airplane"
    names = [f"klass{i}" for i in range(10)]
    meta = {b"label_names": [name.encode() for name in names], b"num_vis": 3072}
    (directory / "batches.meta").write_bytes(pickle.dumps(meta, protocol=2))
    assert read_cifar10_batches(directory).class_names == tuple(names)
    for wrong in ({"label_names": names[:9]}, {"label_names": [*names[:9], names[0]]}, {"label_names": 3}, [names]):
        (directory / "batches.meta").write_bytes(pickle.dumps(wrong))
        with pytest.raises(InputError, match="batches.meta, label_names: expected 10 different names"):
            read_cifar10_batches(directory)


def test_the_published_files_of_python_2_are_read(directory):
    batch = _batch(100, [3, 7])
    (directory / "test_batch").write_bytes(_python_2_batch(batch["data"], batch["labels"]))
    image_set = read_cifar10_batches(directory)
    np.testing.assert_array_equal(image_set.test_labels, [3, 7])
    np.testing.assert_array_equal(image_set.test_images[1, 0, 0], [100, 101, 102])


def test_one_file_is_enough_to_be_meant_as_cifar10(directory):
    for name in FILES[1:]:
        (directory / name).unlink()
    assert holds_cifar10_batches(directory)
    assert not holds_cifar10_batches(directory.parent)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named_beside_all_that_are_expected(directory, name):
    (directory / name).unlink()
    every = "data_batch_1, data_batch_2, data_batch_3, data_batch_4, data_batch_5 and test_batch"
    with pytest.raises(InputError, match=f"--data_path=.*: expected all of {every}, received no {name}$"):
        read_cifar10_batches(directory)


def test_a_truncated_file_is_named(directory):
    path = directory / "data_batch_4"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="data_batch_4: expected a complete pickle"):
        read_cifar10_batches(directory)


def test_a_directory_in_a_files_place_is_named(directory):
    (directory / "data_batch_2").unlink()
    (directory / "data_batch_2").mkdir()
    with pytest.raises(InputError, match="data_batch_2: expected a readable file"):
        read_cifar10_batches(directory)


ROWS = np.zeros((2, 3072), np.uint8)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ([1, 2], "a dictionary"),
        ({"data": ROWS, "fine_labels": [1, 2]}, "the key labels"),
        ({"labels": [1, 2]}, "the key data"),
        ({"data": ROWS.astype(np.int64), "labels": [1, 2]}, "of 8 bits, uint8 .*of 64 bits, int64"),
        ({"data": ROWS.astype(np.uint16), "labels": [1, 2]}, "of 8 bits, uint8 .*of 16 bits, uint16"),
        ({"data": ROWS[:, :100], "labels": [1, 2]}, r"\[images, 3072\].*\[2, 100\]"),
        ({"data": "pixels", "labels": [1, 2]}, "received str"),
        ({"data": ROWS, "labels": [1, 2, 3]}, "2 images and 3 labels"),
        ({"data": ROWS, "labels": ["cat", "dog"]}, "a list of integers"),
        ({"data": ROWS, "labels": [[1], [1, 2]]}, "a list of integers"),
        ({"data": ROWS, "labels": 3}, "a list of integers"),
    ],
)
def test_wrong_content_is_refused(directory, content, complaint):
    (directory / "data_batch_3").write_bytes(pickle.dumps(content))
    with pytest.raises(InputError, match=f"data_batch_3.*{complaint}"):
        read_cifar10_batches(directory)
