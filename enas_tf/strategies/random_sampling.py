"""Random sampling: uniform draws train the shared weights, and the outcome is one uniform draw that nothing selects."""

import dataclasses
from typing import ClassVar

from enas_tf.config import JOINT, SearchConfig, StrategyConfig
from enas_tf.errors import InputError
from enas_tf.search_space import SearchSpace
from enas_tf.strategies.strategy import StrategyKind
from enas_tf.strategies.uniform import UniformArcs, UniformSearch


@dataclasses.dataclass(frozen=True)
class RandomSamplingConfig(StrategyConfig):
    """Random sampling has no settings."""

    name: ClassVar[str] = "random_sampling"
    schedules: ClassVar[tuple[str, ...]] = (JOINT,)
    takes_candidates: ClassVar[bool] = False
    goes_by_rewards: ClassVar[bool] = False

    def check(self, config: SearchConfig) -> None:
        """Refuses candidates after the search, among which something would be selected.

        Raises:
          InputError: If there are any.
        """
        candidates = config.run.guided_random_candidates
        if candidates:
            raise InputError("--guided_random_candidates", f"0 with --search_mode={self.name}", candidates)


class RandomSampling(UniformSearch):
    """Proposes uniform draws, of which none is better than another."""

    selects = False
    outcome = "Architecture drawn at random: sampled"

    def outcome_title(self, epoch: int) -> str:
        """Returns the same after every epoch, for the architecture is the same."""
        return "sampled architecture"


def make_random_sampling(config: SearchConfig, space: SearchSpace) -> RandomSampling:
    """Makes a random sampling."""
    return RandomSampling(UniformArcs.of(config, space))


KIND = StrategyKind(
    config=RandomSamplingConfig,
    make=make_random_sampling,
    help="the same, and the outcome is one uniform draw that nothing selects",
    label="random_sampling",
    colour="#009E73",
    marker="^",
    account="keeps one uniform draw without comparing any",
    compares=False,
)
