"""The directory of an experiment: what lies where, whose it is, and that one process at a time works in it."""

import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Sequence

from enas_tf.assess.plan.runs import shared_flags
from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.assess.plan.strategies import modes_of
from enas_tf.errors import InputError
from enas_tf.reporting.directory_lock import HOLDER, LOCK, locked
from enas_tf.reporting.results import read_jsonl, write_json
from enas_tf.reporting.run_directory import require_writable
from enas_tf.strategies.registry import CONTROLLER, STRATEGIES

# Settings an experiment may gain values of when it is continued, and those that must stay as they are.
_GROWING = ("strategies", "poisons", "seeds")
_FIXED = ("standalone_arcs", "standalone_epochs")


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What an experiment's directory says it is.

    Attributes:
      config: Its settings.
      search_flags: Lines of the flagfile that all its runs share.
    """

    config: AssessConfig
    search_flags: tuple[str, ...]


class ExperimentDirectory:
    """Names of everything an experiment writes.

    Args:
      path: The directory.
    """

    def __init__(self, path: str) -> None:
        self.path = pathlib.Path(path)
        self.experiment = self.path / "experiment.json"
        self.sessions = self.path / "sessions.jsonl"
        self.runs_csv = self.path / "runs.csv"
        self.summary = self.path / "summary.json"
        self.report = self.path / "report"  # .md and .html
        self.plots = self.path / "plots"
        self.tensorboard = self.path / "tensorboard"
        self.synthetic = self.path / "synthetic"

    @property
    def _what(self) -> str:
        return f"--experiment_dir={self.path}"

    def check(self, experiment: Experiment) -> None:
        """Checks, writing nothing, that an experiment may begin or go on here.

        Raises:
          InputError: If nothing can be written here, if other files are here, or another experiment is.
        """
        require_writable(self._what, self.path)
        if self.experiment.exists():
            differing = _differences(self.read(), experiment)
            if differing:
                raise InputError(self._what, "the experiment found here, or an empty directory", ", ".join(differing))
            return
        foreign = sorted({entry.name for entry in self.path.glob("*")} - {self.synthetic.name, LOCK, HOLDER})
        if foreign:
            raise InputError(self._what, "an experiment or an empty directory", ", ".join(foreign[:5]))

    def write(self, experiment: Experiment) -> None:
        """Notes what the experiment is; the directory is made when missing."""
        self.path.mkdir(parents=True, exist_ok=True)
        settings = {name: getattr(experiment.config, name) for name in (*_GROWING, *_FIXED)}
        write_json(self.experiment, {**settings, "search_flags": experiment.search_flags})

    def read(self) -> Experiment:
        """Reads what the experiment is.

        Raises:
          InputError: If there is none.
        """
        try:
            data = json.loads(self.experiment.read_text(encoding="utf-8"))
            settings = {name: tuple(data[name]) for name in _GROWING} | {name: data[name] for name in _FIXED}
            search_flags = tuple(data["search_flags"])
        except FileNotFoundError:
            raise InputError(self._what, "a directory with an experiment", f"no {self.experiment.name}") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(str(self.experiment), "what enas-assess wrote", error) from None
        return Experiment(AssessConfig(experiment_dir=str(self.path), **settings), search_flags)

    def read_sessions(self) -> list[dict]:
        """What is known of each start of the experiment: when, where, with which versions."""
        return read_jsonl(self.sessions) if self.sessions.exists() else []

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Keeps other processes from working in the directory, made when missing (errors as `locked`)."""
        return locked(self._what, self.path)


def _differences(there: Experiment, asked: Experiment) -> list[str]:
    """Describes in what an experiment is not the one that is there, or one that goes beyond it."""
    found = []
    for name in _GROWING:
        missing = [str(value) for value in getattr(there.config, name) if value not in getattr(asked.config, name)]
        if missing:
            found.append(f"--{name} without {','.join(missing)}")
    for name in _FIXED:
        old, new = getattr(there.config, name), getattr(asked.config, name)
        if old != new:
            found.append(f"--{name}={new} (there: {old})")
    # Flags of strategies that are added are new with them; those of the controller were noted without it, too.
    added = set(modes_of(asked.config.strategies)) - {CONTROLLER, *modes_of(there.config.strategies)}
    new = {f"{name}_{field.name}" for name in added for field in dataclasses.fields(STRATEGIES[name].config)}
    # Earlier experiments noted --poison_ops as well, by which their runs did not differ.
    return found + _flag_differences(shared_flags(there.search_flags), shared_flags(asked.search_flags, new))


def _flag_differences(there: Sequence[str], asked: Sequence[str]) -> list[str]:
    added, gone = (sorted(set(left) - set(right)) for left, right in ((asked, there), (there, asked)))
    changes = [f"{line} (not there)" for line in added] + [f"no {line}" for line in gone]
    return changes[:5]
