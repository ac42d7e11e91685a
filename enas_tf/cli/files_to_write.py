"""Where commands write the single files that flags name."""

import pathlib

from enas_tf.errors import InputError


def picture_stem(name: str | None) -> pathlib.Path | None:
    """Where the pictures go that `--picture` names, without their suffix; None if it names none.

    Raises:
      InputError: If they could not be written.
    """
    if name is None:
        return None
    path = file_to_write(f"--picture={name}", name)
    return path.with_suffix("") if path.suffix in (".png", ".svg") else path


def file_to_write(what: str, name: str) -> pathlib.Path:
    """The file of a name.

    Args:
      what: Flag to name in an error.
      name: A path; `~` is the home directory.

    Raises:
      InputError: If it could not be written.
    """
    path = pathlib.Path(name).expanduser()
    if not path.parent.is_dir():
        raise InputError(what, "a file in a directory that exists", f"no directory {path.parent}")
    if path.is_dir():
        raise InputError(what, "a file in a directory that exists", "a directory")
    return path
