"""What strategies are set to, and what is true of every one of them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from enas_tf.config.schedule import AFTER, JOINT
from enas_tf.errors import InputError

if TYPE_CHECKING:
    from enas_tf.config.search import SearchConfig


def setting(
    default: Any, help: str, accepts: str | tuple[str | int, ...], only_with: tuple[str, Any] | None = None
) -> Any:
    """A field of a `StrategyConfig`, from which its flag follows.

    Args:
      default: Its value where the flag is not given.
      help: A sentence for `--help`.
      accepts: What it may be: the name of a kind of flag value (`enas_tf.cli.kinds.KINDS`), or the choices there are.
      only_with: Another setting and the value of it without which this one has no effect; None for none.
    """
    return dataclasses.field(default=default, metadata={"help": help, "accepts": accepts, "only_with": only_with})


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
      goes_by_rewards: Whether rewards decide what it proposes, or what the outcome is.
      paced_by_epochs: Whether what it does in an epoch depends on how many there are in all.
    """

    name: ClassVar[str] = ""
    trains_by_child_flags: ClassVar[bool] = True
    needs_network: ClassVar[bool] = False
    schedules: ClassVar[tuple[str, ...]] = (JOINT, AFTER)
    takes_candidates: ClassVar[bool] = True
    needs_candidates: ClassVar[bool] = False
    recalibration_batches: ClassVar[int] = 0
    goes_by_rewards: ClassVar[bool] = True
    paced_by_epochs: ClassVar[bool] = False

    @property
    def kept_share(self) -> float:
        """Share of the training images that the weights never see, for the strategy itself to learn on."""
        return 0.0

    def check_effect(self) -> None:
        """Refuses settings that are given and have no effect beside the others.

        Raises:
          InputError: Naming the flag.
        """
        for field in dataclasses.fields(self):
            needed, value = field.metadata.get("only_with"), getattr(self, field.name)
            if needed and value != field.default and getattr(self, needed[0]) != needed[1]:
                expected = f"--{self.name}_{needed[0]}={needed[1]} beside it, without which it has no effect"
                raise InputError(f"--{self.name}_{field.name}", expected, value)

    def check(self, config: SearchConfig) -> None:
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

    lstm_size: int = setting(64, "Width of the controller's LSTM.", "positive integer")
    lstm_num_layers: int = setting(1, "Layers of the controller's LSTM.", "positive integer")
    temperature: float | None = setting(
        None, "Divides the controller's logits; not applied if not given.", "positive number"
    )
    tanh_constant: float | None = setting(
        None, "Bounds the logits to constant * tanh(logits); not applied if not given.", "positive number"
    )
    op_tanh_reduce: float = setting(
        1.0,
        "Micro space: divides --controller_tanh_constant for the logits of operations. The macro space ignores it.",
        "positive number",
    )
    skip_target: float = setting(0.8, "Macro space: wished probability of a skip connection.", "inner probability")
