"""Where commands write the single files that flags name."""

import pathlib

from absl import flags

from enas_tf.reporting.run_directory import require_file_place


def file_to_write(values: flags.FlagValues, flag: str, suffix: str = "") -> pathlib.Path:
    """The file a flag names that is given.

    Raises:
      InputError: If it could not be written, or has another ending than `suffix`.
    """
    path = pathlib.Path(getattr(values, flag))
    require_file_place(f"--{flag}={path}", path, suffix)
    return path


def picture_stem(values: flags.FlagValues) -> pathlib.Path | None:
    """Where the pictures go that `--picture` names, without their suffix; None if it names none.

    Raises:
      InputError: If they could not be written.
    """
    if values["picture"].value is None:
        return None
    path = file_to_write(values, "picture")
    return path.with_suffix("") if path.suffix in (".png", ".svg") else path
