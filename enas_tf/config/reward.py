"""What an architecture is worth beside its accuracy: a price on what it costs."""

import dataclasses

from enas_tf.errors import InputError

COSTS = ("parameters", "multiply_adds", "milliseconds")
# Tan et al. (2019), section 3.1: twice the latency is worth about 5 % of accuracy, so that 2^w = 1 / 1.05.
SOFT_WEIGHTS = (-0.07, -0.07)


@dataclasses.dataclass(frozen=True)
class RewardConfig:
    """A price on what an architecture costs: its reward is accuracy × (cost / target)^weight.

    Reference: MnasNet (Tan et al., 2019, arXiv 1807.11626), equations 2 and 3.

    Attributes:
      cost: What has a price, of `COSTS`; None for nothing.
      target: The cost at which reward and accuracy are the same.
      weights: Exponents of costs up to the target and beyond it; None for `SOFT_WEIGHTS`.
      operation_milliseconds: A file of another run with the times of operations that it measured, or its
        directory; None for none.
    """

    cost: str | None = None
    target: float | None = None
    weights: tuple[float, float] | None = None
    operation_milliseconds: str | None = None

    @property
    def exponents(self) -> tuple[float, float]:
        """Of costs up to the target and beyond it."""
        return SOFT_WEIGHTS if self.weights is None else self.weights

    def __post_init__(self) -> None:
        for flag, value in (("--cost_target", self.target), ("--cost_weight", self.weights)):
            if self.cost is None and value is not None:
                raise InputError(flag, "--reward_cost beside it, without which it has no effect", _text(value))
        if self.operation_milliseconds is not None and self.cost != "milliseconds":
            expected = "--reward_cost=milliseconds beside it, without which it has no effect"
            raise InputError("--operation_milliseconds", expected, self.operation_milliseconds)
        if self.cost is not None and self.target is None:
            expected = f"the {self.cost.replace('_', '-')} at which the price is 1, beside --reward_cost={self.cost}"
            raise InputError("--cost_target", expected, "nothing")


def _text(value: float | tuple[float, float]) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
