"""A directory of image files: `train/<class>/*` and `test/<class>/*`, at any depth below a class."""

import pathlib
import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from PIL import Image

from enas_tf.data.decoding import decode_image
from enas_tf.data.examples import stack_examples
from enas_tf.data.image_set import ImageSet
from enas_tf.errors import InputError, listed

LAYOUT = "train/<class>/* and test/<class>/* with images"

_SPLITS = ("train", "test")
_GREY, _COLOUR = 1, 3


class _File(NamedTuple):
    path: str
    label: int


def holds_image_folder(directory: pathlib.Path) -> bool:
    """Tells whether a directory is meant as an image folder: `train` or `test` lies there."""
    return any((directory / split).is_dir() for split in _SPLITS)


def read_image_folder(directory: pathlib.Path, image_size: int | None) -> ImageSet:
    """Reads an image folder; grey images among coloured ones become coloured.

    What lies in hidden folders is no image, nor is a file with a suffix of something else; the latter are counted and
    named in the set's `notes`.

    Args:
      directory: The folder that holds `train` and `test`.
      image_size: Height and width to resize every image to; None if they all have one size.

    Raises:
      InputError: If `train` and `test` do not hold the same classes, one of them has no image of a class, a file is no
        image, or the images differ in shape.
    """
    class_names = _class_names(directory)
    found = {split: _found(directory / split, class_names) for split in _SPLITS}
    files = {split: _image_files(paths, split, directory, class_names) for split, paths in found.items()}
    to_colour = _channel_counts(file for split in files.values() for file in split) == {_GREY, _COLOUR}
    arrays: dict[str, np.ndarray] = {}
    for split, examples in files.items():
        images, labels = stack_examples(_examples(examples, to_colour), image_size, f"--data_path={directory}")
        arrays |= {f"{split}_images": images, f"{split}_labels": labels}
    left = [path for paths in found.values() for group in paths for path in group if not _is_image(path)]
    notes = (_left_note(left, directory),) if left else ()
    return ImageSet(name=str(directory), num_classes=len(class_names), class_names=class_names, notes=notes, **arrays)


def images_below(folder: pathlib.Path) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
    """Lists the files in a folder, at any depth and in the order of their names.

    Returns:
      Those that are meant as images, and the others; what lies in hidden folders is neither.
    """
    found = sorted(_files_below(folder), key=str)
    return [path for path in found if _is_image(path)], [path for path in found if not _is_image(path)]


def class_folders(directory: pathlib.Path) -> set[str]:
    """The names of the folders in a directory that may be classes."""
    return _folder_names(directory)


def _class_names(directory: pathlib.Path) -> tuple[str, ...]:
    train, test = (_folder_names(directory / split) for split in _SPLITS)
    if train != test:
        received = f"only in one of them: {', '.join(sorted(train ^ test))}"
        raise InputError(f"--data_path={directory}", "the same class folders in train and test", received)
    return tuple(sorted(train))


def _folder_names(directory: pathlib.Path) -> set[str]:
    folders = (entry for entry in directory.iterdir() if entry.is_dir()) if directory.is_dir() else ()
    return {folder.name for folder in folders if not _is_hidden(folder)}


def _found(split: pathlib.Path, class_names: Sequence[str]) -> list[list[pathlib.Path]]:
    """The files of each class, in the order of their names."""
    return [sorted(_files_below(split / name), key=str) for name in class_names]


def _files_below(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    for entry in folder.iterdir():
        if entry.is_dir() and not _is_hidden(entry):
            yield from _files_below(entry)
        elif entry.is_file() and not _is_hidden(entry):
            yield entry


def _is_hidden(path: pathlib.Path) -> bool:
    return path.name.startswith(".")


def _is_image(path: pathlib.Path) -> bool:
    """Whether a file is meant as one: by its suffix, or because it has none."""
    return not path.suffix or Image.registered_extensions().get(path.suffix.lower()) in Image.OPEN


def _image_files(
    found: Sequence[Sequence[pathlib.Path]], split: str, directory: pathlib.Path, class_names: Sequence[str]
) -> list[_File]:
    """Lists the images of a split, shuffled, since a validation set is the last part of the training images.

    Raises:
      InputError: If there is none, or none of a class.
    """
    by_class = [[path for path in paths if _is_image(path)] for paths in found]
    if not any(by_class):
        raise InputError(f"--data_path={directory}", LAYOUT, f"no image in {split}")
    missing = [name for name, paths in zip(class_names, by_class, strict=True) if not paths]
    if missing:
        expected = "images of every class in train and in test"
        raise InputError(f"--data_path={directory}", expected, f"none in {split} of {listed(missing)}")
    files = [_File(str(path), label) for label, paths in enumerate(by_class) for path in paths]
    # The order of TFDS's ImageFolder, which read these folders before.
    random.Random(split).shuffle(files)
    return files


def _channel_counts(files: Iterable[_File]) -> set[int]:
    """Returns how many channels the images have, having decoded each of them once.

    Raises:
      InputError: If a file cannot be decoded; it names the file.
    """
    with ThreadPoolExecutor() as threads:
        return set(threads.map(lambda file: _decoded(file.path).shape[-1], files))


def _decoded(path: str) -> np.ndarray:
    return decode_image(pathlib.Path(path).read_bytes(), path)


def _examples(files: Sequence[_File], to_colour: bool) -> tf.data.Dataset:
    """The images, uint8 [H, W, C], with their labels."""

    def load(path: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        decoded = tf.numpy_function(lambda name: _decoded(name.decode()), [path], tf.uint8)
        image = tf.ensure_shape(decoded, [None, None, None])
        return _coloured(image) if to_colour else image, label

    paths, labels = zip(*files, strict=True)
    return tf.data.Dataset.from_tensor_slices((list(paths), list(labels))).map(load, tf.data.AUTOTUNE)


def _coloured(image: tf.Tensor) -> tf.Tensor:
    """Repeats the channel of a grey image; leaves a coloured one."""
    return tf.tile(image, [1, 1, _COLOUR // tf.shape(image)[-1]])


def _left_note(left: Sequence[pathlib.Path], directory: pathlib.Path) -> str:
    names = listed([str(path.relative_to(directory)) for path in left])
    return f"Not read in {directory}, by their suffix no images: {names}"
