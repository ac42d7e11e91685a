"""A shared child at a golden file's starting values, with the trainer the file's steps were taken with."""

import dataclasses

import numpy as np

from enas_tf.config import RunConfig, SearchConfig
from enas_tf.models.factory import make_child, make_space
from enas_tf.models.macro_child import MacroChild
from enas_tf.models.shared_child import SharedChild
from enas_tf.original.child_naming import macro_child_variables, micro_child_variables
from enas_tf.original.golden import Golden, assign_variables
from enas_tf.search_space import MICRO_OPERATIONS
from enas_tf.training.child_trainer import ChildTrainer, make_child_optimizer
from enas_tf.training.schedules import make_schedule
from tests.conftest import GOLDENS
from tests.original.late_reads import momentum_update, reading_late

NUM_STEPS = 3
IMAGE_SHAPE, NUM_CLASSES = (32, 32, 3), 10
HIDDEN_STATISTICS = ("biased_mean", "biased_variance", "num_updates")


class GoldenRun:
    """A child at a golden file's starting values, and its trainer.

    Args:
      name: Of the file.
      quirks: The original's departures that are switched on.
    """

    def __init__(self, name: str, quirks: frozenset[str]):
        self.name = name
        self.golden = Golden.load(GOLDENS / f"{name}.npz")
        self.config = _search_config(self.golden, quirks)
        space = make_space(self.config)
        self.child = make_child(self.config, space, IMAGE_SHAPE, NUM_CLASSES)
        self.variables = _original_variables(self.child)
        self.optimizer = make_child_optimizer(self.config, self.child)
        schedule = make_schedule(
            self.config.optimizer, self.golden.settings["batches_per_epoch"], "restart_glitch" in quirks
        )
        self.trainer = ChildTrainer(self.child, self.optimizer, schedule)
        self.arcs = [space.validate(arc) for arc in self.golden.arrays["arcs"]]
        self.reset()

    def reset(self) -> None:
        """Goes back to the starting values."""
        assign_variables(self.variables, self.golden.under("var/"))
        for variable in self.child.non_trainable_variables:
            if variable.name in HIDDEN_STATISTICS:
                variable.assign(np.zeros(variable.shape))
        for variable in (*self.optimizer.momenta, self.trainer.step_count):
            variable.assign(np.zeros(variable.shape))

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Images and labels of a step."""
        return self.golden.arrays["images"][step], self.golden.arrays["labels"][step]

    def train_step(self, step: int) -> dict[str, float]:
        """Takes a step of the file, as the library does."""
        return self.trainer.step(*self.batch(step), self.arcs[step])

    def train_step_reading_late(self, step: int, names: list[str]) -> dict[str, float]:
        """Takes a step of the file; the kernels of these names of the original are read late."""
        kernels = [self.variables[name] for name in names]
        learning_rate = self.golden.arrays[f"step/{step}/lr"]
        update = momentum_update(self.optimizer, self.config.optimizer.l2_reg, learning_rate)
        with reading_late(self.child, kernels, update):
            return self.train_step(step)


def assert_close(actual, expected, tolerance: float, what: str) -> None:
    """Compares to `tolerance` relative to the largest expected value."""
    scale = np.max(np.abs(expected))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * max(scale, 1e-6), err_msg=what)


def _search_config(golden: Golden, quirks: frozenset[str]) -> SearchConfig:
    num_branches = golden.settings.get("num_branches", len(MICRO_OPERATIONS))  # the micro space has no such choice
    return SearchConfig(
        RunConfig(search_for=golden.settings["search_space"], original_quirks=quirks),
        child=dataclasses.replace(golden.child_config(), num_branches=num_branches),
        optimizer=golden.optimizer_config(),
    )


def _original_variables(child: SharedChild):
    return macro_child_variables(child) if isinstance(child, MacroChild) else micro_child_variables(child)
