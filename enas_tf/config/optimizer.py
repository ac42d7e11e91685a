"""How a child's weights are trained."""

import dataclasses
from typing import NamedTuple

from enas_tf.errors import InputError


class Restarts(NamedTuple):
    """A learning rate that falls along half a cosine, period after period.

    Attributes:
      highest: At a restart.
      lowest: At the end of a period.
      t_0: Epochs of the first period.
      t_mul: Factor from one period to the next.
    """

    highest: float
    lowest: float
    t_0: int
    t_mul: int


@dataclasses.dataclass(frozen=True)
class OptimizerConfig:
    """How the child's shared weights are trained.

    Attributes:
      l2_reg: Factor of the sum of squares of all child variables.
      grad_bound: Norm to which each gradient tensor is clipped.
      lr: Learning rate without `lr_cosine`, decayed in stairs.
      lr_dec_every: Epochs between two stairs.
      lr_dec_rate: Factor of one stair.
      lr_cosine: Whether the learning rate follows cosine restarts; needs the four fields below.
      lr_max: Learning rate at a restart.
      lr_min: Learning rate at the end of a period.
      lr_t_0: Epochs of the first period.
      lr_t_mul: Factor from one period to the next.
    """

    l2_reg: float = 1e-4
    grad_bound: float = 5.0
    lr: float = 0.1
    lr_dec_every: int = 100
    lr_dec_rate: float = 0.1
    lr_cosine: bool = False
    lr_max: float | None = None
    lr_min: float | None = None
    lr_t_0: int | None = None
    lr_t_mul: int | None = None

    def __post_init__(self) -> None:
        if not self.lr_cosine:
            return
        restarts = self.restarts
        for flag, value in (("--child_lr_T_0", restarts.t_0), ("--child_lr_T_mul", restarts.t_mul)):
            if value < 1:
                raise InputError(flag, "at least 1", value)
        if restarts.lowest > restarts.highest:
            raise InputError("--child_lr_min", f"at most --child_lr_max={restarts.highest}", restarts.lowest)

    @property
    def restarts(self) -> Restarts:
        """The four fields of `lr_cosine`.

        Raises:
          InputError: If one of them is missing.
        """
        highest, lowest, t_0, t_mul = self.lr_max, self.lr_min, self.lr_t_0, self.lr_t_mul
        if highest is None or lowest is None or t_0 is None or t_mul is None:
            flags = {"lr_max": highest, "lr_min": lowest, "lr_T_0": t_0, "lr_T_mul": t_mul}
            missing = ", ".join(f"--child_{name}" for name, value in flags.items() if value is None)
            raise InputError("--child_lr_cosine", "its four numbers as well", f"no {missing}")
        return Restarts(highest, lowest, t_0, t_mul)
