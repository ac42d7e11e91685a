"""The output directory of a run: what lies where in it, and when it may be emptied or resumed."""

import itertools
import os
import pathlib
import shutil
import tempfile

from enas_tf.errors import InputError
from enas_tf.reporting.results import writing


class RunDirectory:
    """Names of everything a run writes.

    Args:
      path: The output directory.
    """

    def __init__(self, path: str) -> None:
        self.path = pathlib.Path(path)
        self.stdout = self.path / "stdout"
        self.flags = self.path / "flags.txt"
        self.config = self.path / "config.json"
        self.arcs = self.path / "arcs.jsonl"
        self.candidates = self.path / "candidates.jsonl"
        self.epochs = self.path / "epochs.jsonl"
        self.best_arc = self.path / "best_arc.txt"
        self.arc_record = self.path / "best_arc.json"
        self.best_arc_picture = self.path / "best_arc"  # .png and .svg
        self.network = self.path / "network.keras"
        self.export = self.path / "export"  # of that network
        self.results = self.path / "results.json"
        self.timings = self.path / "timings.json"
        self.epoch_timings = self.path / "timings.jsonl"
        self.checkpoints = self.path / "checkpoints"
        self.tensorboard = self.path / "tensorboard"
        self.operation_milliseconds = self.path / "operation_milliseconds.json"
        self.retraining = self.path / "retraining.json"  # of trainings of several architectures, where no run is

    def check(self, reset: bool, overwrite: bool = False) -> bool:
        """Checks, writing nothing, that a run may lie here.

        Args:
          reset: Whether what an earlier run left here has to go.
          overwrite: Whether it is then removed even if that run was finished.

        Returns:
          Whether there is a run to resume.

        Raises:
          InputError: If the path is no directory and none can be made there, or nothing can be written to it; if
            files are to be removed that no run wrote, or trainings of several architectures lie there.
        """
        what = f"--output_dir={self.path}"
        require_writable(what, self.path)
        if self.retraining.exists():
            raise InputError(what, "no run, or one of this command", "trainings of enas-train --run, which stay there")
        if reset:
            foreign = [entry.name for entry in self._entries() if entry.exists()]
            if foreign and not self.holds_run:
                raise InputError(what, "no files of the names a run writes, or an earlier run", ", ".join(foreign))
            if self._is_kept(overwrite):
                require_writable(what, pathlib.Path(os.path.abspath(self.path)).parent)
            return False
        return self.holds_run

    @property
    def holds_run(self) -> bool:
        """Whether a run has begun here."""
        return self.flags.exists() or self.config.exists()

    def prepare(self, reset: bool, overwrite: bool = False) -> pathlib.Path | None:
        """Clears an earlier run away if asked to, and creates the directory if it is missing.

        Args:
          reset: Whether what an earlier run left here has to go.
          overwrite: Whether it is removed even if the run was finished, which is moved aside otherwise.

        Returns:
          Where a finished run was moved; None if none was.

        Raises:
          OutputError: If that cannot be done.
        """
        aside = None
        with writing(self.path):
            if reset and self._is_kept(overwrite):
                aside = self._move_aside()
            elif reset:
                for entry in self._entries():
                    _remove(entry)
            self.path.mkdir(parents=True, exist_ok=True)
        return aside

    def _is_kept(self, overwrite: bool) -> bool:
        """Whether there is a run that is not removed but moved aside."""
        return self.results.exists() and not overwrite

    def _move_aside(self) -> pathlib.Path:
        """Moves the run to the first of `path-1`, `path-2`, … that there is not."""
        path = pathlib.Path(os.path.abspath(self.path))
        places = (path.parent / f"{path.name}-{number}" for number in itertools.count(1))
        aside = next(place for place in places if not os.path.lexists(place))
        aside.mkdir()
        for entry in self._entries():
            if os.path.lexists(entry):
                shutil.move(entry, aside / entry.name)
        return aside

    def _entries(self) -> list[pathlib.Path]:
        """All that a run may have written; other files, a run in a subdirectory for one, are not its own to remove."""
        architecture = self.path.glob(f"{self.best_arc_picture.name}.*")  # as integers, as data and as pictures
        logs = (
            self.stdout,
            self.arcs,
            self.candidates,
            self.epochs,
            self.timings,
            self.epoch_timings,
            self.network,
            self.export,
            self.checkpoints,
            self.tensorboard,
            self.operation_milliseconds,
        )
        # What marks a run as finished and the directory as a run's goes last: whoever is killed here can start over.
        return [*architecture, *logs, self.results, self.flags, self.config]


def require_writable(what: str, path: pathlib.Path) -> None:
    """Requires that files can be made in a directory, or the directory itself where it is missing.

    Args:
      what: Flag to name in an error.
      path: The directory.

    Raises:
      InputError: If a file is in the way, there is no permission, or the file system takes no files, as /proc.
    """
    existing = next(place for place in (path, *path.parents) if os.path.lexists(place))
    if not existing.is_dir():
        raise InputError(what, "a directory, or a place to make one", f"{existing}, which is a file")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise InputError(what, "a directory to write to", f"no permission to write to {existing}")
    try:
        with tempfile.TemporaryFile(dir=existing):  # one without a name, where the file system has such
            pass
    except OSError as error:
        received = f"{existing}, in which no file can be made ({error.strerror})"
        raise InputError(what, "a directory to write to", received) from None


def require_file_place(what: str, path: pathlib.Path, suffix: str = "") -> None:
    """Requires that a file can be made, before the work is done that it is to hold.

    Args:
      what: Flag to name in an error.
      path: The file; one that is there will be replaced.
      suffix: What its name has to end in.

    Raises:
      InputError: If it cannot.
    """
    if path.is_dir():
        raise InputError(what, "a file in a directory that exists", "a directory")
    if not path.parent.is_dir():
        raise InputError(what, "a file in a directory that exists", f"no directory {path.parent}")
    if suffix and path.suffix != suffix:
        raise InputError(what, f"a name that ends in {suffix}", path.name)
    require_writable(what, path.parent)


def _remove(path: pathlib.Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def flag_values(flagfile: str) -> dict[str, str]:
    """Reads a flagfile's lines by flag name; a boolean flag's value is `true` or `false`."""
    values = {}
    for line in flagfile.splitlines():
        name, equals, value = line.removeprefix("--").partition("=")
        if not equals:
            negated = name.startswith("no")
            name, value = (name[2:] if negated else name), str(not negated).lower()
        values[name] = value
    return values
