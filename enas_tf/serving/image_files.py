"""Image files to predict, found by paths, and the classes that folders give them."""

import glob
import pathlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from enas_tf.data.fitting import read_fitting_image
from enas_tf.data.image_files import find_files, find_folders, left_notes
from enas_tf.errors import InputError, listed


class ImageFile(NamedTuple):
    """A file with an image.

    Attributes:
      path: Where it lies.
      label: Of the class whose folder it lies in; None if it lies in none.
    """

    path: pathlib.Path
    label: int | None


def find_image_files(
    paths: Sequence[str], class_names: Sequence[str], flag: str = "--images"
) -> tuple[list[ImageFile], list[str]]:
    """Finds image files.

    Args:
      paths: Files, patterns such as `photos/*.jpg`, and folders, which are searched at any depth. Where the folders in
        one have the names of classes, they say what the images in them show.
      class_names: Of the network, by label.
      flag: To name in errors.

    Returns:
      The files, and sentences on what was left out.

    Raises:
      InputError: If there is nothing where a path says, no image in a folder, or a folder beside those of classes has
        no class's name.
    """
    files: list[ImageFile] = []
    notes: list[str] = []
    for pattern in paths:
        for path in _matching(pattern, flag):
            if not path.is_dir():
                files.append(ImageFile(path, None))
                continue
            found = find_files(path)
            if not found.images:
                raise InputError(f"{flag}={path}", "a folder with images", "none in it")
            labels = _labels(path, class_names, flag)
            files += [ImageFile(image, labels.get(image.relative_to(path).parts[0])) for image in found.images]
            notes += left_notes([found], path)
    return files, notes


def read_batches(
    files: Sequence[ImageFile], image_shape: tuple[int, int, int], batch_size: int
) -> Iterator[np.ndarray]:
    """Reads images, each brought to one shape, in batches of uint8 [B, H, W, C].

    Raises:
      InputError: If a file is no image, or has other channels; it names the file.
    """
    with ThreadPoolExecutor() as threads:
        for start in range(0, len(files), batch_size):
            batch = files[start : start + batch_size]
            yield np.stack(list(threads.map(lambda file: read_fitting_image(file.path, image_shape), batch)))


def _matching(pattern: str, flag: str) -> list[pathlib.Path]:
    path = pathlib.Path(pattern).expanduser()
    if path.exists():
        return [path]
    matching = sorted(glob.glob(str(path), recursive=True))
    if not matching:
        raise InputError(f"{flag}={pattern}", "a file, a folder, or a pattern of such", "nothing there")
    return [pathlib.Path(match) for match in matching]


def _labels(directory: pathlib.Path, class_names: Sequence[str], flag: str) -> dict[str, int]:
    """The labels of a directory's folders by name; none where its folders are no classes."""
    folders = {folder.name for folder in find_folders(directory)}
    known = {name: label for label, name in enumerate(class_names)}
    if not folders & known.keys():
        return {}
    if folders - known.keys():
        expected = f"folders with the names of the network's classes ({', '.join(class_names)})"
        raise InputError(
            f"{flag}={directory}", expected, f"others beside them: {listed(sorted(folders - known.keys()))}"
        )
    return known
