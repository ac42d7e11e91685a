"""Shows how far a run is: a live bar on a terminal, a status line now and then where there is none.

Never looks at a clock: the time comes in with each call, in seconds on any scale that only grows.
"""

import collections
from collections.abc import Mapping

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from enas_tf.reporting.results import writing

_STATUS_SECONDS = 30.0
_WINDOW = 100  # steps whose mean duration tells the speed


class TimeLeft:
    """Estimates the rest of a run whose phases have steps of different length and come again and again.

    The time left is, summed over phases, the steps left times the mean duration of the phase's latest steps. The first
    step of a phase is not timed, since it includes tracing and compiling.
    """

    def __init__(self, planned: Mapping[str, int]) -> None:
        """Takes the steps that are left in each phase of the whole run, by phase name."""
        self._left = dict(planned)
        self._durations: dict[str, collections.deque[float]] = {
            phase: collections.deque(maxlen=_WINDOW) for phase in planned
        }
        self._started: set[str] = set()

    def observe(self, phase: str, seconds: float) -> None:
        """Counts one step of a phase that took so many seconds."""
        self._left[phase] = max(self._left[phase] - 1, 0)
        if phase in self._started:
            self._durations[phase].append(seconds)
        self._started.add(phase)

    def steps_per_second(self, phase: str) -> float | None:
        """The phase's current speed, None before it is known."""
        durations = self._durations[phase]
        total = sum(durations)
        return len(durations) / total if total > 0 else None

    def seconds(self) -> float | None:
        """Time left for the whole run, None before any step was timed.

        Phases that have not come yet are taken to be as slow as the slowest known one.
        """
        speeds = {phase: self.steps_per_second(phase) for phase in self._left}
        known = [speed for speed in speeds.values() if speed is not None]
        if not known:
            return None
        return sum(left / (speeds[phase] or min(known)) for phase, left in self._left.items())


class RunProgress:
    """Progress through the phases of a run. A context manager; outside of it nothing is shown.

    On an interactive terminal a bar stays at the bottom; elsewhere a plain line is written every half minute.
    """

    def __init__(self, console: Console, planned: Mapping[str, int], now: float) -> None:
        """Sets the plan.

        Args:
          console: The one the run's log writes to.
          planned: Steps left in the whole run by phase, for example `{"child training": 3520, …}`.
          now: Seconds.
        """
        self._console = console
        self._time_left = TimeLeft(planned)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[status]}"),
            console=console,
            disable=not console.is_interactive,
            transient=True,
        )
        self._task: TaskID | None = None
        self._phase, self._done, self._total = "", 0, 0
        self._last_step = now
        self._last_status = now - _STATUS_SECONDS  # the first step is shown at once

    def __enter__(self) -> "RunProgress":
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def begin(self, phase: str, total: int, now: float, done: int = 0) -> None:
        """Begins a phase.

        Args:
          phase: One of the planned phases.
          total: Steps of it until the next phase, for example of this epoch.
          now: Seconds.
          done: Steps of it done already, as on resume.
        """
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._phase, self._done, self._total = phase, done, total
        self._last_step = now
        self._task = self._bar.add_task(phase, total=total, completed=done, status="")

    def advance(self, now: float, text: str = "") -> None:
        """Counts one step of the current phase.

        Args:
          now: Seconds.
          text: What to show of it, for example `loss 1.93  accuracy 0.31`.
        """
        self._time_left.observe(self._phase, now - self._last_step)
        self._last_step = now
        self._done += 1
        status = self._status(text)
        if self._task is not None and self._console.is_interactive:
            self._bar.update(self._task, completed=self._done, status=status)
        elif now - self._last_status >= _STATUS_SECONDS:
            self._last_status = now
            with writing("standard output"):
                self._console.out(f"{self._phase} {self._done}/{self._total}  {status}", highlight=False)

    def _status(self, text: str) -> str:
        speed = self._time_left.steps_per_second(self._phase)
        left = self._time_left.seconds()
        parts = [
            text,
            "" if speed is None else f"{speed:.2f} steps/s",
            "" if left is None else f"{format_duration(left)} left",
        ]
        return "  ".join(part for part in parts if part)


def format_duration(seconds: float) -> str:
    """Formats a duration as `h:mm:ss`, with days in front when there are any."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = f"{hours}:{minutes:02d}:{seconds:02d}"
    return f"{days} d {clock}" if days else clock
