"""What the searches of an experiment were granted, and whether those that are compared were granted the same."""

import dataclasses
from collections.abc import Mapping, Sequence

from enas_tf.assess.plan.runs import Condition
from enas_tf.assess.statistics.inference import summarize
from enas_tf.assess.statistics.records import RunRecord, values_by_seed
from enas_tf.strategies.registry import CONTROLLER


@dataclasses.dataclass(frozen=True)
class Budget:
    """What a search of a condition took, mean over its finished runs; None where they do not tell.

    Attributes:
      architectures_rewarded: Candidates whose rewards the strategy observed.
      architectures_shown: Those sampled after each evaluated epoch, which are rewarded beside them.
      images_run: Images on which candidates were rewarded.
      multiply_adds: What that took.
      training_multiply_adds: What the training of the shared weights took, gradients included.
      seconds: Of the whole search.
    """

    architectures_rewarded: float | None = None
    architectures_shown: float | None = None
    images_run: float | None = None
    multiply_adds: float | None = None
    training_multiply_adds: float | None = None
    seconds: float | None = None


def budgets_of(
    records: Sequence[RunRecord], conditions: Sequence[Condition], flags: Mapping[str, str]
) -> dict[Condition, Budget]:
    """Returns the budget of each condition that has a finished run.

    Args:
      records: All runs.
      conditions: Which to look at.
      flags: What all searches share; says how many candidates a controller had whose runs do not tell.
    """
    found = {}
    for condition in conditions:
        names = [field.name for field in dataclasses.fields(Budget)]
        values = {name: list(values_by_seed(records, condition, name).values()) for name in names}
        if not any(values.values()):
            continue
        budget = Budget(**{name: summarize(numbers).mean for name, numbers in values.items() if numbers})
        if condition.strategy == CONTROLLER and budget.architectures_rewarded is None:
            rewarded = controller_candidates(records, flags)
            budget = dataclasses.replace(budget, architectures_rewarded=rewarded)
        found[condition] = budget
    return found


def controller_candidates(records: Sequence[RunRecord], flags: Mapping[str, str]) -> float | None:
    """How many candidates the controller's updates take in a run; None if it has none that has been evaluated."""
    epochs = next((r.epochs for r in records if r.condition.strategy == CONTROLLER and r.epochs and r.results), None)
    if epochs is None:
        return None
    if flags.get("controller_training") == "false":
        return 0
    every, steps, samples = (
        int(flags[f"controller_{name}"]) for name in ("train_every", "train_steps", "num_aggregate")
    )
    return sum(row["epoch"] % every == 0 for row in epochs) * steps * samples


def rewarded_by_space(budgets: Mapping[Condition, Budget]) -> dict[str, dict[str, float | None]]:
    """Returns, by space and strategy, how many architectures were rewarded for strategies that are compared."""
    found: dict[str, dict[str, float | None]] = {}
    for condition, budget in budgets.items():
        if condition.scheduled.kind.compares:
            found.setdefault(condition.poison, {})[condition.strategy] = budget.architectures_rewarded
    return found
