"""Settings of an assessment as a frozen dataclass, with the checks that concern more than one of them."""

import dataclasses

from enas_tf.assess.plan.spaces import CLEAN
from enas_tf.assess.plan.strategies import modes_of, strategy_named
from enas_tf.errors import InputError
from enas_tf.strategies.registry import CONTROLLER, RANDOM, STRATEGIES

# The best architecture and the ten that a search shows after its last epoch.
MAX_STANDALONE_ARCS = 11


@dataclasses.dataclass(frozen=True)
class AssessConfig:
    """What `enas-assess` is to do; a field is named as the flag that sets it.

    Attributes:
      experiment_dir: Directory of the experiment.
      strategies: How architectures are found, as `enas_tf.assess.plan.strategies` reads them.
      poisons: Search spaces, as `enas_tf.assess.plan.spaces` reads them.
      seeds: Root seeds; each strategy and poison runs once with each.
      num_workers: Runs at a time.
      standalone_arcs: Architectures of each run that are trained from scratch; 0 for none.
      standalone_epochs: Epochs of such a training.
      synthetic_reward: Let strategies search on a reward of this name, without a child; None for an experiment.
      synthetic_updates: Updates of the controller in that case; others take as many candidates as these have.
      dry_run: List the runs and write nothing.
      report_only: Write the report of what is there and run nothing.
    """

    experiment_dir: str = "outputs/assess"
    strategies: tuple[str, ...] = (CONTROLLER, RANDOM)
    poisons: tuple[str, ...] = (CLEAN,)
    seeds: tuple[int, ...] = tuple(range(10))
    num_workers: int = 1
    standalone_arcs: int = 0
    standalone_epochs: int = 30
    synthetic_reward: str | None = None
    synthetic_updates: int = 2000
    dry_run: bool = False
    report_only: bool = False

    def __post_init__(self) -> None:
        for name in ("strategies", "poisons", "seeds"):
            values = getattr(self, name)
            repeated = sorted({str(value) for value in values if values.count(value) > 1})
            if repeated:
                raise InputError(f"--{name}", "each once", f"{', '.join(repeated)} more than once")
        if self.standalone_arcs > MAX_STANDALONE_ARCS:
            received = self.standalone_arcs
            raise InputError("--standalone_arcs", f"at most {MAX_STANDALONE_ARCS}, all that a run ends with", received)
        kinds = [strategy_named(name).kind for name in self.strategies]
        if self.synthetic_reward and not any(kind.compares for kind in kinds):
            expected = "one that has candidates rewarded, with --synthetic_reward"
            raise InputError("--strategies", expected, ", ".join(self.strategies))
        if self.report_only and (self.dry_run or self.synthetic_reward):
            raise InputError("--report_only", "neither --dry_run nor --synthetic_reward with it", "both")

    @property
    def reward_name(self) -> str:
        """`synthetic_reward`, where there is one.

        Raises:
          InputError: If there is none.
        """
        if self.synthetic_reward is None:
            raise InputError("--synthetic_reward", "the name of a reward", "nothing")
        return self.synthetic_reward

    @property
    def synthetic_strategies(self) -> tuple[str, ...]:
        """Those that run on a synthetic reward: all that observe rewards, and random as what they are held against."""
        observing = [mode for mode in modes_of(self.strategies) if STRATEGIES[mode].observes_rewards]
        return tuple(dict.fromkeys([*observing, RANDOM]))
