"""The controller: an LSTM draws architectures and is trained by REINFORCE on their rewards.

The trainer, which needs TensorFlow, lies in `reinforce.py`: flags are read without it.

Reference: ENAS (Pham et al., 2018), section 2.2.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from enas_tf.config import JOINT, PolicyConfig, SearchConfig, StrategyConfig, setting
from enas_tf.errors import InputError
from enas_tf.reporting import console
from enas_tf.search_space import SearchSpace
from enas_tf.seeds import derive_seed
from enas_tf.strategies.strategy import Policy, Purpose, Strategy, StrategyKind, Trial

if TYPE_CHECKING:
    from enas_tf.strategies.reinforce import ControllerTrainer

# What of a phase's updates is averaged over its samples and shown.
_AVERAGED = ("loss", "reward", "entropy", "skip_rate", "grad_norm", "neg_log_prob")


@dataclasses.dataclass(frozen=True)
class ControllerConfig(PolicyConfig, StrategyConfig):
    """The LSTM controller and its REINFORCE training.

    Attributes, beside those of `PolicyConfig`:
      training: Whether the controller is trained at all; without, it stays at its initial policy.
      skip_weight: Factor of the skip penalty (macro space).
      entropy_weight: Factor of the entropy in the reward; None for none.
      bl_dec: Decay of the moving-average baseline.
      lr: Adam's learning rate.
      l2_reg: Factor of the sum of squares of the controller's variables.
      num_aggregate: Samples averaged in one update.
      train_steps: Updates per controller phase.
      train_every: Epochs between controller phases.
    """

    name: ClassVar[str] = "controller"
    schedules: ClassVar[tuple[str, ...]] = (JOINT,)
    takes_candidates: ClassVar[bool] = False
    needs_candidates: ClassVar[bool] = True

    training: bool = setting(True, "Train the controller; without, it samples from its initial policy.", "boolean")
    skip_weight: float = setting(
        0.0,
        "Macro space: factor of the penalty for skip probabilities away from --controller_skip_target.",
        "non-negative number",
    )
    entropy_weight: float | None = setting(
        None, "Factor of the entropy added to the reward; no entropy if not given.", "non-negative number"
    )
    bl_dec: float = setting(0.99, "Decay of the moving average of rewards that serves as the baseline.", "probability")
    lr: float = setting(1e-3, "Learning rate of the controller's Adam.", "positive number")
    l2_reg: float = setting(0.0, "Factor of the sum of squares of the controller's variables.", "non-negative number")
    num_aggregate: int = setting(
        1,
        "Samples whose gradients are averaged in one update, with --controller_sync_replicas; without, each of "
        "them is an update of its own.",
        "positive integer",
    )
    train_steps: int = setting(
        50, "Groups of --controller_num_aggregate samples in one phase of controller training.", "positive integer"
    )
    train_every: int = setting(2, "Epochs between two phases of controller training.", "positive integer")

    def check(self, config: SearchConfig) -> None:
        """Refuses a search whose controller would never be trained (arguments and errors as the base class's)."""
        run = config.run
        trains = any(self.trains_after(epoch) for epoch in run.evaluated_epochs)
        if self.training and config.child.fixed_arc is None and not trains:
            expected = (
                f"a divisor of an epoch that is evaluated, of which --eval_every_epochs={run.eval_every_epochs} and "
                f"--num_epochs={run.num_epochs} make {_listed(run.evaluated_epochs)} (or --nocontroller_training)"
            )
            raise InputError("--controller_train_every", expected, self.train_every)

    def trains_after(self, epoch: int) -> bool:
        """Whether there is a phase after an epoch, which is counted from 1, if that is evaluated."""
        return self.training and epoch % self.train_every == 0

    def candidates_per_epoch(self, eval_every_epochs: int) -> int:
        """Returns the candidates there are, on average, after an epoch that is evaluated; at least one."""
        # There are some after epochs that are multiples of both.
        share = eval_every_epochs / math.lcm(eval_every_epochs, self.train_every)
        return max(1, round(self.train_steps * self.num_aggregate * share))

    def require_candidates(self, epochs: Sequence[int]) -> None:
        """Refuses to say how many candidates other strategies have where a controller would have none.

        Args:
          epochs: Those that are evaluated, counted from 1.

        Raises:
          InputError: Naming the flag.
        """
        if not any(epoch % self.train_every == 0 for epoch in epochs):
            expected = (
                f"a divisor of an evaluated epoch ({_listed(epochs)}), since the number of candidates follows from it "
                "(or --candidates_per_epoch, with --search_schedule=after --num_candidates)"
            )
            raise InputError("--controller_train_every", expected, self.train_every)

    def num_candidates(self, epochs: Sequence[int]) -> int:
        """Returns how many candidates there are after some epochs, counted from 1."""
        phases = sum(epoch % self.train_every == 0 for epoch in epochs) if self.training else 0
        return phases * self.train_steps * self.num_aggregate

    def without_aggregation(self) -> ControllerConfig:
        """Returns the same number of samples, each an update of its own, as without `--controller_sync_replicas`."""
        return dataclasses.replace(self, num_aggregate=1, train_steps=self.train_steps * self.num_aggregate)


def _listed(epochs: Sequence[int]) -> str:
    """The first few of some epochs, and the last."""
    shown = epochs if len(epochs) < 5 else [*epochs[:3], "…", epochs[-1]]
    return ", ".join(map(str, shown))


class ControllerSearch(Strategy):
    """Proposes draws from the policy of a controller, which every round of candidates updates once.

    Args:
      trainer: Holds the controller.
      config: When it is trained, and on how many samples.
      seed: The run's root seed.

    Attributes:
      trainer: As given.
    """

    phase = "controller training"

    def __init__(self, trainer: ControllerTrainer, config: ControllerConfig, seed: int) -> None:
        self.trainer = trainer
        self.round_size = config.num_aggregate
        self._config = config
        self._seed = seed

    def propose(self, purpose: Purpose, num_arcs: int, *counters: int) -> np.ndarray:
        """Draws from the policy, as `Strategy` describes; candidates are counted by the updates before."""
        if purpose.is_candidate:
            counters = (self.trainer.train_step,)
        return self.trainer.sample(num_arcs, derive_seed(self._seed, purpose, *counters))

    def fault(self) -> str | None:
        """Says which of the controller's weights are no longer finite."""
        lost = self.trainer.lost_weights()
        return f"its weights {', '.join(lost)} became NaN or infinite" if lost else None

    def num_rounds(self, epoch: int) -> int:
        """Returns the updates of the phase after an epoch."""
        return self._config.train_steps if self._config.trains_after(epoch) else 0

    def observe(self, trials: Sequence[Trial]) -> Mapping[str, Any]:
        """Makes one update; returns what `ControllerTrainer.update` does."""
        candidates = [trial for trial in trials if trial.purpose.is_candidate]
        if not candidates:
            return {}
        arcs = np.array([trial.arc for trial in candidates], np.int32)
        return self.trainer.update(arcs, np.array([trial.reward for trial in candidates], np.float32))

    def policy(self, arcs: Sequence[Sequence[int]]) -> Policy:
        """Returns the distributions of the controller along architectures, as `Strategy` describes."""
        return Policy(*self.trainer.policy(arcs))

    def variables(self) -> Mapping[str, Any]:
        """Returns the controller's weights, Adam's moments and the baseline."""
        return {
            "controller": [variable.value for variable in self.trainer.controller.variables],
            "controller_optimizer": [variable.value for variable in self.trainer.optimizer.variables],
            "baseline": self.trainer.baseline,
        }

    def trial_lines(self, trials: Sequence[Trial], told: Mapping[str, Any], minutes: float) -> Sequence[str]:
        """Returns the original's line of each sample of an update."""
        return [
            console.format_controller_step(
                console.ControllerStepRecord(
                    step=int(told["train_step"]) - 1 + (k + 1) // len(trials),
                    loss=told["loss"][k],
                    entropy=told["entropy"][k],
                    lr=told["lr"],
                    grad_norm=told["grad_norm"],
                    accuracy=trial.accuracy,
                    baseline=told["baseline"][k],
                    minutes=minutes,
                    reward=None if trial.cost is None else trial.reward,
                    cost=trial.cost,
                )
            )
            for k, trial in enumerate(trials)
        ]

    def phase_line(self, epoch: int) -> str:
        """Returns the original's line before the controller is trained."""
        return console.format_controller_phase(epoch)

    def phase_scalars(self, rounds: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
        """Returns averages over the updates of a phase, and the baseline and learning rate of the last."""
        if not rounds:
            return {}
        means = {name: float(np.mean([np.mean(told[name]) for told in rounds])) for name in _AVERAGED}
        return means | {"baseline": float(rounds[-1]["baseline"][-1]), "learning_rate": float(rounds[-1]["lr"])}

    def epoch_values(self) -> Mapping[str, float]:
        """Returns the baseline."""
        return {"baseline": float(self.trainer.baseline)}


def controller_of(config: SearchConfig) -> ControllerConfig:
    """Returns the controller's settings in a search's, the default ones where it has another strategy."""
    return config.strategy if isinstance(config.strategy, ControllerConfig) else ControllerConfig()


def make_controller_search(config: SearchConfig, space: SearchSpace) -> ControllerSearch:
    """Makes a controller of the space at its initial policy, and the strategy around it."""
    # Here, for TensorFlow takes seconds to import.
    from enas_tf.models.factory import make_controller
    from enas_tf.strategies.reinforce import ControllerTrainer

    settings = controller_of(config)
    only_connections = config.run.search_for == "connection"
    controller = make_controller(settings, space, config.run.seed, only_connections)
    return ControllerSearch(ControllerTrainer(controller, settings), settings, config.run.seed)


KIND = StrategyKind(
    config=ControllerConfig,
    make=make_controller_search,
    help="the LSTM that is trained by REINFORCE",
    label="controller",
    colour="#0072B2",
    marker="o",
    learner="the controller",
)
