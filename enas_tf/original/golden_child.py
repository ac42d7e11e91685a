"""Repeats what a golden file of a child network holds: forward passes and training steps from its starting values."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from enas_tf.models.differentiation import ChildOutputs
from enas_tf.models.factory import make_child, make_network
from enas_tf.models.fixed_network import FixedChild
from enas_tf.original.golden import Golden
from enas_tf.original.golden_kind import GoldenKind
from enas_tf.original.golden_settings import run_settings
from enas_tf.original.network_naming import AUXILIARY_SCOPE, network_variables
from enas_tf.original.values import assign_variables, read_variables
from enas_tf.poisoning import space_of
from enas_tf.search_space import Arc
from enas_tf.training.child_trainer import TrainableChild, make_child_trainer

Arrays = dict[str, np.ndarray]

NUM_CLASSES = 10  # where no starting values say otherwise


class GoldenChild:
    """A child at a golden file's starting values, and its trainer.

    Args:
      golden: The file; of its arrays the starting values may be missing, which are then the child's own.
      kind: Of the file.
      quirks: The original's departures that are switched on.

    Attributes:
      config: The settings of the run the file stands for.
      child: The network.
      variables: Its variables by the original's names.
      trainer: With its optimizer.
      arcs: Of the file.
      num_steps: How many training steps the file holds.
      starting_values: By the original's names.

    Raises:
      InputError: If something is missing, does not fit the settings, or is no architecture of the space.
    """

    def __init__(self, golden: Golden, kind: GoldenKind, quirks: frozenset[str]) -> None:
        self.golden = golden
        self.config = run_settings(golden, kind, quirks)
        images = golden.array("images", None, None, None, None, None)  # [steps, B, H, W, C]
        self._labels = golden.array("labels", *images.shape[:2])
        self.num_steps = len(images)
        space = space_of(self.config)
        arcs = golden.array("arcs", None, space.arc_length)
        self.arcs = [space.validate(arc, f"{golden.path}, arcs[{k}]") for k, arc in enumerate(arcs)]
        classifier = golden.arrays.get("var/child/fc/w")
        shape = images.shape[2:], NUM_CLASSES if classifier is None else classifier.shape[-1]
        self.child: TrainableChild
        if kind.subject == "fixed":
            self.child = FixedChild(make_network(self.config, space, self.arcs[0], *shape))
        else:
            self.child = make_child(self.config, space, *shape)
        self.variables = network_variables(self.child)
        self.trainer = make_child_trainer(self.config, self.child, golden.setting("batches_per_epoch", int))
        self._made = [(variable, variable.numpy()) for variable in self.child.variables]
        self.start_from(golden.under("var/") or read_variables(self.variables))

    def start_from(self, values: Mapping[str, np.ndarray]) -> None:
        """Takes other starting values, by the original's names; variables that it has not start as they were made."""
        for variable, value in self._made:
            variable.assign(value)
        assign_variables(self.variables, values, f"{self.golden.path}, var")
        self.starting_values = values
        self._start = [(variable, variable.numpy()) for variable in self.child.variables]
        self.reset()

    def reset(self) -> None:
        """Goes back to the starting values; momenta and the step counter to zero."""
        for variable, value in self._start:
            variable.assign(value)
        for variable in (*self.trainer.optimizer.momenta, self.trainer.step_count):
            variable.assign(np.zeros(variable.shape))

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Images and labels of a step."""
        return self.golden.arrays["images"][step], self._labels[step]

    def arc(self, step: int) -> Arc:
        """The arc of a step; a network of one architecture has no other."""
        return self.arcs[step % len(self.arcs)]

    def train_step(self, step: int) -> dict[str, float]:
        """Takes a step of the file, as the library does."""
        return self.trainer.step(*self.batch(step), self.arc(step))

    def arrays(self) -> Arrays:
        """All arrays that a file of this kind holds, as this port computes them."""
        starts = {f"var/{name}": np.array(value) for name, value in self.starting_values.items()}
        return starts | self._forward_passes() | self._training_steps()

    def _forward_passes(self) -> Arrays:
        """Logits of every arc, and the moving averages after one pass, that of arc 0 in training mode."""
        arrays: Arrays = {}
        for k in range(len(self.arcs)):
            self.reset()
            arrays[f"logits_eval/{k}"] = self._outputs(k, training=False).logits.numpy()
            trained = self._outputs(k, training=True)
            arrays[f"logits_train/{k}"] = trained.logits.numpy()
            if trained.auxiliary_logits is not None:
                arrays[f"aux_logits_train/{k}"] = trained.auxiliary_logits.numpy()
            if k == 0:
                arrays |= self._moved_statistics()
        return arrays

    def _outputs(self, k: int, training: bool) -> ChildOutputs:
        """Runs arc k on the images of step 0."""
        return self.child.outputs(tf.constant(self.batch(0)[0]), self.arcs[k], training)

    def _moved_statistics(self) -> Arrays:
        """Moving averages after one forward pass; the original's took the auxiliary head's logits from no one."""
        moved = {name: value for name, value in read_variables(self.variables).items() if "/moving_" in name}
        still = {name: self.starting_values[name] for name in moved if name.startswith(AUXILIARY_SCOPE)}
        return {f"moving_after_forward/{name}": value for name, value in (moved | still).items()}

    def _training_steps(self) -> Arrays:
        self.reset()
        arrays: Arrays = {}
        for t in range(self.num_steps):
            metrics = self.train_step(t)
            arrays |= {f"step/{t}/{name}": np.array(metrics[name], np.float32) for name in ("loss", "lr", "grad_norm")}
            arrays[f"step/{t}/train_correct"] = np.array(metrics["correct"], np.int32)
        after = read_variables(self.variables)
        return arrays | {f"var_after/{name}": value for name, value in after.items() if not self._is_frozen(name)}

    def _is_frozen(self, name: str) -> bool:
        """Whether a weight is one of those that `frozen_aux_head` leaves alone; a file does not repeat them."""
        is_weight = name.startswith(AUXILIARY_SCOPE) and "/moving_" not in name
        return is_weight and "frozen_aux_head" in self.config.run.original_quirks
