"""Imports TensorFlow without the lines its C++ side prints before any log level is in force."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

from enas_tf.errors import InputError


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keeps what native code writes to the process's stderr in the block from the terminal.

    If the block fails but for an `InputError`, it is written after all. `TF_CPP_MIN_LOG_LEVEL=0` in the environment
    leaves stderr alone, for those who look for a GPU that is not found.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # without a GPU TensorFlow reports errors that are none
    if os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0":
        yield
        return
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except InputError:  # which says all there is to say
            raise
        except BaseException:
            kept.seek(0)
            os.write(terminal, kept.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
