"""Reads the architecture that `--arc_file` names, or a flag gives in any notation."""

import dataclasses
import json
import pathlib

from absl import flags

from enas_tf.cli.flags import command_line
from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.poisoning import space_config
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.search.settings import read_config
from enas_tf.search_space import ArcRecord, make_space, parse_arc, require_same_space

_EXPECTED = "a file with an architecture, or the directory of a run"


def read_arc_file(values: flags.FlagValues) -> ArcRecord | None:
    """Lets what `--arc_file` holds take the place of `--child_fixed_arc`.

    Args:
      values: Parsed flags. The file may be a text in any notation, a `best_arc.json`, a run's `results.json`, or the
        directory of a run.

    Returns:
      The architecture with its space, where that is known: it stands in the file, or beside it. None without
      `--arc_file`.

    Raises:
      InputError: If there is no such file, or none that holds an architecture.
    """
    path = values["arc_file"].value
    if path is None:
        return None
    record = _read(pathlib.Path(path), f"--arc_file={path}")
    values["child_fixed_arc"].value = record.arc
    return record


def with_own_notation(config: SearchConfig, what: str, record: ArcRecord | None = None) -> SearchConfig:
    """Returns the settings with their architecture checked and written in integers.

    Args:
      config: The settings, whose architecture may be in any notation.
      what: Flag or file to name in an error.
      record: Where the architecture comes from.

    Raises:
      InputError: If the space is impossible, or the architecture none of it, or one of another space.
    """
    settings = space_config(config)
    if config.child.fixed_arc is None:
        return config
    if record is not None:
        require_same_space(record, settings, what)
    space = make_space(settings)
    arc = space.format(parse_arc(space, config.child.fixed_arc, what))
    return dataclasses.replace(config, child=dataclasses.replace(config.child, fixed_arc=arc))


def arc_flag(values: flags.FlagValues) -> str:
    """Names the flag that gave the architecture, for an error."""
    path = values["arc_file"].value
    return "--child_fixed_arc" if path is None else f"--arc_file={path}"


def _read(path: pathlib.Path, what: str) -> ArcRecord:
    if path.is_dir():
        directory = RunDirectory(str(path))
        places = (directory.arc_record, directory.best_arc, directory.results)
        found = [place for place in places if place.exists()]
        if not found:
            raise InputError(what, _EXPECTED, f"a directory without {directory.best_arc.name}")
        path = found[0]
    text = _text(path, what)
    plain = _plain(text)
    record = ArcRecord(" ".join(text.split())) if plain is None else ArcRecord.from_plain(plain, what)
    if record.space is None:
        record = _with_surroundings(record, RunDirectory(str(path.parent)), path, what)
    if record.space is not None and record.space.kind == "channels":
        received = "one of ranges of channels, which has none (its run has drawn it)"
        raise InputError(what, "an architecture that has a network of its own", received)
    return record


def _with_surroundings(record: ArcRecord, directory: RunDirectory, path: pathlib.Path, what: str) -> ArcRecord:
    """Adds what a run's directory says of an architecture that lies in it without its space."""
    if path not in (directory.best_arc, directory.arc_record, directory.results):
        return record
    if directory.arc_record.exists() and path != directory.arc_record:
        beside = ArcRecord.from_plain(_plain(_text(directory.arc_record, what)) or {}, str(directory.arc_record))
        return beside if beside.arc == record.arc else record
    if not directory.holds_run:
        return record
    config = read_config(directory, command_line())
    sizes = config.child
    return dataclasses.replace(
        record, space=space_config(config), num_layers=sizes.num_layers, out_filters=sizes.filters
    )


def _text(path: pathlib.Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "bytes that are not text"
        raise InputError(what, _EXPECTED, reason) from None


def _plain(text: str) -> dict | None:
    """The dictionary of JSON that holds an architecture with its surroundings; None for another notation."""
    try:
        plain = json.loads(text)
    except ValueError:
        return None
    return plain if isinstance(plain, dict) and not any("/" in key for key in plain) else None
