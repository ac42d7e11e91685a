"""Result files that are never half written: text, JSON and lines of JSON.

Knows nothing of what the files mean. A file is written under a temporary name beside its place and renamed, so a
reader finds the old content or the new one, whenever the writer is killed or the disk is full. What has no form in
UTF-8, as of a file's name that is no text, is written as \\udcff.
"""

import contextlib
import dataclasses
import json
import math
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator
from io import FileIO
from typing import Any, BinaryIO

import numpy as np

from enas_tf.errors import InputError, OutputError

PathLike = str | os.PathLike[str]


@contextlib.contextmanager
def writing(path: PathLike, *errors: type[Exception]) -> Iterator[None]:
    """Lets whatever goes wrong with writing in the block name what was to be written.

    Args:
      path: The file or directory.
      *errors: What else than an OSError says that it could not be written, TensorFlow's errors for one.

    Raises:
      OutputError: In place of any of these.
    """
    faults: tuple[type[Exception], ...] = (OSError, *errors)
    try:
        yield
    except OutputError:
        raise
    except faults as error:
        raise OutputError(path, _reason(error)) from error


@contextlib.contextmanager
def replacing(path: PathLike) -> Iterator[BinaryIO]:
    """Opens a binary file whose content takes the place of `path` once the block has ended without an exception.

    Args:
      path: The file to create or replace; its directory exists.

    Yields:
      A file open for writing. After an exception it is gone and `path` is as it was.

    Raises:
      OutputError: If it cannot be written.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with writing(path):
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: PathLike, text: str) -> None:
    """Writes a text file (UTF-8) in one piece."""
    with replacing(path) as file:
        file.write(_encoded(text))


def write_json(path: PathLike, data: Any) -> None:
    """Writes data as indented JSON in one piece.

    Args:
      path: The file.
      data: Dictionaries, dataclasses, sequences, sets, numpy arrays and scalars; numbers that are not finite become
        null.

    Raises:
      TypeError: If data holds something JSON has no form for; the file is then left as it was.
    """
    write_text(path, json.dumps(_plain(data), indent=2, allow_nan=False) + "\n")


def read_json(path: PathLike) -> Any:
    """Reads what `write_json` wrote."""
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def append_jsonl(path: PathLike, rows: Iterable[Any]) -> None:
    """Appends one line of JSON a row (values as `write_json`); the file is created when missing.

    Raises:
      OutputError: As `append_text`.
    """
    append_text(path, "".join(json.dumps(_plain(row), allow_nan=False) + "\n" for row in rows), at_once=True)


def append_text(path: PathLike, text: str, at_once: bool = False) -> None:
    """Appends text (UTF-8) to a file, which is created when missing.

    Args:
      path: The file.
      text: What to append.
      at_once: Whether it has to be on the disk itself before this returns.

    Raises:
      OutputError: If it cannot be written; nothing of it stays then.
    """
    with writing(path), open(path, "ab", buffering=0) as file:
        before = os.fstat(file.fileno()).st_size
        try:
            _write_all(file, _encoded(text))
            if at_once:
                os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise


def read_jsonl(path: PathLike) -> list[Any]:
    """Reads lines of JSON, leaving out a last line that a killed writer did not finish.

    Raises:
      InputError: If a finished line is not JSON.
    """
    *lines, _unfinished = pathlib.Path(path).read_text(encoding="utf-8").split("\n")
    return [_parse_line(path, number, line) for number, line in enumerate(lines, start=1)]


def retain_jsonl(path: PathLike, keep: Callable[[Any], bool]) -> None:
    """Drops the rows a resumed run will write again, for example those of epochs after its checkpoint.

    Args:
      path: A file of `append_jsonl`; nothing happens when it is missing.
      keep: Whether a row stays.
    """
    if not os.path.exists(path):
        return
    rows = [row for row in read_jsonl(path) if keep(row)]
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))


def _encoded(text: str) -> bytes:
    return text.encode(errors="backslashreplace")


def _write_all(file: FileIO, content: bytes) -> None:
    """Writes to an unbuffered file, which takes as much at a time as there is room for."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


def _reason(error: Exception) -> str:
    """What an error of writing says, in one line; TensorFlow puts paths before it and its operation behind."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).partition("\n")[0].rpartition("; ")[2].partition(" [Op:")[0]


def _parse_line(path: PathLike, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        raise InputError(f"{path}, line {number}", "a line of JSON", repr(line[:40])) from None


def _plain(value: Any) -> Any:
    """Turns numpy values and collections into what `json` writes, and numbers that are not finite into None."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return [_plain(item) for item in sorted(value)]
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
