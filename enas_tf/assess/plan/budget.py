"""How many candidates the searches of an experiment have: as many as one another, and a choice among as many."""

import dataclasses
from collections.abc import Mapping, Sequence

from enas_tf.assess.plan.strategies import ScheduledStrategy
from enas_tf.config import OUTCOME_CANDIDATES, RunConfig, ScheduleConfig
from enas_tf.errors import InputError
from enas_tf.strategies.controller import ControllerConfig
from enas_tf.strategies.registry import CONTROLLER

# Flags of a search that an experiment sets run by run, so that all that it compares have the same.
BUDGET_FLAGS = ("candidates_per_epoch", "num_candidates", "outcome_candidates", "reward_images")


@dataclasses.dataclass(frozen=True)
class SharedBudget:
    """What every search of an experiment is granted that has candidates.

    Attributes:
      per_epoch: Candidates after each evaluated epoch of a joint search.
      total: Candidates in all.
      outcome: How many of the best are measured again for the outcome.
      reward_images: Held-out images that a candidate is measured on; None for what the schedule does by default.
    """

    per_epoch: int
    total: int
    outcome: int
    reward_images: int | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """The same as a flagfile's lines."""
        values = (self.per_epoch, self.total, self.outcome, self.reward_images)
        named = zip(BUDGET_FLAGS, values, strict=True)
        return tuple(f"--{name}={value}" for name, value in named if value is not None)

    def flags(self, strategy: ScheduledStrategy) -> Mapping[str, int | None]:
        """The values of `BUDGET_FLAGS` for the searches of a strategy; None where it takes none."""
        config = strategy.kind.config
        is_told = config.takes_candidates
        has_candidates = is_told or config.needs_candidates
        values = (
            self.per_epoch if is_told and not strategy.searches_after else None,
            self.total if is_told and strategy.searches_after else None,
            self.outcome if has_candidates else None,
            self.reward_images if has_candidates else None,
        )
        return dict(zip(BUDGET_FLAGS, values, strict=True))


def shared_budget(
    strategies: Sequence[ScheduledStrategy], controller: ControllerConfig, run: RunConfig, asked: ScheduleConfig
) -> SharedBudget:
    """Says how many candidates there are: as many as flags ask for, else as many as a controller has.

    Args:
      strategies: Of the experiment.
      controller: What the controller's flags say, whether it is among the strategies or not.
      run: Says which epochs are evaluated.
      asked: What flags say.

    Raises:
      InputError: If flags contradict one another, or strategies would not have equally many.
    """
    num_epochs = len(run.evaluated_epochs)
    of_controller = None  # its own flags alone say how many it has
    if controller.training and CONTROLLER in (strategy.mode for strategy in strategies):
        of_controller = controller.num_candidates(run.evaluated_epochs)
    per_epoch, total = asked.candidates_per_epoch, asked.num_candidates
    if per_epoch is not None and total is not None:
        raise InputError("--candidates_per_epoch", "no --num_candidates beside it, which says the same", "both")
    if total is not None:
        per_epoch, rest = divmod(total, num_epochs)
        _require_as_many("--num_candidates", total, of_controller)
        if rest and any(each.kind.config.takes_candidates and not each.searches_after for each in strategies):
            expected = f"a multiple of the {num_epochs} evaluated epochs, by which joint searches take them"
            raise InputError("--num_candidates", expected, total)
    elif per_epoch is not None:
        total = per_epoch * num_epochs
        _require_as_many("--candidates_per_epoch", total, of_controller)
    else:
        if any(each.kind.config.takes_candidates for each in strategies):
            controller.require_candidates(run.evaluated_epochs)
        per_epoch = controller.candidates_per_epoch(run.eval_every_epochs)
        total = of_controller or per_epoch * num_epochs
    outcome = OUTCOME_CANDIDATES if asked.outcome_candidates is None else asked.outcome_candidates
    return SharedBudget(per_epoch, total, outcome, asked.reward_images)


def _require_as_many(flag: str, total: int, of_controller: int | None) -> None:
    if of_controller not in (None, total):
        expected = f"{of_controller} candidates in all, what the controller's own flags give it among --strategies"
        raise InputError(flag, expected, f"{total} in all")
