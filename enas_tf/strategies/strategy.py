"""What a strategy is: it proposes architectures for a purpose, observes their rewards, and keeps its state as data.

The loop of a search (`enas_tf.search`) asks for nothing else, and names no strategy. Strategies know neither flags nor
files, and nothing of one another.
"""

from __future__ import annotations

import abc
import dataclasses
import enum
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from enas_tf.config import SearchConfig, StrategyConfig
from enas_tf.search_space import Arc, SearchSpace

if TYPE_CHECKING:
    from enas_tf.data import SearchData
    from enas_tf.models.shared_child import SharedChild
    from enas_tf.training.child_trainer import TakesSteps


class Purpose(enum.StrEnum):
    """What architectures are proposed for; the value names the random stream that a strategy draws them from.

    Attributes:
      CHILD: To train shared weights, one a step; counted by the epoch.
      CANDIDATE: To be rewarded and then observed; counted by the epoch and the round in it, where a strategy does not
        keep count itself. The stream has the name it had when only the controller took candidates.
      SYNTHETIC: The same, for a reward that needs no child; counted by the round.
      SHOWN: To be shown after an epoch, the best of them kept; counted by the epoch.
      VALID: To measure accuracy over the validation images, one a batch; counted by the epoch.
      TEST: Likewise over the test images.
      SAMPLED: To be the outcome, where nothing selects it; counter 0.
      GUIDED: To be compared after the search; no counter.
    """

    CHILD = "child arcs"
    CANDIDATE = "controller arcs"
    SYNTHETIC = "synthetic search"
    SHOWN = "shown arcs"
    VALID = "valid arcs"
    TEST = "test arcs"
    SAMPLED = "sampled arc"
    GUIDED = "guided random candidates"

    @property
    def is_candidate(self) -> bool:
        """Whether what is proposed for it will be rewarded and observed, and may change a strategy's state."""
        return self in (Purpose.CANDIDATE, Purpose.SYNTHETIC)


@dataclasses.dataclass(frozen=True)
class Trial:
    """An architecture that was rewarded.

    Attributes:
      arc: The architecture.
      reward: What it was worth, usually an accuracy in 0..1.
      purpose: What it had been proposed for.
      num_images: Images it was run on.
      multiply_adds: What that took.
      cost: What has a price in the reward; None where nothing has.
      unpriced: The reward without the price; None where there is no price.
    """

    arc: Arc
    reward: float
    purpose: Purpose = Purpose.CANDIDATE
    num_images: int = 0
    multiply_adds: int = 0
    cost: float | None = None
    unpriced: float | None = None

    @property
    def accuracy(self) -> float:
        """The reward without a price."""
        return self.reward if self.unpriced is None else self.unpriced


class Policy(NamedTuple):
    """The distributions that the choices of architectures are drawn from.

    Attributes:
      operations: float [num_arcs, num_draws, num_options]; num_arcs is 1 where they depend on no architecture.
      connections: Those of the connections, in the form of the space's controller; None where they are not known.
    """

    operations: np.ndarray
    connections: np.ndarray | None = None


class Strategy(abc.ABC):
    """Finds architectures.

    A round asks for `round_size` candidates and then has all of them observed, in the order in which they were
    proposed. `propose` changes nothing: what it returns is a function of the state, the purpose and the counters, so
    that equal seeds and rewards give equal proposals, in a run that was killed and goes on as well. Only `observe`
    changes the state, and only by trials whose purpose `is_candidate`; others may be told of and are left alone.

    Attributes:
      round_size: Candidates in a round.
      phase: What the rounds after an epoch are called where time is booked and progress shown.
      selects: Whether the outcome is the best of what was sampled; without, it is what is proposed as
        `Purpose.SAMPLED`, which nothing selects.
      outcome: What the outcome is, as the log says it at the end: words that `after epoch` follows.
    """

    round_size: int = 1
    phase: str = "candidates"
    selects: bool = True
    outcome: str = "Best architecture: sampled"

    @abc.abstractmethod
    def propose(self, purpose: Purpose, num_arcs: int, *counters: int) -> np.ndarray:
        """Proposes architectures.

        Args:
          purpose: What for. It names the random stream: `named_generator(seed, purpose, *counters)`.
          num_arcs: How many.
          *counters: Place in the stream, as `Purpose` says.

        Returns:
          int32 [num_arcs, arc_length].
        """

    def fault(self) -> str | None:
        """Says what is wrong with the strategy's numbers, as a clause; None while they are finite.

        It is asked before every proposal. Whoever has no floating-point numbers that could be lost says nothing.
        """
        return None

    def plan(self, num_candidates: int) -> Sequence[str]:
        """Is told how many candidates the whole run is to have, before its first round and again when it goes on.

        Returns:
          Lines for the log on what that means, if it means anything.
        """
        return ()

    def num_rounds(self, epoch: int) -> int:
        """How many rounds there are after an epoch, which is counted from 1; none unless a strategy says so."""
        return 0

    def observe(self, trials: Sequence[Trial]) -> Mapping[str, Any]:
        """Takes what the architectures of a round were worth.

        Args:
          trials: In the order in which they were proposed.

        Returns:
          What there is to tell of the round, by name: numbers, or arrays of a number a trial.
        """
        return {}

    def policy(self, arcs: Sequence[Sequence[int]]) -> Policy | None:
        """Returns the distributions that given architectures [num_arcs, arc_length] are drawn from, None if none."""
        return None

    def population(self) -> Sequence[Arc]:
        """Returns the architectures that the strategy keeps to breed from; none where it has no population."""
        return ()

    def state(self) -> Any:
        """Returns all that `observe` has changed as plain data that JSON holds, arrays and numpy scalars included.

        Floats keep every bit; tuples and arrays come back as lists, keys of dictionaries as text. None says that there
        is nothing, or that all of it is in `variables`; a strategy that keeps state returns some from the beginning.
        """
        return None

    def restore(self, state: Any) -> None:
        """Takes up a state that `state` returned, in this form or read back from JSON."""
        raise NotImplementedError(f"{type(self).__name__} returns a state and takes none")

    def variables(self) -> Mapping[str, Any]:
        """Returns what a checkpoint keeps of TensorFlow's: variables, and lists and modules of them, by name."""
        return {}

    def make_child(
        self, config: SearchConfig, image_shape: tuple[int, int, int], num_classes: int
    ) -> SharedChild | None:
        """Makes the network whose weights architectures share, where it is not that of the space.

        Args:
          config: Of the search.
          image_shape: (height, width, channels) of the images.
          num_classes: Of the data set.

        Returns:
          The network; None for the space's own.
        """
        return None

    def make_child_trainer(self, config: SearchConfig, data: SearchData, child: Any) -> TakesSteps | None:
        """Makes what takes the steps of the shared weights, where a step is not one of one architecture.

        Args:
          config: Of the search.
          data: The images.
          child: The network, that of `make_child` where it made one.

        Returns:
          What takes the steps, and counts their `multiply_adds`; None for the plain `ChildTrainer`.
        """
        return None

    def trial_lines(self, trials: Sequence[Trial], told: Mapping[str, Any], minutes: float) -> Sequence[str]:
        """Returns a line for the log for each trial of a round, or none at all.

        Args:
          trials: Of the round.
          told: What `observe` returned.
          minutes: Time the run has taken.
        """
        return ()

    def phase_line(self, epoch: int) -> str:
        """Returns the line for the log before the rounds after an epoch."""
        return f"Epoch {epoch}: {self.phase.capitalize()}"

    def epoch_line(self, values: Mapping[str, float]) -> str | None:
        """Returns a line for the log on the state after an epoch, from its `epoch_values`; None for none."""
        return None

    def phase_scalars(self, rounds: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
        """Returns numbers by name that sum up the rounds after an epoch, from what `observe` returned of each."""
        names = rounds[0] if rounds else ()
        return {name: float(np.mean([np.mean(told[name]) for told in rounds])) for name in names}

    def outcome_title(self, epoch: int) -> str:
        """Returns what stands above a picture of the outcome, were the search to end after an epoch."""
        return f"best architecture, sampled after epoch {epoch}"

    def epoch_values(self) -> Mapping[str, float]:
        """Returns numbers by name that an epoch's row keeps of the state after it."""
        return {}


@dataclasses.dataclass(frozen=True)
class StrategyKind:
    """A strategy as the registry knows it.

    Attributes:
      config: Its settings; their class says its name.
      make: Makes it at its initial state.
      help: A clause on what it does, for `--search_mode`.
      label: Its name in plots, tables and sentences of reports.
      colour: In plots, hexadecimal; distinguishable from the others with every common colour blindness.
      marker: In plots, for print, as matplotlib takes it.
      learner: What sentences call it that tell what it has learned; None for a strategy that learns nothing.
      account: What a report says it does, as a sentence without its subject; empty for nothing.
      compares: Whether it keeps the best of its candidates, of which all that do so have equally many.
    """

    config: type[StrategyConfig]
    make: Callable[[SearchConfig, SearchSpace], Strategy]
    help: str
    label: str
    colour: str
    marker: str
    learner: str | None = None
    account: str = ""
    compares: bool = True

    @property
    def observes_rewards(self) -> bool:
        """Whether it can search on rewards alone, without a network."""
        return self.compares and not self.config.needs_network

    @property
    def name(self) -> str:
        """As `--search_mode` takes it."""
        return self.config.name
