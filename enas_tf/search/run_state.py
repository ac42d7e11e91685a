"""Where a run stands, beside its weights, as variables that go into its checkpoints.

Steps of child and controller are counted by their trainers; random streams and data are functions of the counters.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from enas_tf.search_space import Arc


def _counter() -> tf.Variable:
    return tf.Variable(0, dtype=tf.int64, trainable=False)


class RunState(tf.Module):
    """What every run keeps.

    Attributes:
      evaluated_epoch: The last epoch whose round of evaluation is done.
      minutes: Time the run has taken so far.
    """

    def __init__(self):
        super().__init__(name="run_state")
        self.evaluated_epoch = _counter()
        self.minutes = tf.Variable(0.0, trainable=False)


class SearchState(RunState):
    """What a search keeps.

    Args:
      arc_length: Of the space.

    Attributes:
      phase_updates: Controller updates done since the last round of evaluation.
      reward_batches: Validation batches used for rewards so far.
      best_reward: Highest accuracy of a sampled architecture on one validation batch.
      best_epoch: The epoch it was sampled after.
    """

    def __init__(self, arc_length: int):
        super().__init__()
        self.phase_updates, self.reward_batches, self.best_epoch = (_counter() for _ in range(3))
        self.best_reward = tf.Variable(-1.0, trainable=False)
        self._best_arc = tf.Variable(tf.zeros([arc_length], tf.int64), trainable=False)

    @property
    def best_arc(self) -> Arc:
        """The architecture of the highest validation reward so far; of equal ones the latest."""
        return tuple(self._best_arc.numpy().tolist())

    def offer(self, arcs: Sequence[Arc], rewards: Sequence[float], epoch: int) -> bool:
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


class FinalTrainingState(RunState):
    """What the final training of one architecture keeps.

    Attributes:
      best_test_accuracy: Of all evaluated epochs. It is reported beside the last one and selects nothing.
    """

    def __init__(self):
        super().__init__()
        self.best_test_accuracy = tf.Variable(0.0, trainable=False)
