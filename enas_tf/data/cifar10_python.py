"""The "python version" of CIFAR-10: a directory of six pickles."""

import pathlib

import numpy as np

from enas_tf.data.array_pickle import load_array_pickle
from enas_tf.data.image_set import ImageSet
from enas_tf.errors import InputError, listed

TRAIN_FILES = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST_FILE = "test_batch"

META_FILE = "batches.meta"

_CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_CHANNELS, _SIDE = 3, 32
_PIXELS = _CHANNELS * _SIDE * _SIDE


def holds_cifar10_batches(directory: pathlib.Path) -> bool:
    """Tells whether a directory is meant as CIFAR-10 batches: any of their files lies there."""
    return any((directory / name).exists() for name in (*TRAIN_FILES, TEST_FILE))


def read_cifar10_batches(directory: pathlib.Path) -> ImageSet:
    """Reads `data_batch_1` to `data_batch_5` and `test_batch`, in this order, and what classes `batches.meta` names.

    Args:
      directory: Where the files lie; only `batches.meta` may be missing.

    Raises:
      InputError: If one is missing, damaged, holds anything but data, or does not have the format's keys and shapes.
    """
    missing = [name for name in (*TRAIN_FILES, TEST_FILE) if not (directory / name).exists()]
    if missing:
        expected = f"all of {', '.join(TRAIN_FILES)} and {TEST_FILE}"
        raise InputError(f"--data_path={directory}", expected, f"no {listed(missing)}")
    class_names = _read_class_names(directory / META_FILE)
    batches = [_read_batch(directory / name) for name in TRAIN_FILES]
    test_images, test_labels = _read_batch(directory / TEST_FILE)
    return ImageSet(
        name=str(directory),
        train_images=np.concatenate([images for images, _ in batches]),
        train_labels=np.concatenate([labels for _, labels in batches]),
        test_images=test_images,
        test_labels=test_labels,
        num_classes=len(class_names),
        class_names=class_names,
    )


def _read_class_names(path: pathlib.Path) -> tuple[str, ...]:
    """The names that lie beside the batches; where there are none, the published ones."""
    if not path.exists():
        return _CLASS_NAMES
    content = load_array_pickle(path)
    names = _entry(content, "label_names", path) if isinstance(content, dict) else ()
    names = names if isinstance(names, list) else []
    decoded = [name.decode(errors="replace") if isinstance(name, bytes) else str(name) for name in names]
    if len(set(decoded)) != len(_CLASS_NAMES) or len(decoded) != len(_CLASS_NAMES):
        raise InputError(f"{path}, label_names", f"{len(_CLASS_NAMES)} different names", f"{len(decoded)} names")
    return tuple(decoded)


def _read_batch(path: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
    content = load_array_pickle(path)
    if not isinstance(content, dict):
        raise InputError(str(path), "a dictionary with data and labels", type(content).__name__)
    # [N, 3072], a row being one channel after the other.
    rows = _entry(content, "data", path)
    labels = _label_array(_entry(content, "labels", path), path)
    if not (isinstance(rows, np.ndarray) and rows.dtype == np.uint8 and rows.ndim == 2 and rows.shape[1] == _PIXELS):
        raise InputError(f"{path}, data", f"numbers of 8 bits, uint8 [images, {_PIXELS}]", _received(rows))
    if len(rows) != len(labels):
        raise InputError(str(path), "a label for each image", f"{len(rows)} images and {len(labels)} labels")
    images = rows.reshape(-1, _CHANNELS, _SIDE, _SIDE).transpose(0, 2, 3, 1)
    return images, labels


def _received(rows: object) -> str:
    if not isinstance(rows, np.ndarray):
        return type(rows).__name__
    return f"numbers of {8 * rows.itemsize} bits, {rows.dtype} {list(rows.shape)}"


def _entry(content: dict, key: str, path: pathlib.Path) -> object:
    # The published files are Python 2's, whose strings are read as bytes.
    for spelling in (key.encode(), key):
        if spelling in content:
            return content[spelling]
    raise InputError(str(path), f"the key {key}", f"the keys {sorted(map(str, content))}")


def _label_array(labels: object, path: pathlib.Path) -> np.ndarray:
    try:
        array = np.asarray(labels)
    except ValueError:  # A ragged list.
        array = np.empty(0, object)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InputError(f"{path}, labels", "a list of integers", f"{type(labels).__name__} of other content")
    return array.astype(np.int32)
