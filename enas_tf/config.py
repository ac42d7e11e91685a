"""Settings of a run as frozen dataclasses, with the checks that concern more than one of them.

Knows neither absl flags nor TensorFlow. A field is named as the flag that sets it, without the flag's `child_` or
`controller_` prefix; error messages name the flag. Defaults are the original's unless a comment says why not.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, TypeVar

from enas_tf.errors import InputError

# Where the original departs from what it means to do, by the names users switch its behaviour on with (README.md).
ORIGINAL_QUIRKS = (
    "last_branch",
    "unclipped",
    "plain_fixed_convs",
    "frozen_aux_head",
    "restart_glitch",
    "all_branch_statistics",
)


# When architectures are searched: while the shared weights are trained, or when they are.
JOINT, AFTER = "joint", "after"

# What the original's controller rewards after an epoch by default: `train_steps` times `num_aggregate`.
CANDIDATES_PER_EPOCH = 50
# Guo et al. (2020), arXiv 1904.00420, recompute a candidate's averages; how many batches that takes is ours.
RECALIBRATION_BATCHES = 4
OUTCOME_CANDIDATES = 10


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Which images, how they are split and how they are fed.

    Attributes:
      dataset: A TFDS name, or `digits` for scikit-learn's built-in images; not used when `data_path` is given.
      data_dir: Where TFDS keeps prepared data sets; None is TFDS's own default.
      data_path: A directory of CIFAR-10 python batches or an image folder; empty to use `dataset`.
      download: Whether a missing TFDS data set may be fetched.
      image_size: Height and width to resize every image to; None keeps the data set's size.
      batch_size: Images in a training batch and in a reward batch.
      eval_batch_size: Images in a batch of an ordered evaluation (100 in the original).
      num_train_images: Use only the first so many training images; None for all. The validation set is taken first.
      num_valid_images: Size of the validation set, taken from the end of the training images; None for a tenth of
        them (5,000 of CIFAR-10's 50,000, as in the original).
      horizontal_flip: Whether training images are flipped left-right at random (not for digits or letters).
      cutout_size: Side in pixels of the square CutOut blanks; None for no CutOut.
    """

    dataset: str = "cifar10"
    data_dir: str | None = None
    data_path: str = ""
    download: bool = True
    image_size: int | None = None
    batch_size: int = 32
    eval_batch_size: int = 100
    num_train_images: int | None = None
    num_valid_images: int | None = None
    horizontal_flip: bool = True
    cutout_size: int | None = None

    @property
    def source_flag(self) -> str:
        """The flag that says where the images come from, with its value."""
        return f"--data_path={self.data_path}" if self.data_path else f"--dataset={self.dataset}"


@dataclasses.dataclass(frozen=True)
class ChildConfig:
    """Size of the child network.

    Attributes:
      num_layers: Layers that hold an operation.
      out_filters: Channels of every layer before `out_filters_scale`.
      out_filters_scale: Factor on `out_filters`.
      num_branches: Operations on offer, the first so many of those that are published for the space.
      operations: Names of the operations on offer, by their index; None for those that `num_branches` says.
      num_cells: Micro space: blocks in a cell.
      use_aux_heads: Micro space: whether an auxiliary head helps to train.
      keep_prob: Probability to keep a feature in the dropout before the classifier.
      drop_path_keep_prob: Micro space, final training: probability to keep a path of the last cell at the end of the
        training; lower cells and earlier steps keep more of them.
      data_format: `NHWC` or `NCHW`.
      fixed_arc: The architecture to train, as its flag string; None to search.
    """

    num_layers: int = 5
    out_filters: int = 48
    out_filters_scale: int = 1
    num_branches: int = 4
    operations: tuple[str, ...] | None = None
    num_cells: int = 5
    use_aux_heads: bool = False
    keep_prob: float = 0.5
    drop_path_keep_prob: float = 1.0
    data_format: str = "NHWC"
    fixed_arc: str | None = None

    def __post_init__(self) -> None:
        if self.filters % 2:
            # A factorized reduction gives half of the channels to each of its two paths.
            raise InputError("--child_out_filters times --child_out_filters_scale", "an even number", self.filters)

    @property
    def filters(self) -> int:
        """Channels of every layer."""
        return self.out_filters * self.out_filters_scale


class Restarts(NamedTuple):
    """A learning rate that falls along half a cosine, period after period.

    Attributes:
      highest: At a restart.
      lowest: At the end of a period.
      t_0: Epochs of the first period.
      t_mul: Factor from one period to the next.
    """

    highest: float
    lowest: float
    t_0: int
    t_mul: int


@dataclasses.dataclass(frozen=True)
class OptimizerConfig:
    """How the child's shared weights are trained.

    Attributes:
      l2_reg: Factor of the sum of squares of all child variables.
      grad_bound: Norm to which each gradient tensor is clipped.
      lr: Learning rate without `lr_cosine`, decayed in stairs.
      lr_dec_every: Epochs between two stairs.
      lr_dec_rate: Factor of one stair.
      lr_cosine: Whether the learning rate follows cosine restarts; needs the four fields below.
      lr_max: Learning rate at a restart.
      lr_min: Learning rate at the end of a period.
      lr_t_0: Epochs of the first period.
      lr_t_mul: Factor from one period to the next.
    """

    l2_reg: float = 1e-4
    grad_bound: float = 5.0
    lr: float = 0.1
    lr_dec_every: int = 100
    lr_dec_rate: float = 0.1
    lr_cosine: bool = False
    lr_max: float | None = None
    lr_min: float | None = None
    lr_t_0: int | None = None
    lr_t_mul: int | None = None

    def __post_init__(self) -> None:
        if not self.lr_cosine:
            return
        restarts = self.restarts
        for flag, value in (("--child_lr_T_0", restarts.t_0), ("--child_lr_T_mul", restarts.t_mul)):
            if value < 1:
                raise InputError(flag, "at least 1", value)
        if restarts.lowest > restarts.highest:
            raise InputError("--child_lr_min", f"at most --child_lr_max={restarts.highest}", restarts.lowest)

    @property
    def restarts(self) -> Restarts:
        """The four fields of `lr_cosine`.

        Raises:
          InputError: If one of them is missing.
        """
        highest, lowest, t_0, t_mul = self.lr_max, self.lr_min, self.lr_t_0, self.lr_t_mul
        if highest is None or lowest is None or t_0 is None or t_mul is None:
            flags = {"lr_max": highest, "lr_min": lowest, "lr_T_0": t_0, "lr_T_mul": t_mul}
            missing = ", ".join(f"--child_{name}" for name, value in flags.items() if value is None)
            raise InputError("--child_lr_cosine", "its four numbers as well", f"no {missing}")
        return Restarts(highest, lowest, t_0, t_mul)


def setting(default: Any, help: str, accepts: str | tuple[str | int, ...]) -> Any:
    """A field of a `StrategyConfig`, from which its flag follows.

    Args:
      default: Its value where the flag is not given.
      help: A sentence for `--help`.
      accepts: What it may be: the name of a kind of flag value (`enas_tf.cli.kinds.KINDS`), or the choices there are.
    """
    return dataclasses.field(default=default, metadata={"help": help, "accepts": accepts})


@dataclasses.dataclass(frozen=True)
class StrategyConfig:
    """What a strategy is set to: subclasses are defined in their strategies' files, with a `setting` a field.

    Attributes:
      name: Of the strategy, as `--search_mode` takes it; its flags are `--<name>_<field>`.
      trains_by_child_flags: Whether the weights of the child are trained as `OptimizerConfig` says.
      needs_network: Whether it learns from a network itself, so that rewards of another kind are no use to it.
      schedules: When it can search, of `JOINT` and `AFTER`; the first where `--search_schedule` is not given.
      takes_candidates: Whether `--candidates_per_epoch` or `--num_candidates` says how many candidates it has.
      needs_candidates: Whether it has candidates under `JOINT` where no flag says how many.
      recalibration_batches: What `RunConfig.recalibration_batches` is under `JOINT` where it is not given.
      paced_by_epochs: Whether what it does in an epoch depends on how many there are in all.
    """

    name: ClassVar[str] = ""
    trains_by_child_flags: ClassVar[bool] = True
    needs_network: ClassVar[bool] = False
    schedules: ClassVar[tuple[str, ...]] = (JOINT, AFTER)
    takes_candidates: ClassVar[bool] = True
    needs_candidates: ClassVar[bool] = False
    recalibration_batches: ClassVar[int] = 0
    paced_by_epochs: ClassVar[bool] = False

    @property
    def kept_share(self) -> float:
        """Share of the training images that the weights never see, for the strategy itself to learn on."""
        return 0.0

    def check(self, config: "SearchConfig") -> None:
        """Refuses a search that the strategy cannot make.

        Args:
          config: Of the search, whole.

        Raises:
          InputError: Naming the flag.
        """


# Of one strategy.
Settings = TypeVar("Settings", bound=StrategyConfig)


@dataclasses.dataclass(frozen=True)
class PolicyConfig:
    """The LSTM that choices are drawn from: its size, and how its logits are shaped.

    Attributes:
      lstm_size: Width of the LSTM.
      lstm_num_layers: LSTM layers.
      temperature: Divides the logits; None for none.
      tanh_constant: Logits become `tanh_constant * tanh(logits)`; None leaves them.
      op_tanh_reduce: Micro space: divides the tanh constant of operation logits.
      skip_target: Wished probability of a skip connection (macro space).
    """

    lstm_size: int = 64
    lstm_num_layers: int = 1
    temperature: float | None = None
    tanh_constant: float | None = None
    op_tanh_reduce: float = 1.0
    skip_target: float = 0.8


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What concerns the run as a whole.

    Attributes:
      search_for: `macro` (alias `branch`), `connection`, which fixes every operation of a macro search at index 0, or
        `micro`.
      search_whole_channels: Macro space: whether an operation fills all channels of its layer; without, each layer
        takes a range of channels from every operation (`MacroChannelSpace`). The micro space has no such choice.
      guided_random_candidates: Architectures compared on all validation images after the search; 0 for none.
      output_dir: Where everything the run writes goes.
      reset_output_dir: Begin anew where there is an earlier run in `output_dir`, which is removed, or moved aside if
        it was finished; otherwise it is resumed.
      overwrite: Whether such a run is removed even if it was finished.
      init_from_original: Directory with a checkpoint of the original that a new run begins with; None for initial
        weights of its own.
      num_epochs: Passes over the training images.
      log_every: Steps between two console lines.
      eval_every_epochs: Epochs between two rounds of controller training and evaluation.
      seed: Root of every random stream.
      original_quirks: Departures of the original that are switched on, by name.
      recalibration_batches: Training batches from which an architecture gets moving averages of its own before it is
        measured; 0 for those of the shared network, None for what the schedule and the strategy need.
      mixed_precision: `float32` or `mixed_bfloat16`.
      jit_compile: Whether the pieces of the child are compiled with XLA.
    """

    search_for: str = "macro"
    search_whole_channels: bool = False
    guided_random_candidates: int = 0
    output_dir: str = "outputs"
    reset_output_dir: bool = False
    overwrite: bool = False
    init_from_original: str | None = None
    num_epochs: int = 300
    log_every: int = 50
    eval_every_epochs: int = 1
    seed: int = 0
    original_quirks: frozenset[str] = frozenset()
    recalibration_batches: int | None = None
    mixed_precision: str = "float32"
    jit_compile: bool = False

    def __post_init__(self) -> None:
        if self.overwrite and not self.reset_output_dir:
            raise InputError("--overwrite", "--reset_output_dir beside it, without which nothing is removed", "none")

    @property
    def evaluated_epochs(self) -> list[int]:
        """The epochs, counted from 1, after which there is a round of evaluation: every n-th and the last."""
        every = self.eval_every_epochs
        return sorted({*range(every, self.num_epochs + 1, every), self.num_epochs})


@dataclasses.dataclass(frozen=True)
class ScheduleConfig:
    """When architectures are searched, by how many candidates, and on how many images.

    Attributes:
      search_schedule: `JOINT` or `AFTER`; None for what the strategy does by default.
      child_arcs: Which architectures train the shared weights: `strategy`, those it proposes for that, or `uniform`
        draws; None for what the strategy does by default.
      candidates_per_epoch: Under `JOINT`, candidates after each evaluated epoch; None for what the strategy does itself
        or, where it has to be said, `CANDIDATES_PER_EPOCH`.
      num_candidates: Under `AFTER`, candidates in all; None for as many as `CANDIDATES_PER_EPOCH` would be in all.
      reward_images: Held-out images that a candidate is measured on, the same ones for all; None for all of them under
        `AFTER` and a batch of its own under `JOINT`.
      outcome_candidates: Of the candidates, how many of the best are measured again, with the final weights on all
        held-out images; the best of them is the outcome. None for `OUTCOME_CANDIDATES`, or where the strategy says
        itself how many candidates it has for none: the outcome is then the best that was shown.
    """

    search_schedule: str | None = None
    child_arcs: str | None = None
    candidates_per_epoch: int | None = None
    num_candidates: int | None = None
    reward_images: int | None = None
    outcome_candidates: int | None = None


@dataclasses.dataclass(frozen=True)
class PoisonConfig:
    """What is done to the search space to weaken it (`enas_tf.poisoning` says what the names mean).

    Attributes:
      remove_ops: Operations taken out, or the name of one published design.
      poison: Name of a published poison that is added; empty for none.
      poison_ops: Further operations that are added, with their numbers of instances.
    """

    remove_ops: tuple[str, ...] = ()
    poison: str = ""
    poison_ops: tuple[tuple[str, int], ...] = ()

    @property
    def adds(self) -> bool:
        """Whether operations are added."""
        return bool(self.poison or self.poison_ops)


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
        self._check_schedule()
        self.strategy.check(self)

    def _check_schedule(self) -> None:
        """Refuses flags that do not go with the strategy or with one another."""
        schedule, strategy = self.schedule, self.strategy
        with_mode = f"with --search_mode={strategy.name}"
        if schedule.search_schedule not in (None, *strategy.schedules):
            expected = f"{' or '.join(strategy.schedules)} {with_mode}"
            raise InputError("--search_schedule", expected, schedule.search_schedule)
        after = self.searches_after
        own = "no candidates beside those that follow from its own flags"
        without = "no such flag where there are no candidates, whose number --candidates_per_epoch says"
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
