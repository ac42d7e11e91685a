"""One process at a time writes in a directory: a lock that the operating system takes back from whoever is killed."""

import contextlib
import datetime
import errno
import json
import os
import pathlib
import platform
import sys
from collections.abc import Iterator

import filelock

from enas_tf.errors import InputError
from enas_tf.reporting.results import write_json, writing

# filelock empties the file that it locks, so who holds it is told by another one.
LOCK, HOLDER = ".lock", ".lock.json"
_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextlib.contextmanager
def locked(what: str, path: pathlib.Path, patience: float = 0.0) -> Iterator[None]:
    """Keeps other processes from working in a directory; the same process may do so again within.

    Args:
      what: Flag to name in an error.
      path: The directory, made when missing.
      patience: Seconds to wait for another process to end.

    Raises:
      InputError: If another process works in it.
      OutputError: If nothing can be written there.
    """
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
    lock = _lock(path)
    with writing(path / LOCK):
        try:
            lock.acquire(timeout=patience)
        except filelock.Timeout:  # an OSError, too
            raise _refusal(what, path) from None
    try:
        write_json(path / HOLDER, _this_process())
        yield
    finally:
        if lock.lock_counter == 1:
            (path / HOLDER).unlink(missing_ok=True)
        lock.release()


def require_unlocked(what: str, path: pathlib.Path) -> None:
    """Requires, writing nothing, that no other process works in a directory.

    One that this process may not write in is passed over: a lock cannot be tried there, and would keep nobody out.

    Args:
      what: Flag to name in an error.
      path: The directory, which may be missing.

    Raises:
      InputError: If one does.
    """
    try:
        if not (path / LOCK).exists():
            return
        with _lock(path).acquire(timeout=0):
            pass
    except filelock.Timeout:  # an OSError, too
        raise _refusal(what, path) from None
    except OSError as error:
        if error.errno not in _NOT_WRITABLE:
            raise


def _lock(path: pathlib.Path) -> filelock.BaseFileLock:
    """The lock of a directory, one object for the whole process, which counts who has taken it there."""
    return filelock.FileLock(path.absolute() / LOCK, is_singleton=True)


def _refusal(what: str, path: pathlib.Path) -> InputError:
    try:
        holder = json.loads((path / HOLDER).read_text(encoding="utf-8"))
        who = "process {pid} on {host} ({command}), which began at {since}".format(**holder)
    except (OSError, ValueError, KeyError, TypeError):  # it begins or ends at this moment
        who = "another process"
    return InputError(what, "a directory that no other process works in", f"one in use by {who}")


def _this_process() -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "host": platform.node(),
        "command": pathlib.Path(sys.argv[0]).name,
        "since": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
    }
