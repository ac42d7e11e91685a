"""A child at a golden file's starting values, whose steps can repeat the original's late reads."""

import numpy as np

from enas_tf.original.golden import Golden
from enas_tf.original.golden_child import GoldenChild
from enas_tf.original.golden_kind import kind_of
from tests.conftest import GOLDENS
from tests.original.late_reads import momentum_update, reading_late

NUM_STEPS = 3
IMAGE_SHAPE, NUM_CLASSES = (32, 32, 3), 10


class GoldenRun(GoldenChild):
    """A golden file's child, and its trainer.

    Args:
      name: Of the file.
      without: Of the departures of the original that the file was written with, those that are switched off.
    """

    def __init__(self, name: str, without: frozenset[str] = frozenset()):
        golden = Golden.load(GOLDENS / f"{name}.npz")
        kind = kind_of(golden)
        super().__init__(golden, kind, kind.quirks - without)
        self.name = name

    def train_step_reading_late(self, step: int, names: list[str]) -> dict[str, float]:
        """Takes a step of the file; the kernels of these names of the original are read late."""
        kernels = [self.variables[name] for name in names]
        learning_rate = self.golden.arrays[f"step/{step}/lr"]
        update = momentum_update(self.trainer.optimizer, self.config.optimizer.l2_reg, learning_rate)
        with reading_late(self.child, kernels, update):
            return self.train_step(step)


def assert_close(actual, expected, tolerance: float, what: str) -> None:
    """Compares to `tolerance` relative to the largest expected value."""
    scale = np.max(np.abs(expected))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * max(scale, 1e-6), err_msg=what)
