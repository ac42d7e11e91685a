"""DARTS: the search space is relaxed, and the weights of its options learn by gradient on images kept for them.

What needs TensorFlow lies elsewhere: the network in `models/relaxed_child.py`, the gradients in `training/bilevel.py`,
the steps in `darts_trainer.py`. Flags are read without it.

Reference: DARTS (Liu et al., 2019), arXiv 1806.09055; "their code" is github.com/quark0/darts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from enas_tf.config import JOINT, SearchConfig, StrategyConfig, setting
from enas_tf.errors import InputError
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.search_space.relaxation import Relaxation, relax
from enas_tf.seeds import named_generator
from enas_tf.strategies.strategy import Policy, Purpose, Strategy, StrategyKind

if TYPE_CHECKING:
    from enas_tf.data import SearchData
    from enas_tf.models.relaxed_child import RelaxedChild
    from enas_tf.strategies.darts_trainer import Architecture, DartsTrainer

# Their code's initial logits: so many times a normal draw; the paper says 0.
INITIAL_SCALE = 1e-3
# Gives zeros only. DARTS leaves its zero operation out: behind batch normalization its weight is undetermined.
ZERO_OPERATION = "dropout(rate=1.0)"
POOLING = "pooling"  # ends the names of such operations
KEPT_SHARE = 0.5  # of the training images, where they are halved


@dataclasses.dataclass(frozen=True)
class DartsConfig(StrategyConfig):
    """The relaxed network's training and what becomes of it.

    "Weights" are those of the network, "logits" the numbers that weigh its operations and connections.

    Attributes:
      update: Whose order and optimizers: `published` or `survey`.
      order: 1, or 2 for the correction by how weights follow logits.
      affine: Whether normalizations of operations learn scales and offsets.
      split: Where the images for the logits come from: `half` of the training images, or `validation`.
      zero_in_argmax: Whether the operation that gives zeros can be chosen.
      alpha_lr: Rate of the logits' Adam.
      alpha_l2_reg: Factor of the sum of squares of the logits.
      lr_max: Rate of the weights in the first epoch.
      lr_min: What it falls to, along half a cosine over all epochs.
      momentum: Of the weights' step.
      l2_reg: Factor of the sum of squares of the weights.
      grad_bound: Global norm that the gradient to the weights is clipped to.
      radius: How far weights are moved for the differences of gradients of order 2.
    """

    name: ClassVar[str] = "darts"
    trains_by_child_flags: ClassVar[bool] = False
    needs_network: ClassVar[bool] = True
    schedules: ClassVar[tuple[str, ...]] = (JOINT,)
    takes_candidates: ClassVar[bool] = False
    recalibration_batches: ClassVar[int] = 4
    goes_by_rewards: ClassVar[bool] = False
    paced_by_epochs: ClassVar[bool] = True

    update: str = setting(
        "published",
        "Order and optimizers of a step: `published`, logits by Adam, then weights by clipped momentum; `survey`, "
        "weights, then logits, both by plain descent with the weights' rate.",
        ("published", "survey"),
    )
    order: int = setting(
        1,
        "1: the logits' gradient at the weights as they are; 2: at those one step further, two to three times dearer.",
        (1, 2),
    )
    affine: bool = setting(
        False,
        "Let the normalizations of operations learn scales and offsets, which undo what the logits weigh.",
        "boolean",
    )
    split: str = setting(
        "half",
        "Images the logits learn on: `half` of the training images, which the weights then never see, or `validation`, "
        "the held-out ones, by which architectures are also judged.",
        ("half", "validation"),
    )
    zero_in_argmax: bool = setting(
        True, "Let dropout(rate=1.0), DARTS's zero operation, be chosen; published DARTS leaves it out.", "boolean"
    )
    alpha_lr: float = setting(3e-4, "Learning rate of the logits' Adam.", "positive number")
    alpha_l2_reg: float = setting(5e-4, "Factor of the sum of squares of the logits.", "non-negative number")
    lr_max: float = setting(0.025, "Learning rate of the weights in the first epoch.", "positive number")
    lr_min: float = setting(
        0.001, "What that rate falls to over --num_epochs, along half a cosine.", "non-negative number"
    )
    momentum: float = setting(0.9, "Momentum of the weights.", "probability")
    l2_reg: float = setting(1.5e-4, "Factor of the sum of squares of the weights.", "non-negative number")
    grad_bound: float = setting(5.0, "Global norm to which the gradient of the weights is clipped.", "positive number")
    radius: float = setting(
        0.01,
        "Distance in weights over which --darts_order=2 takes differences of gradients.",
        "positive number",
        only_with=("order", 2),
    )

    def __post_init__(self) -> None:
        if self.lr_min > self.lr_max:
            raise InputError("--darts_lr_min", f"at most --darts_lr_max={self.lr_max}", self.lr_min)

    @property
    def kept_share(self) -> float:
        """Share of the training images that is kept for the logits."""
        return KEPT_SHARE if self.split == "half" else 0.0

    def check(self, config: SearchConfig) -> None:
        """Refuses what has no relaxation.

        Raises:
          InputError: If layers take ranges of channels, one architecture is given, or one operation stands for all.
        """
        every = "--search_mode=darts, which runs every operation of every layer"
        contradictions = (
            (
                config.child.fixed_arc is not None,
                "--search_mode=darts",
                "no architecture beside it: to train one, take the flagfile of another search or of a final training, "
                "whose flags say the rates",
                config.child.fixed_arc,
            ),
            (
                "last_branch" in config.run.original_quirks,
                "--original_quirks=last_branch",
                f"no such quirk with {every}",
                "it",
            ),
            (
                config.searches_channels,
                "--controller_search_whole_channels",
                f"whole channels with {every}",
                "--nocontroller_search_whole_channels or nothing",
            ),
        )
        for is_so, what, expected, received in contradictions:
            if is_so:
                raise InputError(what, expected, received)


class Darts(Strategy):
    """Proposes what the logits of the relaxed space say: draws by their weights, and as candidates the largest.

    Args:
      config: The settings.
      relaxation: Which logits mean what.
      architecture: The logits, at their initial values.

    Attributes:
      architecture: As given.
    """

    selects = False  # the outcome is what the logits have come to
    outcome = "Most likely architecture: taken"

    def __init__(self, config: SearchConfig, relaxation: Relaxation, architecture: Architecture) -> None:
        self._config = config
        self._relaxation = relaxation
        self.architecture = architecture
        self._left_out = () if config.strategy_as(DartsConfig).zero_in_argmax else (ZERO_OPERATION,)
        self._trainer: DartsTrainer | None = None

    def make_child(self, config: SearchConfig, image_shape: tuple[int, int, int], num_classes: int) -> RelaxedChild:
        """Makes the relaxed network, as `Strategy` describes."""
        from enas_tf.strategies.darts_trainer import make_darts_child

        return make_darts_child(config, self._relaxation, image_shape, num_classes)

    def make_child_trainer(self, config: SearchConfig, data: SearchData, child: RelaxedChild) -> DartsTrainer:
        """Makes what takes its steps, as `Strategy` describes."""
        from enas_tf.strategies.darts_trainer import make_darts_trainer

        self._trainer = make_darts_trainer(config, self.architecture, data, child)
        return self._trainer

    def propose(self, purpose: Purpose, num_arcs: int, *counters: int) -> np.ndarray:
        """Proposes architectures, as `Strategy` describes."""
        if purpose.is_candidate or purpose is Purpose.SAMPLED:
            return np.tile(np.array(self._most_likely(), np.int32), (num_arcs, 1))
        generator = named_generator(self._config.run.seed, purpose, *counters)
        return self._relaxation.draw(self.architecture.values(), generator, num_arcs)

    def policy(self, arcs: Sequence[Sequence[int]]) -> Policy:
        """Returns the weights of operations and connections, as `Strategy` describes."""
        return Policy(*self._relaxation.policy(self.architecture.values()))

    def variables(self) -> Mapping[str, Any]:
        """Returns the logits, and what Adam keeps of them."""
        return self.architecture.tracked()

    def outcome_title(self, epoch: int) -> str:
        """Returns what the outcome is after an epoch."""
        return f"most likely architecture after epoch {epoch}"

    def epoch_values(self) -> Mapping[str, float]:
        """Returns what the relaxed network has come to, and what becomes of it.

        Returns:
          `relaxed_accuracy`, that of the mixture, and `discretised_accuracy`, that of its most likely architecture with
          weights of the mixture, on all validation images; of the operations of this architecture the shares that have
          no weights, are pooling, and are poison.
        """
        if self._trainer is None:
            return {}
        arc = self._most_likely()
        return {
            "relaxed_accuracy": self._trainer.relaxed_accuracy(),
            "discretised_accuracy": self._trainer.accuracy(arc),
            **self._shares(arc, self._trainer.child.operations_without_weights),
        }

    def epoch_line(self, values: Mapping[str, float]) -> str | None:
        """Says how far the relaxed network is, and its most likely architecture with the same weights."""
        if not values:
            return None
        relaxed, discretised = values["relaxed_accuracy"], values["discretised_accuracy"]
        return (
            f"Relaxed network: accuracy {relaxed:.4f} on all validation images; its most likely architecture, with "
            f"weights of the mixture: {discretised:.4f} (enas-train trains it alone)"
        )

    def _shares(self, arc: Arc, without_weights: frozenset[str]) -> dict[str, float]:
        space = self._relaxation.space
        names = [space.operations[arc[position]] for position in space.operation_positions]
        return {
            "share_without_weights": float(np.mean([name in without_weights for name in names])),
            "share_of_pooling": float(np.mean([name.endswith(POOLING) for name in names])),
            "share_of_poison": space.count_poisoned(arc) / len(names),
        }

    def _most_likely(self) -> Arc:
        return self._relaxation.most_likely(self.architecture.values(), self._left_out)


def make_darts(config: SearchConfig, space: SearchSpace) -> Darts:
    """Relaxes the space, the logits at 1e-3·N(0, 1)."""
    # Here, for TensorFlow takes seconds to import.
    from enas_tf.strategies.darts_trainer import Architecture

    relaxation = relax(space, only_connections=config.run.search_for == "connection")
    generator = named_generator(config.run.seed, "relaxed architecture")
    initial = {name: INITIAL_SCALE * generator.normal(size=shape) for name, shape in relaxation.shapes.items()}
    return Darts(config, relaxation, Architecture(initial, config.strategy_as(DartsConfig)))


KIND = StrategyKind(
    config=DartsConfig,
    make=make_darts,
    help="gradient descent on a relaxed space, in which every operation runs with a weight",
    label="DARTS",
    colour="#000000",
    marker="*",
    learner="DARTS",
    account="has no candidates: it trains the weights of the relaxed network, and keeps its most likely architecture",
    compares=False,
)
