"""A run as a process of its own: started, watched, asked to stop."""

import json
import os
import pathlib
import signal
import subprocess
from collections.abc import Mapping, Sequence

from enas_tf.assess.experiment import PlannedRun
from enas_tf.reporting.results import write_json

_LAST_LINES = 5
_TAIL_BYTES = 16384


class RunProcess:
    """The process of one run. It never outlives its parent for long: it stops when its stdin ends (`watch_parent`).

    Args:
      run: The run.
      command: What to start; it is told the run's flagfile.
      environment: Variables set for the process, on top of this one's.
      attempt: Which start of the run this is, from 1.
    """

    def __init__(self, run: PlannedRun, command: Sequence[str], environment: Mapping[str, str], attempt: int = 1):
        self.run = run
        self.attempt = attempt
        run.files.failure.unlink(missing_ok=True)
        with run.files.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, f"--flagfile={run.files.flags}"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                # Ctrl-C in a terminal reaches a whole process group: this one is told by `interrupt`, and once.
                start_new_session=True,
            )

    def poll(self) -> int | None:
        """The exit code, None while it runs; the negative signal number if it was killed."""
        return self._process.poll()

    def interrupt(self) -> None:
        """Asks the process to save and stop; a second time, to stop at once."""
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Ends the process without further notice."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Lets go of a process that has ended."""
        self._process.stdin.close()

    @property
    def was_killed(self) -> bool:
        """Whether a signal ended it, as the kernel does when memory runs out."""
        return self._process.returncode is not None and self._process.returncode < 0

    def last_lines(self) -> list[str]:
        """The last lines it wrote, those that are empty left out."""
        return _last_lines(self.run.files.log)

    def note_failure(self) -> None:
        """Leaves in the run's directory how it failed."""
        write_json(self.run.files.failure, {"exit_code": self._process.returncode, "last_lines": self.last_lines()})


def _last_lines(log: pathlib.Path) -> list[str]:
    with log.open("rb") as file:
        file.seek(max(log.stat().st_size - _TAIL_BYTES, 0))
        lines = file.read().decode(errors="replace").splitlines()
    return [line for line in lines if line.strip()][-_LAST_LINES:]


def read_failure(run: PlannedRun) -> dict | None:
    """Returns how a run failed the last time it was tried: `exit_code` and `last_lines`; None if it did not."""
    try:
        return json.loads(run.files.failure.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
