"""Where a run stands, beside its weights: counters that go into its checkpoints, and the time it has taken.

Steps of the child are counted by its trainer; random streams and data are functions of the counters.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from enas_tf.search_space import Arc


def counter() -> tf.Variable:
    """Makes a counter at 0."""
    return tf.Variable(0, dtype=tf.int64, trainable=False)


class RunState:
    """What every run keeps.

    Attributes:
      evaluated_epoch: The last epoch whose round of evaluation is done.
    """

    def __init__(self) -> None:
        self.evaluated_epoch = counter()
        self._minutes = tf.Variable(0.0, trainable=False)
        self.start_clock()

    def variables(self) -> dict[str, tf.Variable]:
        """Returns what a checkpoint keeps, by name; the time is that of the last `stop_clock`."""
        return {"evaluated_epoch": self.evaluated_epoch, "minutes": self._minutes}

    def start_clock(self) -> None:
        """Lets the time go on from where it was stopped, or restored."""
        self._start = time.monotonic() - 60.0 * float(self._minutes)

    def stop_clock(self) -> None:
        """Notes the time, which goes on."""
        self._minutes.assign(self.minutes)

    @property
    def minutes(self) -> float:
        """Time the run has taken, interruptions left out."""
        return (time.monotonic() - self._start) / 60.0


class SearchState:
    """What a search keeps beside.

    Args:
      arc_length: Of the space.

    Attributes:
      rounds_done: Rounds of candidates taken since the last round of evaluation.
      reward_batches: Validation batches used for rewards so far.
      best_reward: Highest accuracy of a sampled architecture on one validation batch.
      best_epoch: The epoch it was sampled after.
      shown: The architectures shown last, each with its reward.
    """

    def __init__(self, arc_length: int) -> None:
        self.rounds_done, self.reward_batches, self.best_epoch = (counter() for _ in range(3))
        self.best_reward = tf.Variable(-1.0, trainable=False)
        self._best_arc = tf.Variable(tf.zeros([arc_length], tf.int64), trainable=False)
        self.shown: Sequence[tuple[Arc, float]] = ()

    def variables(self) -> dict[str, tf.Variable]:
        """Returns what a checkpoint keeps as variables, by the names they have had from the beginning."""
        return {
            "phase_updates": self.rounds_done,
            "reward_batches": self.reward_batches,
            "best_epoch": self.best_epoch,
            "best_reward": self.best_reward,
            "_best_arc": self._best_arc,
        }

    def state(self) -> Mapping[str, Any]:
        """Returns what a checkpoint keeps as plain data."""
        return {"shown": self.shown}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes up what `state` returned."""
        self.shown = [(tuple(arc), reward) for arc, reward in state["shown"]]

    @property
    def best_arc(self) -> Arc:
        """The architecture of the highest validation reward so far; of equal ones the latest."""
        return tuple(self._best_arc.numpy().tolist())

    def offer(self, arcs: Sequence[Arc], rewards: Sequence[float] | np.ndarray, epoch: int) -> bool:
        """Keeps the best of these architectures if none before had a higher reward.

        Returns:
          Whether it was kept.
        """
        best = int(np.argmax(rewards))
        if rewards[best] < float(self.best_reward):
            return False
        self.keep(arcs[best], rewards[best], epoch)
        return True

    def keep(self, arc: Arc, reward: float, epoch: int) -> None:
        """Keeps an architecture as the best, whatever its reward."""
        self.best_reward.assign(reward)
        self.best_epoch.assign(epoch)
        self._best_arc.assign(arc)
