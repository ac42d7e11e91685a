"""Reads the architecture that `--arc_file` names."""

import pathlib

from absl import flags

from enas_tf.errors import InputError


def read_arc_file(values: flags.FlagValues) -> None:
    """Lets what `--arc_file` holds take the place of `--child_fixed_arc`.

    Raises:
      InputError: If there is no such file, or it is no text.
    """
    path, arc = values["arc_file"].value, values["child_fixed_arc"]
    if path is None:
        return
    try:
        arc.value = " ".join(pathlib.Path(path).read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "bytes that are not text"
        raise InputError(f"--arc_file={path}", "a file with an architecture", reason) from None
