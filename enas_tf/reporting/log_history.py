"""The course of a run, as its log tells it."""

import dataclasses
from typing import NamedTuple


class ChildPoint(NamedTuple):
    """A logged step of the child.

    Attributes:
      step: Steps done, over all epochs.
      loss: Mean cross-entropy, nats.
      accuracy: Share of the training images classified right.
    """

    step: int
    loss: float
    accuracy: float


class ControllerPoint(NamedTuple):
    """A logged step of the controller.

    Attributes:
      step: Updates made before, over all epochs.
      baseline: Moving average of the reward, a share.
      entropy: Of the sampled architecture, nats; None where the log does not tell it.
    """

    step: int
    baseline: float
    entropy: float | None = None


@dataclasses.dataclass
class LogHistory:
    """What a log tells.

    Attributes:
      name: Of the run.
      child_steps: In their order.
      controller_steps: In their order.
      accuracies: Over whole sets, or as much of them as the program takes, by `valid` and `test` and by epoch, counted
        from 1.
      minutes: From the start of the run to its last line; None where the log does not tell it.
    """

    name: str
    child_steps: list[ChildPoint] = dataclasses.field(default_factory=list)
    controller_steps: list[ControllerPoint] = dataclasses.field(default_factory=list)
    accuracies: dict[str, dict[int, float]] = dataclasses.field(default_factory=lambda: {"valid": {}, "test": {}})
    minutes: float | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no line told anything."""
        return not (self.child_steps or self.controller_steps or any(self.accuracies.values()))
