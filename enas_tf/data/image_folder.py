"""A directory of image files: `train/<class>/*` and `test/<class>/*`."""

import pathlib

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from enas_tf.data.examples import stack_examples
from enas_tf.data.image_set import ImageSet
from enas_tf.errors import InputError

LAYOUT = "train/<class>/* and test/<class>/* with JPEG or PNG images"

_GREY, _COLOUR = 1, 3


def holds_image_folder(directory: pathlib.Path) -> bool:
    """Tells whether a directory is meant as an image folder: `train` or `test` lies there."""
    return any((directory / split).is_dir() for split in ("train", "test"))


def read_image_folder(directory: pathlib.Path, image_size: int | None) -> ImageSet:
    """Reads an image folder; grey images among coloured ones become coloured.

    Args:
      directory: The folder that holds `train` and `test`.
      image_size: Height and width to resize every image to; None if they all have one size.

    Raises:
      InputError: If `train` and `test` do not hold the same classes, a file is no image, or the images differ in shape.
    """
    class_names = _class_names(directory)
    builder = tfds.ImageFolder(str(directory))
    files = {split: _image_files(builder, split, directory) for split in ("train", "test")}
    channels = {count for split in files.values() for count in _channel_counts(split)}
    to_colour = channels == {_GREY, _COLOUR}

    def decode(example: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        image = _decode(example["image"])
        return _coloured(image) if to_colour else image, example["label"]

    # The builder numbers the classes of every split there is, for example of an unused `valid`.
    numbers = np.array(
        [class_names.index(name) if name in class_names else -1 for name in builder.info.features["label"].names]
    )
    arrays: dict[str, np.ndarray] = {}
    for split, examples in files.items():
        examples = examples.map(decode, num_parallel_calls=tf.data.AUTOTUNE)
        images, labels = stack_examples(examples, image_size, f"--data_path={directory}")
        arrays |= {f"{split}_images": images, f"{split}_labels": numbers[labels].astype(np.int32)}
    return ImageSet(name=str(directory), num_classes=len(class_names), class_names=class_names, **arrays)


def _class_names(directory: pathlib.Path) -> tuple[str, ...]:
    train, test = (_folder_names(directory / split) for split in ("train", "test"))
    if train != test:
        received = f"only in one of them: {', '.join(sorted(train ^ test))}"
        raise InputError(f"--data_path={directory}", "the same class folders in train and test", received)
    return tuple(sorted(train))


def _folder_names(directory: pathlib.Path) -> set[str]:
    return {entry.name for entry in directory.iterdir() if entry.is_dir()} if directory.is_dir() else set()


def _image_files(builder: tfds.ImageFolder, split: str, directory: pathlib.Path) -> tf.data.Dataset:
    """Returns the undecoded examples of a split: the file's bytes, its name and the label."""
    if split not in builder.info.splits or not builder.info.splits[split].num_examples:
        raise InputError(f"--data_path={directory}", LAYOUT, f"no image in {split}")
    return builder.as_dataset(split=split, decoders={"image": tfds.decode.SkipDecoding()})


def _channel_counts(files: tf.data.Dataset) -> set[int]:
    """Returns how many channels the images have, having decoded each of them once.

    Raises:
      InputError: If a file cannot be decoded; it names the file.
    """
    counts = files.map(lambda example: tf.shape(_decode(example["image"]))[-1], num_parallel_calls=tf.data.AUTOTUNE)
    received = []
    try:
        for count in counts.as_numpy_iterator():
            received.append(int(count))
    except tf.errors.InvalidArgumentError:
        broken = next(files.skip(len(received)).as_numpy_iterator())["image/filename"].decode()
        raise InputError(broken, "a JPEG or PNG image", "something that cannot be decoded") from None
    return set(received)


def _decode(content: tf.Tensor) -> tf.Tensor:
    """Decodes one file to uint8 [H, W, C] with the channels it has."""
    return tf.ensure_shape(tf.io.decode_image(content, expand_animations=False), [None, None, None])


def _coloured(image: tf.Tensor) -> tf.Tensor:
    """Repeats the channel of a grey image; leaves a coloured one."""
    return tf.tile(image, [1, 1, _COLOUR // tf.shape(image)[-1]])
