"""The exceptions that the command line turns into one line: what a person can mend, and what stopped a run."""


class InputError(ValueError):
    """A flag, file or directory that is not what the program needs.

    Args:
      what: The flag (`--batch_size`), file or directory at fault.
      expected: What would have been accepted.
      received: What was there instead.
    """

    def __init__(self, what: str, expected: str, received: object):
        super().__init__(f"{what}: expected {expected}, received {received}")
        self.what = what
        self.expected = expected
        self.received = received


class TrainingDivergedError(ArithmeticError):
    """A loss or gradient that is no longer finite.

    Args:
      step: The child step it appeared at.
      arc: The architecture of that step, as its flag string.
      checkpoint: Where the last good checkpoint lies; None if there is none yet.
    """

    def __init__(self, step: int, arc: str, checkpoint: str | None):
        super().__init__(
            f"the child's loss or gradient became NaN or infinite at step {step} on the architecture {arc}; "
            f"last good checkpoint: {checkpoint or 'none yet'}"
        )
