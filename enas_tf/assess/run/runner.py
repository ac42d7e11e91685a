"""Carries out the runs of an experiment, some at a time, each as a process of its own.

A run whose process is killed is started once more, where it goes on from its last checkpoint; one that ends with an
error of its own has failed. Neither stops the others.
"""

import collections
import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

from enas_tf.assess.plan.runs import PlannedRun
from enas_tf.assess.run.progress import ExperimentProgress
from enas_tf.reporting.results import write_json
from enas_tf.training.interruption import Interruption

_ATTEMPTS = 2
# Long enough for a step or an evaluation under way, and the checkpoint after it.
_SECONDS_TO_STOP = 120.0
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

    def __init__(
        self, run: PlannedRun, command: Sequence[str], environment: Mapping[str, str], attempt: int = 1
    ) -> None:
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
        if self._process.stdin is not None:
            self._process.stdin.close()

    @property
    def killed_by(self) -> int | None:
        """The signal that ended it, as the kernel does when memory runs out; None if none did."""
        code = self._process.returncode
        return -code if code is not None and code < 0 else None

    def last_lines(self) -> list[str]:
        """The last lines it wrote, those that are empty left out."""
        return _last_lines(self.run.files.log)

    def note_failure(self) -> None:
        """Leaves in the run's directory how it failed."""
        write_json(self.run.files.failure, {"exit_code": self._process.returncode, "last_lines": self.last_lines()})


@dataclasses.dataclass(frozen=True)
class Launcher:
    """How the process of a run is started.

    Attributes:
      command: The program; it is told `--flagfile` of the run.
      num_workers: Processes at a time.
      poll_seconds: Time between two looks at them.
    """

    command: tuple[str, ...]
    num_workers: int
    poll_seconds: float = 0.5

    @property
    def threads_per_worker(self) -> int:
        """The cores of the machine, shared out."""
        return max(1, (os.cpu_count() or 1) // self.num_workers)

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that keep the processes from each taking all cores."""
        names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        return {**dict.fromkeys(names, str(self.threads_per_worker)), "PYTHONUNBUFFERED": "1"}


class Runner:
    """Runs what is not finished yet.

    Args:
      runs: The experiment's runs, in the order they are started.
      launcher: How.
      progress: Is told of every change.
    """

    def __init__(self, runs: Sequence[PlannedRun], launcher: Launcher, progress: ExperimentProgress) -> None:
        self._launcher = launcher
        self._progress = progress
        self._waiting = collections.deque((run, 1) for run in runs if not run.finished)
        self._running: list[RunProcess] = []

    def run(self, interruption: Interruption) -> None:
        """Returns when all runs are finished or failed.

        Raises:
          KeyboardInterrupt: If the user stopped them; they have ended, and those that could have saved.
        """
        try:
            with self._progress:
                while (self._waiting or self._running) and not interruption.requested:
                    self._fill()
                    self._progress.show([process.run for process in self._running])
                    time.sleep(self._launcher.poll_seconds)
                    self._reap()
        finally:
            self._stop()
        if interruption.requested:
            raise KeyboardInterrupt

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self._launcher.num_workers:
            run, attempt = self._waiting.popleft()
            try:
                process = RunProcess(run, self._launcher.command, self._launcher.environment, attempt)
            except OSError as error:  # a full disk, too many processes: the next run may fare better
                self._progress.failed(run, [str(error)])
                continue
            self._running.append(process)
            self._progress.started(run)

    def _reap(self) -> None:
        for process in [process for process in self._running if process.poll() is not None]:
            self._running.remove(process)
            process.close()
            self._judge(process)

    def _judge(self, process: RunProcess) -> None:
        """Decides what becomes of a run whose process has ended."""
        run = process.run
        if process.poll() == 0 and run.finished:
            self._progress.finished(run)
        elif (signal_number := process.killed_by) is not None and process.attempt < _ATTEMPTS:
            self._progress.retried(run, signal_number)
            self._waiting.appendleft((run, process.attempt + 1))
        else:
            self._progress.failed(run, process.last_lines())
            with contextlib.suppress(OSError):  # on a full disk; the progress has said it
                process.note_failure()

    def _stop(self) -> None:
        """Asks what still runs to save and stop, and sees to it that it does."""
        for process in self._running:
            process.interrupt()
        deadline = time.monotonic() + _SECONDS_TO_STOP
        try:
            while any(process.poll() is None for process in self._running) and time.monotonic() < deadline:
                time.sleep(self._launcher.poll_seconds)
        finally:  # of patience, or at a second Ctrl-C
            for process in self._running:
                process.kill()
                process.close()
            self._running.clear()


def _last_lines(log: pathlib.Path) -> list[str]:
    with log.open("rb") as file:
        file.seek(max(log.stat().st_size - _TAIL_BYTES, 0))
        lines = file.read().decode(errors="replace").splitlines()
    return [line for line in lines if line.strip()][-_LAST_LINES:]
