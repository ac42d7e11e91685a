"""The tree-structured Parzen estimator: choices that were good are told from those that were bad by their densities.

Reference: Bergstra et al. (2011), Algorithms for hyper-parameter optimization. The implementation is Optuna's, in
`tpe_study.py`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from enas_tf.config import SearchConfig, setting
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.seeds import derive_seed
from enas_tf.strategies.candidates import CandidateSearch, CandidateSearchConfig, Counters
from enas_tf.strategies.strategy import Purpose, StrategyKind

if TYPE_CHECKING:
    import optuna

    from enas_tf.strategies.tpe_study import TPEStudy

# Times that a candidate which was observed before is asked for again, before a uniform draw takes its place.
ASKED_AGAIN = 50


@dataclasses.dataclass(frozen=True)
class TPEConfig(CandidateSearchConfig):
    """Settings of the estimator; the defaults are Optuna's.

    Attributes:
      startup_trials: Candidates that are drawn uniformly before anything is estimated.
    """

    name: ClassVar[str] = "tpe"

    startup_trials: int = setting(
        10, "Candidates drawn uniformly before the first that is estimated to be good.", "positive integer"
    )


class TPESearch(CandidateSearch):
    """Proposes what Optuna's sampler asks for, unless it was observed before (arguments as `CandidateSearch`).

    Where choices are few the sampler asks for the same architecture again and again. Such a trial is forgotten and
    another one asked for; after `ASKED_AGAIN` of them a uniform draw among those not yet observed takes its place.
    What is proposed for another purpose than to be rewarded may have been observed before.
    """

    def __init__(self, config: SearchConfig, space: SearchSpace) -> None:
        super().__init__(config, space)
        self._config = config.strategy_as(TPEConfig)
        self._trials: list[tuple[Arc, float]] = []
        self._observed: set[Arc] = set()
        self._num_repeated = 0
        # Of candidates that wait for their reward, how often the sampler had repeated itself before it came to them.
        self._repeats: dict[Arc, int] = {}

    def plan(self, num_candidates: int) -> Sequence[str]:
        """Says so where nothing will be estimated."""
        startup = self._config.startup_trials
        if num_candidates > startup:
            return ()
        return [f"TPE: {num_candidates} candidates are uniform draws, none beyond --tpe_startup_trials={startup}"]

    def epoch_values(self) -> Mapping[str, float]:
        """Returns how many of the sampler's proposals repeated what had been observed."""
        return {"repeated_proposals": self._num_repeated}

    @functools.cached_property
    def _study(self) -> TPEStudy:
        """All trials as Optuna takes them; follows from them, and is made when it is needed first."""
        # Here, for Optuna takes seconds to import.
        from enas_tf.strategies.tpe_study import TPEStudy

        study = TPEStudy(self._choices, self._config.startup_trials)
        for arc, reward in self._trials:
            study.tell(arc, reward)
        return study

    def _search(self, purpose: Purpose, streams: Sequence[Counters]) -> Sequence[Arc]:
        if not purpose.is_candidate:
            return [self._ask_alone(purpose, counters) for counters in streams]
        proposed: list[Arc] = []
        under_way = []
        for counters in streams:
            trial, arc = self._ask_anew(purpose, counters, proposed)
            proposed.append(arc)
            under_way.append(trial)
        for trial in under_way:
            self._study.forget(trial)
        return proposed

    def _ask_alone(self, purpose: Purpose, counters: Counters) -> Arc:
        """Asks for an architecture whatever else is proposed."""
        self._study.seed(derive_seed(self._seed, purpose, *counters)[0])
        trial, arc = self._study.ask()
        self._study.forget(trial)
        return arc

    def _ask_anew(self, purpose: Purpose, counters: Counters, proposed: Collection[Arc]) -> tuple[optuna.Trial, Arc]:
        """Asks for an architecture that is not among those observed and proposed, as long as there is any."""
        self._study.seed(derive_seed(self._seed, purpose, *counters)[0])
        taken = self._observed.union(proposed)
        trial, arc = self._study.ask()
        repeats = 0
        while arc in taken and repeats < ASKED_AGAIN and len(taken) < self._choices.size:
            self._study.forget(trial)
            trial, arc = self._study.ask()
            repeats += 1
        if arc in taken and len(taken) < self._choices.size:
            arc = self._draw_anew(counters, taken)
            repeats += 1
        self._repeats[arc] = repeats
        return trial, arc

    def _draw_anew(self, counters: Counters, taken: Collection[Arc]) -> Arc:
        """Draws uniformly among the architectures that are not taken, of which there are some."""
        number = 0
        while (arc := tuple(self._uniform.draw(1, "unseen architecture", *counters, number)[0].tolist())) in taken:
            number += 1
        return arc

    def _learn(self, arc: Arc, reward: float) -> Mapping[str, float]:
        if "_study" in vars(self):
            self._study.tell(arc, reward)
        self._trials.append((arc, reward))
        self._observed.add(arc)
        repeats = self._repeats.pop(arc, 0)
        self._num_repeated += repeats
        return {"repeated_proposals": repeats}

    def _memory(self) -> Mapping[str, Any]:
        return {"trials": self._trials, "num_repeated": self._num_repeated}

    def _remember(self, memory: Mapping[str, Any]) -> None:
        self._trials = [(tuple(arc), reward) for arc, reward in memory["trials"]]
        self._observed = {arc for arc, _ in self._trials}
        self._num_repeated = memory["num_repeated"]
        vars(self).pop("_study", None)


KIND = StrategyKind(
    config=TPEConfig,
    make=TPESearch,
    help="Optuna's tree-structured Parzen estimator",
    label="TPE",
    colour="#56B4E9",
    marker="P",
    learner="TPE",
    account="trains the weights by uniform draws",
)
