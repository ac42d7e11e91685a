"""Folders of image files."""

import os

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

from enas_tf.data.image_folder import holds_image_folder, read_image_folder
from enas_tf.errors import InputError


def _write(path, value: int, shape=(8, 10, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(np.full(shape, value, np.uint8)).numpy())


@pytest.fixture
def directory(tmp_path):
    """Cats of brightness 10 and up, dogs of brightness 100 and up."""
    for split, count in (("train", 3), ("test", 2)):
        for name, value in (("cat", 10), ("dog", 100)):
            for i in range(count):
                _write(tmp_path / split / name / f"{i}.png", value + i)
    return tmp_path


def test_classes_are_numbered_by_name(directory):
    image_set = read_image_folder(directory, image_size=None)
    assert image_set.class_names == ("cat", "dog")
    assert image_set.num_classes == 2
    assert image_set.train_images.shape == (6, 8, 10, 3)
    assert image_set.test_images.shape == (4, 8, 10, 3)
    assert image_set.train_labels.dtype == np.int32
    np.testing.assert_array_equal(image_set.train_images[:, 0, 0, 0] >= 100, image_set.train_labels == 1)
    np.testing.assert_array_equal(image_set.test_images[:, 0, 0, 0] >= 100, image_set.test_labels == 1)
    assert sorted(image_set.train_images[:, 0, 0, 0]) == [10, 11, 12, 100, 101, 102]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_images_keep_their_channels(tmp_path, channels):
    for split in ("train", "test"):
        for name in ("a", "b"):
            _write(tmp_path / split / name / "0.png", 7, (9, 12, channels))
    assert read_image_folder(tmp_path, image_size=None).image_shape == (9, 12, channels)


def test_a_class_whose_name_is_no_text_is_refused_by_name(directory):
    for split in ("train", "test"):
        _write(directory / split / "caf\udcff" / "0.png", 7)
    with pytest.raises(InputError, match=r"train: expected class folders .* in UTF-8, received 'caf\\udcff'"):
        read_image_folder(directory, image_size=None)


def test_an_image_whose_name_is_no_text_is_read(directory):
    for i in range(2):
        _write(directory / "train/cat" / f"\udcff{i}.png", 60 + i)
    assert read_image_folder(directory, image_size=None).train_images[:, 0, 0, 0].max() >= 61


def test_a_grey_image_among_coloured_ones_becomes_coloured(directory):
    _write(directory / "train/cat/grey.png", 55, (8, 10, 1))
    images = read_image_folder(directory, image_size=None).train_images
    assert images.shape == (7, 8, 10, 3)
    assert [55, 55, 55] in images[:, 3, 3].tolist()


def test_images_of_other_sizes_need_image_size(directory):
    _write(directory / "test/dog/large.png", 100, (20, 30, 3))
    with pytest.raises(InputError, match="--data_path=.*--image_size.*8x10 and 20x30, .* in test/dog/large.png"):
        read_image_folder(directory, image_size=None)
    image_set = read_image_folder(directory, image_size=16)
    assert image_set.test_images.shape == (5, 16, 16, 3)
    np.testing.assert_array_equal(np.unique(image_set.test_images), [10, 11, 100, 101])


def test_images_of_other_channels_are_refused(directory):
    _write(directory / "train/dog/transparent.png", 100, (8, 10, 4))
    with pytest.raises(InputError, match="one number of channels.*3 and 4, the latter in train/dog/transparent.png"):
        read_image_folder(directory, image_size=None)


def test_other_folders_beside_train_and_test_do_not_matter(directory):
    _write(directory / "extra/aardvark/0.png", 200)
    image_set = read_image_folder(directory, image_size=None)
    assert image_set.class_names == ("cat", "dog")
    assert set(image_set.train_labels) == {0, 1}
    assert not image_set.has_validation


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_folder_of_validation_images_is_the_validation_set(directory, name):
    for value, animal in ((20, "cat"), (120, "dog")):
        _write(directory / name / animal / "0.png", value)
    image_set = read_image_folder(directory, image_size=None)
    assert sorted(image_set.valid_images[:, 0, 0, 0]) == [20, 120]
    np.testing.assert_array_equal(image_set.valid_images[:, 0, 0, 0] >= 100, image_set.valid_labels == 1)
    assert len(image_set.train_images) == 6
    assert image_set.notes == (f"{directory / name} is the validation set; no training image is held out for it",)


def test_validation_images_of_other_classes_are_refused(directory):
    _write(directory / "val/aardvark/0.png", 200)
    with pytest.raises(InputError, match="classes|class folders in train and test and val.*no cat, dog in val"):
        read_image_folder(directory, image_size=None)


def test_two_folders_of_validation_images_are_refused(directory):
    for name in ("val", "valid"):
        _write(directory / name / "cat/0.png", 200)
    with pytest.raises(InputError, match="one folder of validation images, received val and valid"):
        read_image_folder(directory, image_size=None)


@pytest.mark.parametrize(
    ("present", "complaint"),
    [
        (("train",), "a folder test beside train, received no test"),
        (("train", "val"), r"a folder test beside train and val \(to test on val, rename it\), received no test"),
        (("test", "validation"), "a folder train beside test and validation, received no train"),
    ],
)
def test_a_missing_folder_is_named(tmp_path, present, complaint):
    for split in present:
        _write(tmp_path / split / "cat/0.png", 1)
    with pytest.raises(InputError, match=complaint):
        read_image_folder(tmp_path, image_size=None)


def test_images_without_class_folders_are_refused(directory):
    for path in (directory / "test").rglob("*.png"):
        path.rename(directory / "test" / f"{path.parent.name}{path.name}")
    for name in ("cat", "dog"):
        (directory / "test" / name).rmdir()
    with pytest.raises(InputError, match="no class folder in test"):
        read_image_folder(directory, image_size=None)


def test_classes_must_agree(directory):
    _write(directory / "train/mouse/0.png", 1)
    with pytest.raises(InputError, match="same class folders in train and test.*mouse"):
        read_image_folder(directory, image_size=None)


def test_a_file_that_is_no_image_is_named(directory):
    (directory / "test/cat/broken.png").write_bytes(b"\x89PNG nothing more")
    with pytest.raises(InputError, match=r"test/cat/broken\.png: expected an image that TensorFlow or Pillow decodes"):
        read_image_folder(directory, image_size=None)


@pytest.mark.parametrize("keep", ["train", "test"])
def test_a_split_without_images_is_named(directory, keep):
    empty = "test" if keep == "train" else "train"
    for path in (directory / empty).rglob("*.png"):
        path.rename(path.with_suffix(".txt"))
    with pytest.raises(InputError, match=rf"train/<class>/\* and test/<class>/\*.*no image in {empty}"):
        read_image_folder(directory, image_size=None)


def test_every_format_is_read_at_any_depth(directory):
    formats = ("bmp", "gif", "webp", "tiff", "jpeg", "ppm")
    for value, suffix in enumerate(formats, 20):
        image = Image.fromarray(np.full((8, 10, 3), value, np.uint8))
        (directory / "train/cat/more/deep").mkdir(parents=True, exist_ok=True)
        image.save(directory / f"train/cat/more/deep/{value}.{suffix}")
    (directory / "train/cat/0.png").rename(directory / "train/cat/without_suffix")
    image_set = read_image_folder(directory, image_size=None)
    cats = image_set.train_images[image_set.train_labels == 0]
    assert sorted(cats[:, 0, 0, 0].tolist()) == [10, 11, 12, *range(20, 26)]
    assert not image_set.notes


def test_numbers_are_those_of_tfds_where_it_reads_all(directory):
    image_set = read_image_folder(directory, image_size=None)
    for split, images in (("train", image_set.train_images), ("test", image_set.test_images)):
        examples = tfds.ImageFolder(str(directory)).as_dataset(split=split).as_numpy_iterator()
        np.testing.assert_array_equal(images, [example["image"] for example in examples])


def test_hidden_folders_and_files_are_no_images(directory):
    _write(directory / "train/.ipynb_checkpoints/0.png", 1)
    _write(directory / "train/cat/.thumbnails/0.png", 1)
    _write(directory / "train/cat/.0.png", 1)
    image_set = read_image_folder(directory, image_size=None)
    assert image_set.class_names == ("cat", "dog")
    assert len(image_set.train_images) == 6


def test_files_of_other_kinds_are_counted_and_named(directory):
    for name in ("notes.txt", "labels.csv", "more/Thumbs.db", "read.me"):
        (directory / "train/dog" / name).parent.mkdir(exist_ok=True)
        (directory / "train/dog" / name).write_text("words")
    (note,) = read_image_folder(directory, image_size=None).notes
    assert note.endswith(
        "by their suffix no images: train/dog/labels.csv, train/dog/more/Thumbs.db, train/dog/notes.txt and 1 more"
    )


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_class_without_images_in_a_split_is_refused_by_name(directory, split):
    for path in (directory / split / "cat").iterdir():
        path.unlink()
    with pytest.raises(InputError, match=f"of every class in train and in test, received none in {split} of cat"):
        read_image_folder(directory, image_size=None)


@pytest.mark.parametrize(("suffix", "said"), [("png", "16 bits"), ("tiff", "Pillow's mode I;16")])
def test_images_of_more_than_8_bits_are_refused(directory, suffix, said):
    deep = directory / f"train/cat/deep.{suffix}"
    Image.fromarray(np.full((8, 10), 4000, np.uint16)).save(deep)
    with pytest.raises(InputError, match=f"{deep}: expected an image of 8 bits a channel, received {said}"):
        read_image_folder(directory, image_size=None)


def test_a_link_to_what_holds_it_is_not_followed_and_named(directory):
    """Every link doubles the number of paths a walk without end has to go."""
    for number in range(3):
        (directory / f"train/cat/back{number}").symlink_to(directory / "train", target_is_directory=True)
        (directory / f"train/cat/self{number}").symlink_to(directory / "train/cat", target_is_directory=True)
    (directory / "train/all").symlink_to(directory / "train", target_is_directory=True)
    (directory / "train/cat/nothing.png").symlink_to(directory / "nowhere.png")
    image_set = read_image_folder(directory, image_size=None)
    assert image_set.class_names == ("cat", "dog")
    assert sorted(image_set.train_images[image_set.train_labels == 0][:, 0, 0, 0]) == [10, 11, 12]
    (note,) = image_set.notes
    assert note.endswith(
        "links that lead back or to nothing: train/cat/back0, train/cat/back1, train/cat/back2 and 4 more"
    )


def test_a_pipe_is_not_read_and_named_as_none(directory):
    os.mkfifo(directory / "train/cat/pipe.png")
    (note,) = read_image_folder(directory, image_size=None).notes
    assert note.endswith("no regular files: train/cat/pipe.png")


def test_links_to_folders_and_files_elsewhere_are_followed(directory, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    _write(elsewhere / "a/0.png", 30)
    (elsewhere / "a/up").symlink_to(elsewhere, target_is_directory=True)
    _write(elsewhere / "1.png", 31)
    (directory / "train/cat/more").symlink_to(elsewhere / "a", target_is_directory=True)
    (directory / "train/cat/31.png").symlink_to(elsewhere / "1.png")
    image_set = read_image_folder(directory, image_size=None)
    cats = image_set.train_images[image_set.train_labels == 0][:, 0, 0, 0]
    assert sorted(cats) == [10, 11, 12, 30, 31, 31]


def test_a_truncated_jpeg_whose_header_is_whole_is_named(directory):
    path = directory / "train/cat/photo.jpg"
    image = np.random.default_rng(0).integers(0, 256, (8, 10, 3), np.uint8)
    path.write_bytes(tf.io.encode_jpeg(image).numpy()[:-100])
    with pytest.raises(InputError, match=r"photo\.jpg: expected an image that TensorFlow or Pillow decodes"):
        read_image_folder(directory, image_size=None)


def test_only_train_or_test_make_an_image_folder(directory, tmp_path):
    assert holds_image_folder(directory)
    assert not holds_image_folder(directory / "train")
