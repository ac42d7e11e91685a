"""Everything a search needs to know, to JSON and back, with the checks that concern more than one section."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from enas_tf.config.child import ChildConfig
from enas_tf.config.data import DataConfig
from enas_tf.config.optimizer import OptimizerConfig
from enas_tf.config.poison import PoisonConfig
from enas_tf.config.reward import RewardConfig
from enas_tf.config.run import ORIGINAL_QUIRKS, RunConfig
from enas_tf.config.schedule import (
    AFTER,
    CANDIDATES_PER_EPOCH,
    OUTCOME_CANDIDATES,
    RECALIBRATION_BATCHES,
    ScheduleConfig,
)
from enas_tf.config.strategy import Settings, StrategyConfig
from enas_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class SearchConfig:
    """Everything an architecture search needs to know; two equal ones give the same run.

    Its strategy is opaque here: which ones there are, and what they are set to, is said in `enas_tf.strategies`.
    """

    run: RunConfig = RunConfig()
    data: DataConfig = DataConfig()
    child: ChildConfig = ChildConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    strategy: StrategyConfig = StrategyConfig()
    poison: PoisonConfig = PoisonConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    reward: RewardConfig = RewardConfig()

    def strategy_as(self, kind: type[Settings]) -> Settings:
        """Returns what the strategy is set to, as the settings of a kind.

        Args:
          kind: The class of the settings, which are opaque here.

        Raises:
          TypeError: If they are those of another strategy.
        """
        if not isinstance(self.strategy, kind):
            raise TypeError(f"expected the settings of {kind.name}, received those of {self.strategy.name}")
        return self.strategy

    @property
    def sections(self) -> dict[str, Any]:
        """The sections that have an effect, by name: `optimizer` only where the strategy trains by it."""
        left_out = () if self.strategy.trains_by_child_flags else ("optimizer",)
        return {name: section for name, section in vars(self).items() if name not in left_out}

    @property
    def searches_after(self) -> bool:
        """Whether candidates are taken when the shared weights are trained, and not in between."""
        return (self.schedule.search_schedule or self.strategy.schedules[0]) == AFTER

    @property
    def candidates_per_epoch(self) -> int | None:
        """Candidates after each evaluated epoch; None where the strategy says it."""
        if self.searches_after:
            return 0
        if not self.strategy.takes_candidates:
            return None
        by_default = CANDIDATES_PER_EPOCH if self.strategy.needs_candidates else None
        asked = self.schedule.candidates_per_epoch
        return by_default if asked is None else asked

    @property
    def num_candidates(self) -> int | None:
        """Candidates of the whole run; None where the strategy says how many there are."""
        num_epochs = len(self.run.evaluated_epochs)
        if not self.searches_after:
            return None if self.candidates_per_epoch is None else self.candidates_per_epoch * num_epochs
        asked = self.schedule.num_candidates
        return CANDIDATES_PER_EPOCH * num_epochs if asked is None else asked

    @property
    def num_outcome_candidates(self) -> int:
        """How many of the best candidates are measured again for the outcome; 0 where that is chosen otherwise."""
        if self.schedule.outcome_candidates is None:
            return 0 if self.num_candidates is None else OUTCOME_CANDIDATES
        return self.schedule.outcome_candidates

    @property
    def num_recalibration_batches(self) -> int:
        """Training batches from which an architecture gets moving averages of its own."""
        asked = self.run.recalibration_batches
        by_default = RECALIBRATION_BATCHES if self.searches_after else self.strategy.recalibration_batches
        return by_default if asked is None else asked

    @property
    def searches_channels(self) -> bool:
        """Whether layers take ranges of channels: a macro run without `search_whole_channels`."""
        return self.run.search_for != "micro" and not self.run.search_whole_channels

    def __post_init__(self) -> None:
        if self.searches_channels:
            self._check_channels()
        if "last_branch" in self.run.original_quirks and self.poison.adds:
            raise InputError(
                "--original_quirks=last_branch", "no poison beside it, which would be the only branch to run", "one"
            )
        if self.run.init_from_search is not None:
            self._check_init_from_search()
        if self.data.hold_out_validation and self.child.fixed_arc is None:
            expected = "an architecture to train beside it (a search always holds validation images out)"
            raise InputError("--hold_out_validation", expected, "none")
        self._check_schedule()
        self._check_reward()
        self.strategy.check_effect()
        self.strategy.check(self)

    def _check_init_from_search(self) -> None:
        """Refuses shared weights where none are trained further."""
        what = "--init_from_search"
        if self.child.fixed_arc is None:
            raise InputError(what, "an architecture to train beside it", "none")
        if self.run.init_from_original is not None:
            raise InputError(what, "no --init_from_original beside it", self.run.init_from_original)

    def _check_schedule(self) -> None:
        """Refuses flags that do not go with the strategy or with one another."""
        schedule, strategy = self.schedule, self.strategy
        with_mode = f"with --search_mode={strategy.name}"
        if schedule.search_schedule not in (None, *strategy.schedules):
            expected = f"{' or '.join(strategy.schedules)} {with_mode}"
            raise InputError("--search_schedule", expected, schedule.search_schedule)
        after = self.searches_after
        follow = "no candidates beside those that follow from its own flags"
        own = follow if strategy.needs_candidates else "no such flag"
        said = ", whose number --candidates_per_epoch says" if strategy.takes_candidates else ""
        without = f"no such flag where there are no candidates{said}"
        has_candidates = self.num_candidates is not None or strategy.needs_candidates
        contradictions = (
            ("candidates_per_epoch", after, "--num_candidates in its place with --search_schedule=after"),
            (
                "num_candidates",
                not after and strategy.takes_candidates,
                "--candidates_per_epoch in its place with --search_schedule=joint",
            ),
            ("candidates_per_epoch", not strategy.takes_candidates, f"{own} {with_mode}"),
            ("num_candidates", not strategy.takes_candidates, f"{own} {with_mode}"),
            ("child_arcs", not strategy.trains_by_child_flags, f"no such flag {with_mode}"),
            ("outcome_candidates", not has_candidates, without),
            ("reward_images", not has_candidates, without),
        )
        for name, is_so, expected in contradictions:
            if is_so and getattr(schedule, name) is not None:
                raise InputError(f"--{name}", expected, getattr(schedule, name))
        if after and schedule.child_arcs == "strategy":
            expected = (
                "uniform with --search_schedule=after, under which nothing is searched yet when weights are trained"
            )
            raise InputError("--child_arcs", expected, schedule.child_arcs)

    def _check_reward(self) -> None:
        """Refuses a price where no reward decides anything."""
        decides = self.strategy.goes_by_rewards or self.run.guided_random_candidates
        if self.reward.cost is not None and not decides:
            expected = f"no such flag with --search_mode={self.strategy.name}, in which rewards decide nothing"
            raise InputError("--reward_cost", expected, self.reward.cost)

    def _check_channels(self) -> None:
        """Refuses what is not defined where layers take ranges of channels."""
        # `all` means those that concern the run.
        quirks = self.run.original_quirks if self.run.original_quirks != set(ORIGINAL_QUIRKS) else frozenset()
        every_branch_runs = "without it every branch runs in every layer"
        no_network = "ranges of channels have no network of their own, in the original neither"
        contradictions = (
            (self.child.fixed_arc is not None, "--child_fixed_arc", no_network),
            (self.run.search_for == "connection", "--search_for=connection", every_branch_runs),
            (self.poison != PoisonConfig(), "--poison, --poison_ops or --remove_ops", every_branch_runs),
            ("last_branch" in quirks, "--original_quirks=last_branch", every_branch_runs),
            ("all_branch_statistics" in quirks, "--original_quirks=all_branch_statistics", every_branch_runs),
            (self.child.out_filters < 2, "--child_out_filters=1", "a range needs two channels to choose from"),
        )
        for is_so, what, reason in contradictions:
            if is_so:
                expected = f"--controller_search_whole_channels beside it ({reason})"
                raise InputError(what, expected, "--nocontroller_search_whole_channels or nothing")

    def to_plain(self) -> dict[str, dict[str, Any]]:
        """Returns the `sections` as JSON holds them, a dictionary each; that of the strategy says its name."""
        sections = {name: dataclasses.asdict(section) for name, section in self.sections.items()}
        sections["strategy"] = {"name": self.strategy.name, **sections["strategy"]}
        return {
            name: {field: sorted(value) if isinstance(value, frozenset) else value for field, value in section.items()}
            for name, section in sections.items()
        }

    @classmethod
    def from_plain(
        cls, plain: Mapping[str, Mapping[str, Any]], strategies: Mapping[str, type[StrategyConfig]], what: str
    ) -> "SearchConfig":
        """Reads settings that `to_plain` wrote, today or before some of the fields were there.

        Args:
          plain: As it comes back from JSON.
          strategies: The settings of each strategy there is, by its name.
          what: The file to name in an error.

        Raises:
          InputError: If there is something in it that is no setting, or settings contradict one another.
        """
        defaults = {field.name: field.default for field in dataclasses.fields(cls)}
        try:
            sections = {name: dict(section) for name, section in plain.items()}
            strategy = strategies[sections.get("strategy", {}).pop("name")]()
            made = {
                name: _section_from_plain(strategy if name == "strategy" else defaults[name], section)
                for name, section in sections.items()
            }
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(what, "the settings of a search", f"{type(error).__name__}: {error}") from None
        return cls(**made)


def _section_from_plain(default: Any, plain: Mapping[str, Any]) -> Any:
    """A section of the kind of `default`, with the values that JSON held."""
    return dataclasses.replace(default, **{name: _as(getattr(default, name), value) for name, value in plain.items()})


def _as(default: Any, value: Any) -> Any:
    """Gives a list from JSON the type it had: tuples, but for a field that is a set by default."""
    return frozenset(value) if isinstance(default, frozenset) else _tuples(value)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
