"""Learning-rate schedules as pure functions of the step, so that a resumed run needs no schedule state.

Both count whole epochs, as the original does: the rate is constant within an epoch.
"""

import math
from collections.abc import Callable

from enas_tf.config import OptimizerConfig

Schedule = Callable[[int], float]


def make_schedule(config: OptimizerConfig, batches_per_epoch: int, restart_glitch: bool = False) -> Schedule:
    """Returns the learning rate as a function of the global step.

    Args:
      config: Chooses cosine restarts or stairs, and their numbers.
      batches_per_epoch: Steps in an epoch.
      restart_glitch: Whether the first step after a restart keeps the original's odd value (see `cosine_restarts`).
    """

    def stairs(step: int) -> float:
        return config.lr * config.lr_dec_rate ** (step // batches_per_epoch // config.lr_dec_every)

    def cosine(step: int) -> float:
        epoch, batch = divmod(step, batches_per_epoch)
        return cosine_restarts(config, epoch, glitch=restart_glitch and batch == 0)

    return cosine if config.lr_cosine else stairs


def cosine_restarts(config: OptimizerConfig, epoch: int, glitch: bool = False) -> float:
    """The cosine schedule with restarts (Loshchilov & Hutter, 2017).

    lr = lr_min + ½ (lr_max − lr_min)(1 + cos(π · t / T)), t epochs after the last restart, T the current period, which
    grows by `lr_t_mul` at each restart.

    Args:
      config: With `lr_max`, `lr_min`, `lr_t_0` and `lr_t_mul`.
      epoch: Counted from 0.
      glitch: In the original the step at which a restart happens still sees the old t with the new T. True gives that
        value in the epochs that begin with a restart; other epochs are not affected.
    """
    restarts = config.restarts
    start, period, finished = 0, restarts.t_0, 0
    while epoch - start >= period:
        start, finished, period = start + period, period, period * restarts.t_mul
    elapsed = finished if glitch and finished and epoch == start else epoch - start
    return half_cosine(restarts.highest, restarts.lowest, elapsed, period)


def half_cosine(highest: float, lowest: float, elapsed: int, period: int) -> float:
    """Returns the rate after `elapsed` epochs of half a cosine from the highest to the lowest, `period` epochs long."""
    return lowest + 0.5 * (highest - lowest) * (1.0 + math.cos(math.pi * elapsed / period))
