"""Images in memory and on disk: the same numbers, by index, whole or not there."""

import dataclasses
import pathlib
import shutil

import filelock
import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import DataConfig
from enas_tf.data import SearchData, load_images
from enas_tf.data.fingerprint import Fingerprint
from enas_tf.data.image_set import ImageSet, hold_out_test
from enas_tf.data.storage import DECODERS, Storage, Stream
from enas_tf.data.stored_images import StoredImages, blocks_of
from enas_tf.errors import InputError

SHAPE = (8, 9, 3)
PLACE = f"key-{DECODERS}"  # where images of the key `key` lie


def _numbers(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), np.uint8)


def _streams(**parts: np.ndarray) -> dict[str, Stream]:
    """Parts in blocks of four, the label of an image being its number."""

    def blocks(images):
        for start in range(0, len(images), 4):
            some = images[start : start + 4]
            yield some, np.arange(start, start + len(some), dtype=np.int32)

    return {name: Stream(len(images), blocks(images)) for name, images in parts.items()}


def _on_disk(directory: pathlib.Path, tell=lambda line: None) -> Storage:
    return Storage(0.0, directory, tell)


@pytest.fixture
def stored(tmp_path) -> StoredImages:
    images, _ = _on_disk(tmp_path).keep(_streams(train=_numbers(10)), lambda: "key", "--dataset")["train"]
    return images


def test_what_is_on_disk_is_what_was_decoded(tmp_path):
    train, test = _numbers(10), _numbers(6, 1)
    kept = {
        where: storage.keep(_streams(train=train, test=test), lambda: "key", "--dataset")
        for where, storage in (("memory", Storage(1e9, tmp_path / "none")), ("disk", _on_disk(tmp_path / "cache")))
    }
    assert not (tmp_path / "none").exists()
    for name, expected in (("train", train), ("test", test)):
        for images, labels in (kept[where][name] for where in kept):
            np.testing.assert_array_equal(np.asarray(images), expected)
            np.testing.assert_array_equal(labels, np.arange(len(expected)))
            assert images.shape == expected.shape and labels.dtype == np.int32
    assert isinstance(kept["disk"]["train"][0], StoredImages)


def test_views_and_choices_are_those_of_an_array(stored):
    images, order = _numbers(10), np.array([7, 8, 9, 0, 3, 3, 1])
    np.testing.assert_array_equal(stored.read(order), images[order])
    np.testing.assert_array_equal(np.asarray(stored[3:]), images[3:])
    np.testing.assert_array_equal(stored[order][1:4].read(np.array([2, 0])), images[order][1:4][[2, 0]])
    np.testing.assert_array_equal(np.asarray(stored[:0]), images[:0])
    np.testing.assert_array_equal(np.asarray(stored[np.arange(10) % 2 == 0]), images[::2])
    assert len(stored[3:]) == 7 and stored[3:].shape == (7, *SHAPE)


def test_all_images_are_gone_through_some_at_a_time(stored, monkeypatch):
    monkeypatch.setattr("enas_tf.data.stored_images.BYTES_AT_ONCE", 3 * 8 * 9 * 3)
    for images in (stored, _numbers(10)):
        blocks = list(blocks_of(images))
        assert [len(block) for block in blocks] == [3, 3, 3, 1]
        np.testing.assert_array_equal(np.concatenate(blocks), _numbers(10))


def test_it_is_found_again_and_not_decoded_twice(tmp_path):
    storage = _on_disk(tmp_path)
    storage.keep(_streams(train=_numbers(10)), lambda: "key", "--dataset")
    others = _streams(train=_numbers(10, seed=5))
    images, _ = storage.keep(others, lambda: "key", "--dataset")["train"]
    np.testing.assert_array_equal(np.asarray(images), _numbers(10))
    assert next(others["train"].blocks)[1][0] == 4  # only the first block was looked at
    images, _ = storage.keep(_streams(train=_numbers(10, seed=5)), lambda: "other", "--dataset")["train"]
    np.testing.assert_array_equal(np.asarray(images), _numbers(10, seed=5))


@pytest.mark.parametrize("name", ["train", "train_labels"])
@pytest.mark.parametrize("damage", ["shorter", "gone", "empty"])
def test_what_is_damaged_is_made_anew(tmp_path, damage, name):
    storage = _on_disk(tmp_path)
    storage.keep(_streams(train=_numbers(10)), lambda: "key", "--dataset")
    path = tmp_path / PLACE / f"{name}.npy"
    left = {"shorter": path.read_bytes()[:-30], "empty": b""}
    path.write_bytes(left[damage]) if damage != "gone" else path.unlink()
    images, labels = storage.keep(_streams(train=_numbers(10)), lambda: "key", "--dataset")["train"]
    np.testing.assert_array_equal(np.asarray(images), _numbers(10))
    assert len(labels) == 10


def test_what_a_stopped_process_left_is_not_taken_for_the_images(tmp_path):
    def stopped():
        yield _numbers(4), np.arange(4, dtype=np.int32)
        raise KeyboardInterrupt

    storage = _on_disk(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        storage.keep({"train": Stream(10, stopped())}, lambda: "key", "--dataset")
    assert [path.name for path in tmp_path.iterdir()] in ([], [f"{PLACE}.lock"])
    (tmp_path / f"{PLACE}.part-killed").mkdir()
    images, _ = storage.keep(_streams(train=_numbers(10)), lambda: "key", "--dataset")["train"]
    np.testing.assert_array_equal(np.asarray(images), _numbers(10))
    assert not (tmp_path / f"{PLACE}.part-killed").exists()


def test_a_file_that_becomes_shorter_is_named_and_one_that_is_deleted_is_read_on(stored, tmp_path):
    shutil.rmtree(tmp_path / PLACE)
    np.testing.assert_array_equal(np.asarray(stored), _numbers(10))
    images, _ = _on_disk(tmp_path).keep(_streams(train=_numbers(10)), lambda: "key", "--dataset")["train"]
    path = tmp_path / PLACE / "train.npy"
    with path.open("r+b") as file:
        file.truncate(300)
    with pytest.raises(InputError, match="train.npy: expected the images that it held when they were first read"):
        np.asarray(images)


def test_another_process_that_writes_the_same_images_is_waited_for(tmp_path):
    lock = filelock.FileLock(tmp_path / f"{PLACE}.lock")
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        if "waiting" in line:  # the other one ends
            lock.release()

    with lock:
        images, _ = _on_disk(tmp_path, tell).keep(_streams(train=_numbers(10)), lambda: "key", "--dataset")["train"]
    np.testing.assert_array_equal(np.asarray(images), _numbers(10))
    assert lines[-1] == "Another process reads the same images; waiting for it"


def test_what_images_take_is_said_before_they_are_read(tmp_path):
    lines: list[str] = []

    def blocks():
        yield _numbers(4), np.arange(4, dtype=np.int32)
        lines.append("read")

    Storage(1e9, tmp_path, lines.append).keep({"train": Stream(4, blocks())}, lambda: "key", "--dataset")
    _on_disk(tmp_path, lines.append).keep({"train": Stream(4, blocks())}, lambda: "key", "--dataset")
    assert lines == [
        "4 images of 8x9x3 take 0.000864 MB of memory, twice as much while they are read",
        "read",
        "4 images of 8x9x3 take 0.000864 MB, more than --image_memory_gb: they are read by index from "
        f"{tmp_path / PLACE}",
        "read",
    ]


def test_no_room_is_said_before_anything_is_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9 - 1500, 1500))
    with pytest.raises(InputError, match="--image_cache_dir: expected a directory that takes 0.00216 MB.*0.0015 MB"):
        _on_disk(tmp_path).keep(_streams(train=_numbers(10)), lambda: "key", "--dataset")


def test_a_file_in_place_of_the_directory_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="--image_cache_dir: expected a directory that takes .*file"):
        _on_disk(tmp_path / "file").keep(_streams(train=_numbers(10)), lambda: "key", "--dataset")


@pytest.mark.parametrize(("said", "received"), [(11, "10"), (9, "more")])
def test_another_number_of_images_than_said_is_refused(tmp_path, said, received):
    for storage in (Storage(1e9, tmp_path), _on_disk(tmp_path)):
        stream = dataclasses.replace(_streams(train=_numbers(10))["train"], num_images=said)
        with pytest.raises(InputError, match=f"--dataset: expected {said} images, as it says, received {received}"):
            storage.keep({"train": stream}, lambda: "key", "--dataset")


def _write_folder(directory: pathlib.Path) -> None:
    generator = np.random.default_rng(0)
    for split, count in (("train", 20), ("test", 5)):
        for name in ("a", "b"):
            (directory / split / name).mkdir(parents=True)
            for number in range(count):
                image = generator.integers(0, 256, (12 + number % 3, 17, 3), np.uint8)
                path = directory / split / name / f"{number}.jpg"
                path.write_bytes(tf.io.encode_jpeg(image).numpy())


def _configs(tmp_path: pathlib.Path) -> tuple[DataConfig, DataConfig]:
    in_memory = DataConfig(
        data_path=str(tmp_path / "images"), image_size=16, batch_size=4, eval_batch_size=3, cutout_size=4
    )
    cache = str(tmp_path / "cache")
    return in_memory, dataclasses.replace(in_memory, image_memory_gb=0.0, image_cache_dir=cache)


@pytest.fixture
def both(tmp_path) -> list[tuple[ImageSet, DataConfig]]:
    """The same folder in memory and on disk."""
    _write_folder(tmp_path / "images")
    return [(load_images(config), config) for config in _configs(tmp_path)]


def test_every_batch_of_images_on_disk_is_that_of_images_in_memory(both):
    assert [isinstance(image_set.train_images, StoredImages) for image_set, _ in both] == [False, True]
    in_memory, on_disk = (SearchData(image_set, config, seed=1) for image_set, config in both)
    np.testing.assert_array_equal(in_memory.mean, on_disk.mean)
    np.testing.assert_array_equal(in_memory.std, on_disk.std)
    for stream in (
        lambda data: data.train_batches(3).take(12),
        lambda data: data.reward_batches(2).take(3),
        lambda data: data.valid_batches(),
        lambda data: data.valid_batches(2),
        lambda data: data.test_batches(),
    ):
        assert stream(in_memory).element_spec == stream(on_disk).element_spec
        for ours, theirs in zip(stream(in_memory), stream(on_disk), strict=True):
            for one, other in zip(ours, theirs, strict=True):
                np.testing.assert_array_equal(one, other)
    for one, other in zip(in_memory.recalibration_images(2), on_disk.recalibration_images(2), strict=True):
        np.testing.assert_array_equal(one, other)


def test_on_disk_they_are_the_same_images_to_a_run_that_goes_on(both):
    states = {Fingerprint(image_set, "--data_path").state() for image_set, _ in both}
    assert len(states) == 1


def test_a_changed_file_is_decoded_again(both, tmp_path):
    _, (before, config) = both
    path = next((tmp_path / "images/train/a").iterdir())
    path.write_bytes(tf.io.encode_jpeg(np.zeros((12, 17, 3), np.uint8)).numpy())
    after = load_images(config)
    assert Fingerprint(after, "--data_path").state() != Fingerprint(before, "--data_path").state()
    assert len([entry for entry in (tmp_path / "cache").iterdir() if entry.is_dir()]) == 2


def test_it_is_said_where_images_on_disk_lie(both, tmp_path):
    (in_memory, _), (on_disk, _) = both
    assert in_memory.notes == ()
    (note,) = on_disk.notes
    assert note.startswith(f"Images are read by index from {tmp_path / 'cache'}")


def test_images_that_become_large_by_resizing_go_to_disk_too(tmp_path):
    config = DataConfig(dataset="digits", image_size=12)
    on_disk = load_images(dataclasses.replace(config, image_memory_gb=0.0, image_cache_dir=str(tmp_path)))
    assert isinstance(on_disk.train_images, StoredImages)
    assert Fingerprint(on_disk, "").state() == Fingerprint(load_images(config), "").state()


def test_a_fifth_is_held_out_of_images_on_disk_as_of_those_in_memory(stored):
    labels = np.arange(10, dtype=np.int32)
    ours, theirs = (hold_out_test(images, labels, name="made", num_classes=10) for images in (stored, _numbers(10)))
    assert Fingerprint(ours, "").state() == Fingerprint(theirs, "").state()
