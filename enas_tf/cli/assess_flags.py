"""Flags that set `AssessConfig`: what an experiment consists of and how it is run."""

from collections.abc import Callable

from absl import flags

from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.assess.plan.spaces import parse_poisons
from enas_tf.assess.plan.strategies import parse_strategies
from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import BOOLEAN, NON_NEGATIVE_INTEGER, PATH, POSITIVE_INTEGER, SEEDS, Kind, one_of
from enas_tf.rewards.registry import REWARDS
from enas_tf.strategies.registry import STRATEGIES


def _names(read: Callable[[str], tuple[str, ...]]) -> Kind:
    """Names, as a function reads them that says what is wrong with them."""
    return Kind(
        lambda text: text if isinstance(text, tuple) else read(text), all, "names separated by commas", ",".join
    )


_POISONS = _names(parse_poisons)

# All but those that name strategies and rewards.
ASSESS_FLAGS = (
    FlagSpec(
        "experiment_dir",
        PATH,
        "Directory for the experiment's runs, tables and report. An experiment found there goes on; more strategies, "
        "poisons and seeds may be added to it.",
    ),
    FlagSpec(
        "poisons",
        _POISONS,
        "Search spaces: `clean`, names of --poison or of --remove_ops, or one of each joined by +; operations of "
        "--poison_ops are joined like them: removal_2+identity:3+dropout(rate=1.0):3.",
    ),
    FlagSpec("seeds", SEEDS, "Root seeds; each strategy runs in each space with each of them."),
    FlagSpec("num_workers", POSITIVE_INTEGER, "Runs at a time; each gets its share of the cores."),
    FlagSpec(
        "standalone_arcs",
        NON_NEGATIVE_INTEGER,
        "Architectures of each run, its best one first, that are trained from scratch after the search.",
    ),
    FlagSpec("standalone_epochs", POSITIVE_INTEGER, "Epochs of each such training."),
    FlagSpec(
        "synthetic_updates",
        POSITIVE_INTEGER,
        "Updates of the controller with --synthetic_reward, of --controller_num_aggregate candidates each; every other "
        "strategy takes as many candidates as these have together.",
    ),
    FlagSpec("dry_run", BOOLEAN, "List the runs and write nothing."),
    FlagSpec(
        "report_only",
        BOOLEAN,
        "Write the report of what --experiment_dir holds so far and run nothing; all other flags are ignored.",
    ),
)

STANDALONE_FLAGS = tuple(spec for spec in ASSESS_FLAGS if spec.name.startswith("standalone_"))


def assess_flags() -> tuple[FlagSpec, ...]:
    """Lists all flags of an assessment; two name strategies and rewards, those that there are by now."""
    kinds = "; ".join(f"`{kind.name}`, {kind.help}" for kind in STRATEGIES.values())
    help_text = (
        f"How architectures are found: {kinds}. A name with @joint or @after behind it, as random@after, searches "
        "then; without, when the strategy does where --search_schedule is not given. Each is compared with the random "
        "search that searches when it does."
    )
    strategies = FlagSpec("strategies", _names(parse_strategies), help_text)
    reward = FlagSpec(
        "synthetic_reward",
        one_of(*REWARDS),
        "Instead of an experiment, let each of --strategies that observes rewards, and random beside them, search on a "
        "reward that needs no child network, once with each seed.",
    )
    return (*ASSESS_FLAGS, strategies, reward)


def define_assess_flags(values: flags.FlagValues, specs: tuple[FlagSpec, ...] | None = None) -> flags.FlagValues:
    """Registers flags of an assessment, all if none are given, with the default of the field each sets.

    Returns:
      `values`.
    """
    defaults = AssessConfig()
    for spec in assess_flags() if specs is None else specs:
        spec.define(values, "assess flags", getattr(defaults, spec.field))
    return values


def assess_config_from_flags(values: flags.FlagValues) -> AssessConfig:
    """Builds the settings of an assessment.

    Raises:
      InputError: If flags contradict one another.
    """
    return AssessConfig(**{spec.field: spec.value(values) for spec in assess_flags()})
