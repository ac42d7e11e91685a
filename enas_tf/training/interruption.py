"""Ctrl-C that lets the step under way end, so that what is saved is whole."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType


class Interruption:
    """Whether the user asked the run to stop.

    Args:
      announce: Called at the first request.

    Attributes:
      requested: Set by the first Ctrl-C; a second one interrupts at once.
    """

    def __init__(self, announce: Callable[[], None] = lambda: None) -> None:
        self._announce = announce
        self.requested = False

    @contextlib.contextmanager
    def listening(self) -> Iterator["Interruption"]:
        """Takes Ctrl-C and termination signals over for the length of the block."""
        previous = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self._announce()
