"""Which files below a folder are images, and what else lies there."""

import pathlib
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image

from enas_tf.errors import InputError, listed


class FoundFiles(NamedTuple):
    """What lies in a folder of one class, at any depth; hidden files and folders left out.

    Attributes:
      images: Files meant as images, in the order of their paths.
      others: Files with a suffix of something else.
      lost: Links to folders that hold this one or are read already, and links to nothing.
      special: What is neither file nor folder: pipes, sockets, devices.
    """

    images: list[pathlib.Path]
    others: list[pathlib.Path]
    lost: list[pathlib.Path]
    special: list[pathlib.Path]


def find_files(folder: pathlib.Path) -> FoundFiles:
    """Lists the files below a folder; every real folder is read once, however many links lead to it.

    Raises:
      InputError: If a folder cannot be read.
    """
    found = FoundFiles([], [], [], [])
    for path in sorted(_below(folder, folder.resolve(), set()), key=str):
        if path.is_dir() or not path.exists():
            found.lost.append(path)
        elif not path.is_file():
            found.special.append(path)
        elif _is_image(path):
            found.images.append(path)
        else:
            found.others.append(path)
    return found


def find_folders(folder: pathlib.Path) -> list[pathlib.Path]:
    """Lists the folders in a folder, hidden ones and links back to what holds it left out.

    Raises:
      InputError: If it cannot be read.
    """
    top = folder.resolve()
    return [entry for entry in _entries(folder) if entry.is_dir() and not top.is_relative_to(entry.resolve())]


def left_notes(found: list[FoundFiles], directory: pathlib.Path) -> tuple[str, ...]:
    """Says of which files nothing was read, in a sentence for each kind of reason."""
    others = [path for files in found for path in files.others]
    lost = [path for files in found for path in files.lost]
    special = [path for files in found for path in files.special]
    reasons = (
        ("by their suffix no images", others),
        ("links that lead back or to nothing", lost),
        ("no regular files", special),
    )
    return tuple(
        f"Not read in {directory}, {reason}: {listed(str(path.relative_to(directory)) for path in paths)}"
        for reason, paths in reasons
        if paths
    )


def _below(folder: pathlib.Path, top: pathlib.Path, seen: set[pathlib.Path]) -> Iterator[pathlib.Path]:
    """The files, and the links that are not followed: to `top`, to what holds it, and to folders seen already."""
    seen.add(folder.resolve())
    for entry in _entries(folder):
        if not entry.is_dir() or (real := entry.resolve()) in seen or top.is_relative_to(real):
            yield entry
        else:
            yield from _below(entry, top, seen)


def _entries(folder: pathlib.Path) -> list[pathlib.Path]:
    """What lies in a folder, in order, so that it does not depend on the file system which of two links is followed."""
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise InputError(str(folder), "a readable folder", error.strerror) from error


def _is_image(path: pathlib.Path) -> bool:
    """Whether a file is meant as one: by its suffix, or because it has none."""
    return not path.suffix or Image.registered_extensions().get(path.suffix.lower()) in Image.OPEN
