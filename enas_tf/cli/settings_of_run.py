"""Lets the settings of a search stand before the flags of a command that goes on with what it found."""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

from absl import flags

from enas_tf.cli.flags import command_line, flagfile_text
from enas_tf.cli.main import parse_flags
from enas_tf.config import ScheduleConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.search.settings import read_config
from enas_tf.strategies.controller import ControllerConfig

# Of a run itself, not of what comes after it.
_OF_THE_RUN = ("output_dir", "reset_output_dir", "overwrite")


def parse_after_search(
    define: Callable[[], flags.FlagValues], argv: Sequence[str], description: str, names: Sequence[str]
) -> flags.FlagValues:
    """Parses a command line; where it names a search, that one's settings hold for flags it does not give.

    Args:
      define: Makes the command's flags, at their defaults.
      argv: As `sys.argv`.
      description: Of the command, for `--help`.
      names: Flags that name the directory of a search.

    Raises:
      InputError: If there is no search; or as `parse_flags`.
      flags.Error: As `parse_flags`.
    """
    values = define()
    parse_flags(values, argv, description)
    named = {name: str(values[name].value) for name in names if values[name].value is not None}
    if not named:
        return values
    (flag, path), *others = named.items()
    if others:
        raise InputError(f"--{others[0][0]}", f"no --{flag} beside it", others[0][1])
    lines = _lines(read_search(path, f"--{flag}"))
    values = define()
    parse_flags(values, [argv[0], *lines, *argv[1:]], description)
    return values


def read_search(path: str, flag: str) -> SearchConfig:
    """Reads what a search was set to.

    Args:
      path: Its directory.
      flag: Which names it, with dashes.

    Raises:
      InputError: If there is none, or it is a final training.
    """
    what, directory = f"{flag}={path}", RunDirectory(path)
    if not pathlib.Path(path).is_dir() or not directory.holds_run:
        raise InputError(what, "the directory of a search", "none with a run in it")
    config = read_config(directory, command_line())
    if config.child.fixed_arc is not None:
        raise InputError(what, "the directory of a search", "that of a final training")
    if config.searches_channels:
        raise InputError(what, "a search whose architectures have networks of their own", "one of ranges of channels")
    return config


def _lines(search: SearchConfig) -> list[str]:
    """The flags of a search that say what is trained, how and on what; how it searched is left out."""
    run = dataclasses.replace(search.run, guided_random_candidates=0, recalibration_batches=None)
    idle = ControllerConfig(training=False)
    training = dataclasses.replace(search, run=run, strategy=idle, schedule=ScheduleConfig())
    lines = flagfile_text(training, with_training=True).splitlines()
    return [line for line in lines if line.removeprefix("--").removeprefix("no").partition("=")[0] not in _OF_THE_RUN]
