"""The exceptions that the command line turns into one line: what a person can mend, and what stopped a run."""

from collections.abc import Iterable

_NAMES_SHOWN = 3


class InputError(ValueError):
    """A flag, file or directory that is not what the program needs.

    Args:
      what: The flag (`--batch_size`), file or directory at fault.
      expected: What would have been accepted.
      received: What was there instead.
    """

    def __init__(self, what: str, expected: str, received: object) -> None:
        super().__init__(f"{what}: expected {expected}, received {received}")
        self.what = what
        self.expected = expected
        self.received = received


class OutputError(OSError):
    """A file that could not be written, since the disk is full for one; what was saved before it is whole.

    Args:
      path: The file or directory.
      reason: What the operating system says.
      remedy: What to do about it, as a sentence; empty where nobody knows yet.
    """

    def __init__(self, path: object, reason: str, remedy: str = "") -> None:
        super().__init__(
            f"{path}: could not be written ({reason}); what was saved before is whole{remedy and f'. {remedy}'}"
        )
        self._path = path
        self._reason = reason

    def with_remedy(self, remedy: str) -> "OutputError":
        """Returns the same error with what to do about it."""
        return OutputError(self._path, self._reason, remedy)


class DivergedError(ArithmeticError):
    """A run that cannot go on, since numbers it has made are none any more."""


class TrainingDivergedError(DivergedError):
    """A loss or gradient that is no longer finite.

    Args:
      step: The child step it appeared at.
      arc: The architecture of that step, as its flag string.
      checkpoint: Where the last good checkpoint lies; None if there is none yet.
    """

    def __init__(self, step: int, arc: str, checkpoint: str | None) -> None:
        super().__init__(
            f"the child's loss or gradient became NaN or infinite at step {step} on the architecture {arc}; "
            f"last good checkpoint: {checkpoint or 'none yet'}"
        )


class StrategyDivergedError(DivergedError):
    """A strategy whose numbers are no longer finite, or whose proposals are no architectures.

    Args:
      strategy: Which one, as a class name or a name.
      fault: What is wrong, as a clause.
      step: The child step it appeared at; None where that is not known yet.
      checkpoint: Where the last good checkpoint lies; None if there is none yet.
    """

    def __init__(self, strategy: str, fault: str, step: int | None = None, checkpoint: str | None = None) -> None:
        where = "" if step is None else f" at step {step}; last good checkpoint: {checkpoint or 'none yet'}"
        super().__init__(f"the strategy {strategy} stopped: {fault}{where}")
        self._strategy = strategy
        self._fault = fault

    def at(self, step: int, checkpoint: str | None) -> "StrategyDivergedError":
        """Returns the same error with the place where it happened."""
        return StrategyDivergedError(self._strategy, self._fault, step, checkpoint)


def listed(names: Iterable[str]) -> str:
    """Lists the first few of some names and says how many more there are."""
    names = list(names)
    rest = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
