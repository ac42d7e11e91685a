"""What an experiment consists of: its runs, and the files each of them leaves.

A run is one search of one strategy in one space with one seed, then the stand-alone trainings of some architectures it
ended with.
"""

import dataclasses
import functools
import itertools
import pathlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.assess.plan.spaces import directory_name, poison_flags
from enas_tf.assess.plan.strategies import ScheduledStrategy, strategy_named
from enas_tf.reporting.run_directory import RunDirectory

# Flags of a search by which the runs of an experiment differ.
VARIED_FLAGS = (
    "search_mode",
    "search_schedule",
    "poison",
    "remove_ops",
    "poison_ops",
    "seed",
    "output_dir",
    "reset_output_dir",
)


@dataclasses.dataclass(frozen=True)
class Condition:
    """A strategy in a search space: what is repeated over seeds. The report calls it a cell.

    Attributes:
      strategy: How architectures are found, and when, as `--strategies` names it.
      poison: The search space, as `--poisons` names it.
    """

    strategy: str
    poison: str

    def __str__(self) -> str:
        return f"{self.label}, {self.poison}"

    @functools.cached_property
    def scheduled(self) -> ScheduledStrategy:
        """What the strategy's name stands for."""
        return strategy_named(self.strategy)

    @property
    def label(self) -> str:
        """The strategy's name for people."""
        return self.scheduled.label


class RunFiles:
    """Names of what a run leaves in its directory, beside the files of its search.

    Args:
      path: The run's directory.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.search = RunDirectory(str(path))
        self.flags = path / "run.flags"
        self.log = path / "process.log"
        self.failure = path / "failure.json"
        self.standalone = path / "standalone.json"

    def standalone_training(self, index: int) -> RunDirectory:
        """The directory of one stand-alone training."""
        return RunDirectory(str(self.path / "standalone" / str(index)))


@dataclasses.dataclass(frozen=True)
class PlannedRun:
    """One run of an experiment.

    Attributes:
      condition: Strategy and space.
      seed: Root seed.
      files: Where its results go.
      standalone_arcs: Architectures to train from scratch after the search.
    """

    condition: Condition
    seed: int
    files: RunFiles
    standalone_arcs: int = 0

    @property
    def name(self) -> str:
        """The name of its directory, unique in the experiment."""
        return self.files.path.name

    @property
    def finished(self) -> bool:
        """Whether all that it is to leave is there."""
        return self.files.search.results.exists() and (not self.standalone_arcs or self.files.standalone.exists())

    def flags(self) -> Mapping[str, str | None]:
        """The texts of the flags that make it this run (`VARIED_FLAGS`); None for one that is not given."""
        strategy = self.condition.scheduled
        return {
            "search_mode": strategy.mode,
            "search_schedule": None if strategy.is_default else strategy.schedule,
            **poison_flags(self.condition.poison),
            "seed": str(self.seed),
            "output_dir": str(self.files.path),
            "reset_output_dir": "false",
        }


def plan_runs(config: AssessConfig) -> list[PlannedRun]:
    """Lists the runs of an experiment: all conditions with the first seed, then with the next.

    In this order an experiment that is stopped early still compares like with like.
    """
    runs = pathlib.Path(config.experiment_dir) / "runs"
    return [
        PlannedRun(
            Condition(strategy, poison),
            seed,
            RunFiles(runs / f"{strategy}-{directory_name(poison)}-seed{seed}"),
            config.standalone_arcs,
        )
        for seed, poison, strategy in itertools.product(config.seeds, config.poisons, config.strategies)
    ]


def shared_flags(lines: Iterable[str], others: Collection[str] = ()) -> tuple[str, ...]:
    """Of the lines of a run's flagfile those that are the same in all runs of its experiment, less some other flags."""
    left_out = (*VARIED_FLAGS, *others)
    own = (*left_out, *(f"no{name}" for name in left_out))
    return tuple(line for line in lines if line.removeprefix("--").partition("=")[0] not in own)


def conditions_of(runs: Sequence[PlannedRun]) -> list[Condition]:
    """The conditions of some runs, each once, in their order."""
    return list(dict.fromkeys(run.condition for run in runs))
