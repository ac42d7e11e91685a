"""A child at a golden file's starting values, whose steps can repeat the original's late reads."""

import numpy as np

from enas_tf.original.golden import Golden
from enas_tf.original.golden_child import GoldenChild
from enas_tf.original.golden_kind import kind_of
from enas_tf.original.values import read_variables
from tests.conftest import GOLDENS
from tests.original.late_reads import LateRead, late_reads_of, momentum_update, reading_late

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

    def train_step_reading_late(self, step: int, texts: list[str]) -> dict[str, float]:
        """Takes a step of the file with these late reads, each in the form that `LateRead.of` reads."""
        late_reads = [LateRead.of(text, self.variables) for text in texts]
        learning_rate = self.golden.arrays[f"step/{step}/lr"]
        update = momentum_update(self.trainer.optimizer, self.config.optimizer.l2_reg, learning_rate)
        with reading_late(self.child, late_reads, update):
            return self.train_step(step)

    def training_repeated(self) -> tuple[list[dict[str, float]], dict[str, np.ndarray]]:
        """Takes the file's steps with the late reads found for them.

        Returns:
          What each step returned, and all variables after them.
        """
        self.reset()
        metrics = [self.train_step_reading_late(t, late) for t, late in enumerate(late_reads_of(self.name))]
        return metrics, read_variables(self.variables)

    def assert_training_is_the_originals(self) -> None:
        """Compares all that the file's steps return and leave behind, the original's late reads repeated."""
        metrics, variables = self.training_repeated()
        for t in range(self.num_steps):
            self.assert_step_is_the_originals(t, metrics[t])
        for name, value in variables.items():
            assert_close(value, self.golden.arrays[f"var_after/{name}"], 1e-4, name)

    def assert_step_is_the_originals(self, step: int, metrics: dict[str, float]) -> None:
        """Compares what a step returned."""
        expected = self.golden.under(f"step/{step}/")
        for name in ("loss", "lr", "grad_norm"):
            assert_close(metrics[name], expected[name], 1e-4, f"step {step}, {name}")
        assert metrics["correct"] == expected["train_correct"]

    def assert_no_late_read_is_the_exact_step(self, tolerance: float) -> None:
        """Holds the compiled layers that train to the uncompiled ones, of which repeated steps prove something."""
        self.reset()
        self.train_step(0)
        exact = read_variables(self.variables)
        self.reset()
        self.train_step_reading_late(0, [])
        for name, value in read_variables(self.variables).items():
            assert_close(value, exact[name], tolerance, name)


def assert_close(actual, expected, tolerance: float, what: str) -> None:
    """Compares to `tolerance` relative to the largest expected value."""
    scale = np.max(np.abs(expected))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * max(scale, 1e-6), err_msg=what)
