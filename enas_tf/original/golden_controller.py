"""Repeats what a golden file of a controller holds: scores of given arcs, gradients, and updates from its weights."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from enas_tf.models.factory import make_controller
from enas_tf.original.golden import Golden
from enas_tf.original.golden_kind import GoldenKind
from enas_tf.original.golden_settings import run_settings
from enas_tf.original.naming import controller_variables
from enas_tf.original.values import assign_variables, read_variables
from enas_tf.poisoning import space_of
from enas_tf.strategies.controller import controller_of
from enas_tf.strategies.reinforce import ControllerTrainer

Arrays = dict[str, np.ndarray]

# Of an arc, by the names of `ArcScores`; the original has no numbers of skips where there are none.
_SCORES = ("neg_log_prob", "entropy")
_SKIP_SCORES = ("skip_penalty", "skip_count", "skip_rate")


class GoldenController:
    """A controller at a golden file's starting values, and its trainer.

    Args:
      golden: The file; of its arrays the starting values may be missing, which are then the controller's own.
      kind: Of the file.
      quirks: Not used: no departure concerns a controller.

    Attributes:
      config: The settings of the run the file stands for.
      trainer: Of the controller.
      variables: The controller's variables by the original's names.
      arcs: int32 [K, arc_length].
      accuracies: float32 [K].
      starting_values: By the original's names.

    Raises:
      InputError: If something is missing, does not fit the settings, or is no architecture of the space.
    """

    def __init__(self, golden: Golden, kind: GoldenKind, quirks: frozenset[str] = frozenset()) -> None:
        self._golden = golden
        self.config = run_settings(golden, kind, quirks)
        space = space_of(self.config)
        self.arcs = golden.array("arcs", None, space.arc_length)
        for k, arc in enumerate(self.arcs):
            space.validate(arc, f"{golden.path}, arcs[{k}]")
        self.accuracies = golden.array("valid_acc", len(self.arcs))
        self._scores = _SCORES + (_SKIP_SCORES if kind.search_for == "macro" else ())
        settings = controller_of(self.config)
        controller = make_controller(settings, space, self.config.run.seed)
        self.trainer = ControllerTrainer(controller, settings)
        self.variables = controller_variables(controller)
        self._zeros = [(variable, variable.numpy()) for variable in self.trainer.optimizer.variables]
        self.start_from(golden.under("var/") or read_variables(self.variables))

    def start_from(self, values: Mapping[str, np.ndarray]) -> None:
        """Takes other starting values, by the original's names."""
        self.starting_values = values
        self.reset()

    def reset(self, baseline: float = 0.0) -> None:
        """Goes back to the starting values, with this baseline."""
        assign_variables(self.variables, self.starting_values, f"{self._golden.path}, var")
        for variable, value in self._zeros:
            variable.assign(value)
        self.trainer.baseline.assign(baseline)

    def update(self, k: int) -> dict[str, np.ndarray]:
        """Makes the update of arc k, as the library does."""
        return self.trainer.update(self.arcs[k : k + 1], self.accuracies[k : k + 1])

    def arrays(self) -> Arrays:
        """All arrays that a file of this kind holds, as this port computes them."""
        starts = {f"var/{name}": np.array(value) for name, value in self.starting_values.items()}
        return starts | self._single_arcs() | self._gradients() | self._updates()

    def _single_arcs(self) -> Arrays:
        self.reset()
        scores = self.trainer.controller.score(self.arcs)
        arrays: Arrays = {}
        for k in range(len(self.arcs)):
            self.reset(self._baseline("baseline_before_each_arc"))
            metrics = self.update(k)
            arrays |= {f"arc/{k}/{name}": getattr(scores, name).numpy()[k] for name in self._scores}
            arrays[f"arc/{k}/loss"] = metrics["loss"][0]
            arrays[f"arc/{k}/baseline_after"] = metrics["baseline"][0]
        return arrays

    def _gradients(self) -> Arrays:
        """The gradient of arc 0's loss, its advantage held constant."""
        self.reset(self._baseline("baseline_before_each_arc"))
        metrics = self.update(0)
        advantage = metrics["reward"] - metrics["baseline"]
        self.reset()
        with tf.GradientTape() as tape:
            scores = self.trainer.controller.score(self.arcs[:1])
            loss = scores.neg_log_prob * advantage + controller_of(self.config).skip_weight * scores.skip_penalty
        gradients = tape.gradient(loss, [variable.value for variable in self.variables.values()])
        return {
            f"grad/{name}": tf.convert_to_tensor(gradient).numpy()
            for name, gradient in zip(self.variables, gradients, strict=True)
        }

    def _updates(self) -> Arrays:
        self.reset(self._baseline("baseline_before_training"))
        arrays: Arrays = {}
        for k in range(len(self.arcs)):
            metrics = self.update(k)
            arrays |= {f"train/{k}/{name}": metrics[name][0] for name in ("loss", "baseline")}
            arrays[f"train/{k}/grad_norm"] = metrics["grad_norm"]
        return arrays | {f"var_after/{name}": value for name, value in read_variables(self.variables).items()}

    def _baseline(self, name: str) -> float:
        return self._golden.setting(name, int, float)
