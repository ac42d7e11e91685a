"""What a run was set to, as its directory keeps it: settings are compared as dataclasses, never as text.

`config.json` holds them. `flags.txt` says the same on a command line; runs from before `config.json` have only that.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.reporting.results import write_json, write_text
from enas_tf.reporting.run_directory import RunDirectory, flag_values
from enas_tf.strategies.registry import STRATEGIES

# Settings that may differ between a run and its resumption: they change what is shown and how long, not the numbers.
_FREE = {
    "run": ("num_epochs", "log_every", "output_dir", "reset_output_dir", "overwrite"),
    "data": ("data_dir", "download", "image_memory_gb", "image_cache_dir"),
}


@dataclasses.dataclass(frozen=True)
class CommandLine:
    """How settings stand on a command line, of which the run itself knows nothing.

    Attributes:
      header: The flags as the log shows them.
      to_flagfile: Writes settings as the flagfile that repeats the run.
      from_flagfile: Reads settings from such a flagfile.
    """

    header: Sequence[str]
    to_flagfile: Callable[[SearchConfig], str]
    from_flagfile: Callable[[str], SearchConfig]


def resumes(directory: RunDirectory, config: SearchConfig, command_line: CommandLine | None) -> bool:
    """Checks, writing nothing, that a run may begin or go on in its directory.

    Args:
      directory: Of the run.
      config: What it is to be set to.
      command_line: Names settings by their flags in errors; without, they are named by section and field.

    Returns:
      Whether it goes on with a run found there.

    Raises:
      InputError: As `RunDirectory.check`; or if the run found there has other settings.
    """
    what = f"--output_dir={directory.path}"
    if not directory.check(config.run.reset_output_dir, config.run.overwrite):
        if directory.holds_run:
            _require_same_command(directory, config, command_line, what)
        return False
    there = read_config(directory, command_line)
    if _command(there) != _command(config):
        raise _of_another_command(what, there, config)
    if differing := differences(there, config, command_line):
        raise InputError(what, "a run with the same flags to resume (or --reset_output_dir)", ", ".join(differing))
    _check_num_epochs(there, config)
    return True


def _require_same_command(
    directory: RunDirectory, config: SearchConfig, command_line: CommandLine | None, what: str
) -> None:
    """Refuses to clear away a run of another command; one whose settings nobody can read any more may be."""
    try:
        there = read_config(directory, command_line)
    except InputError:
        return
    if _command(there) != _command(config):
        raise _of_another_command(what, there, config)


def _of_another_command(what: str, there: SearchConfig, now: SearchConfig) -> InputError:
    return InputError(what, f"no run, or one of {_command(now)}", f"one of {_command(there)}, which stays as it is")


def _command(config: SearchConfig) -> str:
    return "enas-search" if config.child.fixed_arc is None else "enas-train"


def _check_num_epochs(there: SearchConfig, now: SearchConfig) -> None:
    """Refuses other epochs where the run would not be what it is when it has so many from the beginning."""
    before, after = there.run.num_epochs, now.run.num_epochs
    reason = _epochs_matter(now)
    if after != before and reason is not None:
        raise InputError("--num_epochs", f"{before}, as the run found there has: {reason}", after)


def _epochs_matter(config: SearchConfig) -> str | None:
    """Says what depends on how many epochs there are in all, as a clause; None if nothing does."""
    child, strategy = config.child, config.strategy
    if child.fixed_arc is not None:
        drops = config.run.search_for == "micro" and child.drop_path_keep_prob < 1.0
        return "--child_drop_path_keep_prob is reached in the last epoch" if drops else None
    return f"--search_mode={strategy.name} is paced by them" if strategy.paced_by_epochs else None


def differences(there: SearchConfig, now: SearchConfig, command_line: CommandLine | None = None) -> list[str]:
    """Names each setting by which runs differ that have to be equal, with both values.

    Args:
      there: What one run was set to.
      now: What another one is.
      command_line: Names settings by their flags, as in `resumes`.
    """
    if _bound(there) == _bound(now):
        return []
    before, after = (_texts(_bound(one), command_line) for one in (there, now))
    names = [name for name in sorted(before | after) if before.get(name) != after.get(name)]
    if there.strategy.name != now.strategy.name:  # which then have no settings in common
        names = [name for name in names if name in before and name in after]
    return [f"--{name}={after.get(name)} (there: {before.get(name)})" for name in names]


def read_config(directory: RunDirectory, command_line: CommandLine | None = None) -> SearchConfig:
    """Reads what the run in a directory was set to.

    Args:
      directory: Of the run.
      command_line: Reads the flags of a run from before there was `config.json`.

    Raises:
      InputError: If there is no run, or its settings cannot be read.
    """
    path = directory.config
    if path.exists():
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(str(path), "the settings of a search", error) from None
        return SearchConfig.from_plain(plain, {name: kind.config for name, kind in STRATEGIES.items()}, str(path))
    if command_line is None or not directory.flags.exists():
        raise InputError(str(directory.path), f"a run with its {path.name}", "nothing of that name")
    return command_line.from_flagfile(directory.flags.read_text(encoding="utf-8"))


def write_config(directory: RunDirectory, config: SearchConfig, command_line: CommandLine | None) -> None:
    """Writes down what a run is set to."""
    write_json(directory.config, config.to_plain())
    if command_line is not None:
        write_text(directory.flags, command_line.to_flagfile(config))


def _bound(config: SearchConfig) -> SearchConfig:
    """The settings with those at their defaults that are free to differ, or have no effect."""
    defaults = SearchConfig()
    sections = {name: getattr(defaults, name) for name in vars(config) if name not in config.sections}
    sections |= {
        name: dataclasses.replace(
            getattr(config, name), **{field: getattr(getattr(defaults, name), field) for field in fields}
        )
        for name, fields in _FREE.items()
    }
    if config.searches_after:  # with more epochs, candidates would have been rewarded before the last of them
        sections["run"] = dataclasses.replace(sections["run"], num_epochs=config.run.num_epochs)
    return dataclasses.replace(config, **sections)


def _texts(config: SearchConfig, command_line: CommandLine | None) -> dict[str, str]:
    """Each setting by the name it goes by."""
    if command_line is not None:
        return flag_values(command_line.to_flagfile(config))
    return {
        f"{name}.{field}": str(value) for name, section in config.to_plain().items() for field, value in section.items()
    }
