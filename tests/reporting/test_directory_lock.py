"""One process at a time works in a directory."""

import contextlib
import errno
import os
import signal
import subprocess
import sys

import filelock
import pytest

from enas_tf.errors import InputError
from enas_tf.reporting.directory_lock import HOLDER, LOCK, locked, require_unlocked

WHAT = "--output_dir=run"
HOLD = """
import pathlib, sys
from enas_tf.reporting.directory_lock import locked
with locked("--output_dir", pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def held_by_another_process(path):
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process


def test_another_process_is_refused_and_told_who_is_there(tmp_path):
    with held_by_another_process(tmp_path) as process:
        for attempt in (require_unlocked, lambda what, path: locked(what, path).__enter__()):
            with pytest.raises(InputError) as error:
                attempt(WHAT, tmp_path)
            said = f"{WHAT}: expected a directory that no other process works in, received one in use by process "
            assert str(error.value).startswith(f"{said}{process.pid} on {os.uname().nodename} (")


def test_whoever_is_killed_holds_nobody_up(tmp_path):
    with held_by_another_process(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (tmp_path / HOLDER).exists()
        require_unlocked(WHAT, tmp_path)
        with locked(WHAT, tmp_path):
            pass
    assert not (tmp_path / HOLDER).exists()


def test_the_same_process_may_hold_it_twice(tmp_path):
    with locked(WHAT, tmp_path):
        with locked(WHAT, tmp_path):
            require_unlocked(WHAT, tmp_path)
        assert (tmp_path / HOLDER).exists()
    assert not (tmp_path / HOLDER).exists()


def test_a_holder_that_is_not_told_is_another_process(tmp_path):
    with held_by_another_process(tmp_path):
        (tmp_path / HOLDER).write_text("{")
        with pytest.raises(InputError, match="received one in use by another process$"):
            require_unlocked(WHAT, tmp_path)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_directory_that_may_not_be_written_in_is_held_by_nobody(monkeypatch, tmp_path, number):
    with locked(WHAT, tmp_path):
        pass

    def refused(*arguments, **named):
        raise OSError(number, os.strerror(number), str(tmp_path / LOCK))

    (tmp_path / LOCK).touch()
    monkeypatch.setattr(filelock.FileLock, "acquire", refused)
    require_unlocked(WHAT, tmp_path)


def test_to_look_writes_nothing(tmp_path):
    require_unlocked(WHAT, tmp_path / "missing")
    require_unlocked(WHAT, tmp_path)
    assert list(tmp_path.iterdir()) == []
    with locked(WHAT, tmp_path / "new"):
        assert {path.name for path in (tmp_path / "new").iterdir()} == {LOCK, HOLDER}
