"""Splits, statistics and streams of a run."""

import dataclasses
import re

import numpy as np
import pytest

from enas_tf.config import DataConfig
from enas_tf.data import ImageSet, SearchData
from enas_tf.errors import InputError

CONFIG = DataConfig(batch_size=4, eval_batch_size=3, horizontal_flip=False)


def _image_set(num_train=40, num_test=7, shape=(9, 12, 2)) -> ImageSet:
    """Images of one value, their number, which is their label too; the test images go on counting."""
    numbers = np.arange(num_train + num_test)
    images = np.broadcast_to(numbers[:, None, None, None], (len(numbers), *shape)).astype(np.uint8)
    labels = numbers.astype(np.int32)
    return ImageSet(
        "made", images[:num_train], labels[:num_train], images[num_train:], labels[num_train:], len(numbers)
    )


def _take(dataset, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(dataset.take(count).as_numpy_iterator())


def _assert_same(batches, others):
    for (images, labels), (other_images, other_labels) in zip(batches, others, strict=True):
        np.testing.assert_array_equal(images, other_images)
        np.testing.assert_array_equal(labels, other_labels)


def test_the_last_tenth_of_the_training_images_is_the_validation_set():
    data = SearchData(_image_set(), CONFIG, seed=0)
    assert (data.num_train, data.num_valid, data.num_test) == (36, 4, 7)
    assert data.batches_per_epoch == 9
    assert data.image_shape == (9, 12, 2)
    assert data.num_classes == 47
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in data.valid_batches()]), [36, 37, 38, 39])


def test_statistics_are_of_the_remaining_training_images_and_used_for_all_sets():
    data = SearchData(_image_set(), CONFIG, seed=0)
    mean, std = np.arange(36).mean(), np.arange(36).std()
    np.testing.assert_allclose(data.mean, [mean, mean], rtol=1e-6)
    np.testing.assert_allclose(data.std, [std, std], rtol=1e-6)
    for batches in (data.valid_batches(), data.test_batches(), data.reward_batches().take(2)):
        for images, labels in batches.as_numpy_iterator():
            assert images.dtype == np.float32
            expected = np.broadcast_to(((labels - mean) / std)[:, None, None, None], images.shape)
            np.testing.assert_allclose(images, expected, rtol=1e-5)


def test_evaluation_goes_once_through_in_order_with_a_smaller_last_batch():
    batches = _take(SearchData(_image_set(), CONFIG, seed=0).test_batches(), -1)
    assert [labels.tolist() for _, labels in batches] == [[40, 41, 42], [43, 44, 45], [46]]
    assert [images.shape for images, _ in batches] == [(3, 9, 12, 2), (3, 9, 12, 2), (1, 9, 12, 2)]


@pytest.mark.parametrize("shape", [(9, 12, 2), (8, 8, 1), (16, 8, 4), (32, 32, 3)])
def test_training_batches_are_full_and_typed_whatever_the_shape(shape):
    dataset = SearchData(_image_set(shape=shape), CONFIG, seed=0).train_batches(0)
    images, labels = dataset.element_spec
    assert images.shape == (4, *shape)
    assert labels.shape == (4,)
    (images, labels), *_ = _take(dataset, 1)
    assert (images.shape, images.dtype) == ((4, *shape), np.float32)
    assert (labels.shape, labels.dtype) == ((4,), np.int32)


def test_training_images_keep_their_labels_through_shuffling_and_crops():
    data = SearchData(_image_set(), CONFIG, seed=0)
    for images, labels in _take(data.train_batches(0), 9):
        # The crop moves at most one pixel in from a border, so the middle is the image's own.
        middle = images[:, 4, 6, :] * data.std + data.mean
        np.testing.assert_allclose(middle, np.stack([labels, labels], axis=1), atol=1e-3)


def test_the_padding_is_zero_after_normalisation():
    data = SearchData(_image_set(), CONFIG, seed=0)
    images = np.concatenate([images for images, _ in _take(data.train_batches(0), 9)])
    borders = np.concatenate([images[:, 0].ravel(), images[:, -1].ravel()])
    inside = images[:, 1:-1, 1:-1]
    assert np.any(borders == 0)
    assert np.all(inside != 0)


def test_an_epoch_visits_every_training_image_and_no_other():
    data = SearchData(_image_set(), CONFIG, seed=0)
    labels = np.concatenate([labels for _, labels in _take(data.train_batches(0), 9)])
    np.testing.assert_array_equal(np.sort(labels), np.arange(36))


def test_batches_straddle_passes_and_stay_full():
    config = dataclasses.replace(CONFIG, batch_size=4, num_train_images=10)
    data = SearchData(_image_set(), config, seed=0)
    assert data.batches_per_epoch == 3
    labels = np.concatenate([labels for _, labels in _take(data.train_batches(0), 5)])
    np.testing.assert_array_equal(np.sort(labels[:10]), np.arange(10))
    np.testing.assert_array_equal(np.sort(labels[10:]), np.arange(10))


def test_a_resumed_stream_goes_on_as_the_undisturbed_one():
    config = dataclasses.replace(CONFIG, horizontal_flip=True, cutout_size=3)
    data = SearchData(_image_set(), config, seed=3)
    _assert_same(_take(data.train_batches(5), 7), _take(data.train_batches(0), 12)[5:])
    _assert_same(_take(data.reward_batches(5), 3), _take(data.reward_batches(0), 8)[5:])
    again = SearchData(_image_set(), config, seed=3)
    _assert_same(_take(again.train_batches(5), 2), _take(data.train_batches(5), 2))


def test_another_seed_gives_other_batches_of_the_same_split():
    first, second = (SearchData(_image_set(), CONFIG, seed) for seed in (0, 1))
    labels = [np.concatenate([labels for _, labels in _take(data.train_batches(0), 9)]) for data in (first, second)]
    assert not np.array_equal(*labels)
    _assert_same(_take(first.valid_batches(), -1), _take(second.valid_batches(), -1))


def test_reward_batches_shuffle_the_validation_images():
    data = SearchData(_image_set(), dataclasses.replace(CONFIG, num_valid_images=20), seed=0)
    labels = np.concatenate([labels for _, labels in _take(data.reward_batches(0), 5)])
    np.testing.assert_array_equal(np.sort(labels), np.arange(20, 40))
    assert list(labels) != sorted(labels)


def test_fewer_training_images_are_the_first_ones_and_leave_the_validation_set():
    data = SearchData(_image_set(), dataclasses.replace(CONFIG, num_train_images=12), seed=0)
    assert (data.num_train, data.num_valid) == (12, 4)
    np.testing.assert_allclose(data.mean, [5.5, 5.5])
    assert data.valid_batches().as_numpy_iterator().next()[1].tolist() == [36, 37, 38]


def test_final_training_uses_all_images_and_has_no_validation_set():
    config = dataclasses.replace(CONFIG, batch_size=40)
    data = SearchData(_image_set(), config, seed=0, hold_out_validation=False)
    assert (data.num_train, data.num_valid, data.batches_per_epoch) == (40, 0, 1)
    assert _take(data.valid_batches(), -1) == []
    with pytest.raises(ValueError, match="validation set"):
        data.reward_batches(0)


def _with_own_validation(num_valid=6) -> ImageSet:
    numbers = np.arange(100, 100 + num_valid)
    images = np.broadcast_to(numbers[:, None, None, None], (num_valid, 9, 12, 2)).astype(np.uint8)
    return dataclasses.replace(_image_set(), valid_images=images, valid_labels=numbers.astype(np.int32) - 70)


def test_a_validation_set_of_its_own_takes_no_training_image():
    data = SearchData(_with_own_validation(), CONFIG, seed=0)
    assert (data.num_train, data.num_valid, data.num_test) == (40, 6, 7)
    labels = np.concatenate([labels for _, labels in data.valid_batches()])
    np.testing.assert_array_equal(labels, np.arange(30, 36))
    fewer = SearchData(_with_own_validation(), dataclasses.replace(CONFIG, num_valid_images=4), seed=0)
    assert fewer.num_valid == 4
    without = SearchData(_with_own_validation(), CONFIG, seed=0, hold_out_validation=False)
    assert (without.num_train, without.num_valid) == (40, 0)


def test_a_validation_set_of_its_own_is_not_stratified():
    with pytest.raises(InputError, match="--stratify: expected a --dataset=cifar10 whose .*validation set of its own"):
        SearchData(_with_own_validation(), dataclasses.replace(CONFIG, stratify=True), seed=0)


def test_fewer_test_images_are_the_first_ones():
    data = SearchData(_image_set(), dataclasses.replace(CONFIG, num_test_images=5), seed=0)
    assert [labels.tolist() for _, labels in _take(data.test_batches(), -1)] == [[40, 41, 42], [43, 44]]


def _imbalanced() -> ImageSet:
    image_set, labels = _image_set(num_train=60), np.repeat([0, 1, 2], [50, 7, 3])
    shuffled = np.random.default_rng(2).permutation(labels)
    return dataclasses.replace(
        image_set, train_labels=shuffled, test_labels=np.zeros(7, np.int32), num_classes=3, class_names=("a", "b", "c")
    )


def test_stratified_validation_holds_every_class_and_the_last_images_of_each():
    image_set = _imbalanced()
    data = SearchData(image_set, dataclasses.replace(CONFIG, stratify=True), seed=0)
    assert (data.num_train, data.num_valid) == (54, 6)
    ((images, labels), *others) = _take(data.valid_batches(), -1)
    labels = np.concatenate([labels, *(more for _, more in others)])
    assert np.bincount(labels).tolist() == [4, 1, 1]
    numbers = np.concatenate([images, *(more for more, _ in others)])[:, 0, 0, 0] * data.std[0] + data.mean[0]
    last = [np.flatnonzero(image_set.train_labels == label) for label in range(3)]
    np.testing.assert_allclose(numbers, np.sort(np.concatenate([last[0][-4:], last[1][-1:], last[2][-1:]])), atol=1e-3)


def test_what_accuracy_is_to_be_compared_with_and_lacking_classes_are_said():
    data = SearchData(_imbalanced(), dataclasses.replace(CONFIG, stratify=True), seed=0)
    assert data.largest_class_shares == {"valid": 4 / 6, "test": 1.0}
    assert data.notes == ("Warning: of 3 classes, 2 without a test image: b, c",)
    without = SearchData(_imbalanced(), CONFIG, seed=0, hold_out_validation=False)
    assert without.largest_class_shares == {"test": 1.0}


@pytest.mark.parametrize(
    ("num_train", "changes", "flags"),
    [
        (40, {"batch_size": 32}, {"num_valid_images": 8, "batch_size": 8}),
        (200, {"batch_size": 32}, {"num_valid_images": 40}),
        (40, {"batch_size": 64, "num_valid_images": 40, "num_train_images": 100, "num_test_images": 8}, None),
        (40, {"batch_size": 32, "cutout_size": 16, "num_valid_images": 6}, {"batch_size": 6, "cutout_size": 4}),
        (9, {}, {"num_valid_images": 1, "batch_size": 1}),
        (2, {"num_train_images": 5}, {"num_valid_images": 1, "num_train_images": 1, "batch_size": 1}),
    ],
)
def test_one_message_says_all_that_is_wrong_and_flags_that_fit(num_train, changes, flags):
    config = dataclasses.replace(CONFIG, **changes)
    with pytest.raises(InputError) as caught:
        SearchData(_image_set(num_train=num_train), config, seed=0)
    text = str(caught.value)
    advised = re.search(r"these fit: (.*)\)$", text).group(1)
    found = {name.removeprefix("child_"): int(value) for name, value in re.findall(r"--(\w+)=(\d+)", advised)}
    assert flags is None or found == flags
    assert f"with {num_train} training, 7 test images" in text
    SearchData(_image_set(num_train=num_train), dataclasses.replace(config, **found), seed=0)
    for name in found.keys() & changes.keys():
        assert f"{name}: expected" in text


@pytest.mark.parametrize("size", [10, 50])
def test_a_cutout_larger_than_the_images_is_refused(size):
    expected = f"--child_cutout_size: expected at most 9, a side of the images of 9x12 pixels, received {size}"
    with pytest.raises(InputError, match=expected):
        SearchData(_image_set(), dataclasses.replace(CONFIG, cutout_size=size), seed=0)
    SearchData(_image_set(), dataclasses.replace(CONFIG, cutout_size=9), seed=0)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"num_test_images": 8}, "--num_test_images: expected between 1 and the 7 test images, received 8"),
        ({"batch_size": 5}, "--batch_size: expected at most the 4 validation images, received 5"),
        ({"batch_size": 37}, "--batch_size: expected at most the 36 training images, received 37"),
        ({"batch_size": 0}, "--batch_size: expected at least 1"),
        ({"num_valid_images": 40}, "--num_valid_images: expected between 1 and 39 of 40 images, received 40"),
        ({"num_valid_images": 0}, "--num_valid_images"),
        ({"num_train_images": 37}, "--num_train_images: expected between 1 and the 36 images.*received 37"),
        ({"num_train_images": 0}, "--num_train_images"),
        ({"num_train_images": 3}, "--batch_size: expected at most the 3 training images"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(changes, complaint):
    with pytest.raises(InputError, match=complaint):
        SearchData(_image_set(), dataclasses.replace(CONFIG, **changes), seed=0)


def test_too_few_images_for_a_tenth_are_refused():
    with pytest.raises(InputError, match="--num_valid_images: expected between 1 and 8 of 9 images, received 0"):
        SearchData(_image_set(num_train=9), dataclasses.replace(CONFIG, batch_size=1), seed=0)
