"""What a search ends with: its last architectures and the one it chose, measured on all validation and test images.

Guided random search compares further architectures under one criterion, accuracy on all validation images, as Li and
Talwalkar (2019) ask of a baseline.
"""

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.reporting.confusion import show_confusion
from enas_tf.reporting.run_reporter import RunReporter
from enas_tf.reporting.search_events import MEASUREMENT_PHASE
from enas_tf.rewards.priced import Price
from enas_tf.search.loop import Interrupted
from enas_tf.search.rounds import propose
from enas_tf.search.state import SearchState
from enas_tf.search.tally import CandidateTally
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.strategies.strategy import Purpose, Strategy
from enas_tf.training.confusion import Confusion
from enas_tf.training.evaluation import Evaluator
from enas_tf.training.interruption import Interruption

ARCHITECTURES_SHOWN = 10
SUBSETS = ("valid", "test")


def num_measurements(config: SearchConfig) -> int:
    """How many times an architecture runs over a whole subset after the last epoch."""
    num_candidates = config.run.guided_random_candidates
    shown_again = ARCHITECTURES_SHOWN if config.searches_after else 0
    once = num_candidates + config.num_outcome_candidates + shown_again
    return len(SUBSETS) * (ARCHITECTURES_SHOWN + 1 + bool(num_candidates)) + once


class SearchOutcome:
    """Measures what a finished search ends with.

    Args:
      config: Of the search.
      data: The images.
      evaluator: Of the shared network.
      reporter: Receives the progress.
      interruption: Ends the measurement early.
      price: On what architectures cost; None for none. The best one is that of the highest reward.
    """

    def __init__(
        self,
        config: SearchConfig,
        data: SearchData,
        evaluator: Evaluator,
        reporter: RunReporter,
        interruption: Interruption,
        price: Price | None = None,
    ) -> None:
        self._config = config
        self._data = data
        self._evaluator = evaluator
        self._reporter = reporter
        self._interruption = interruption
        self._price = price

    def measure(
        self, space: SearchSpace, strategy: Strategy, progress: SearchState, tally: CandidateTally, step: int
    ) -> dict[str, Any]:
        """Returns the results of the search.

        Args:
          space: What architectures mean.
          strategy: As the search left it.
          progress: Likewise.
          tally: Of its candidates; where it has leaders, the best of them is the outcome.
          step: Of the child.

        Raises:
          Interrupted: If the user stops it.
        """
        self._reporter.begin(MEASUREMENT_PHASE, num_measurements(self._config))
        config = self._config
        best, confusion = self._best_candidate(space, tally, step) if tally.leaders else self._best(space, progress)
        results = {
            **best,
            **self._final_arcs(space, progress),
            **self._data.share_results,
            "seed": config.run.seed,
            "search_mode": config.strategy.name,
            "operations": space.operations,
            "num_poisoned": space.num_poisoned,
            **({} if self._price is None else {"price": self._price.facts()}),
        }
        if config.run.guided_random_candidates:
            guided, confusion = self._guided_random(space, strategy, step)
            results |= guided
        show_confusion(self._reporter, confusion.counts, results["best_arc_test_accuracy_per_class"], step)
        return results

    def _best(self, space: SearchSpace, progress: SearchState) -> tuple[dict[str, Any], Confusion]:
        """The architecture the search itself chose."""
        chosen, confusion = self._chosen(space, progress.best_arc)
        return chosen | {
            "best_arc_epoch": int(progress.best_epoch),
            "best_arc_reward": float(progress.best_reward),
        }, confusion

    def _best_candidate(self, space: SearchSpace, tally: CandidateTally, step: int) -> tuple[dict[str, Any], Confusion]:
        """The best of the candidates that had the highest rewards, measured again on all validation images."""
        leaders = tally.leaders
        accuracies = [self._accuracy(leader.arc, "valid") for leader in leaders]
        rewards = [self._worth(leader.arc, each) for leader, each in zip(leaders, accuracies, strict=True)]
        best = leaders[int(np.argmax(rewards))]  # of equal ones the one that had the higher reward
        self._reporter.architecture(best.arc, f"best of {len(leaders)} candidates, measured again", step)
        chosen, confusion = self._chosen(space, best.arc)
        return chosen | {
            "best_arc_epoch": self._config.run.num_epochs,
            "best_arc_reward": best.reward,
            "outcome_candidates": [
                {
                    "arc": space.format(leader.arc),
                    "reward": leader.reward,
                    "valid_accuracy": accuracy,
                    **self._costs(leader.arc, accuracy),
                }
                for leader, accuracy in zip(leaders, accuracies, strict=True)
            ],
        }, confusion

    def _final_arcs(self, space: SearchSpace, progress: SearchState) -> dict[str, Any]:
        """The architectures shown after the last epoch, and their mean accuracies."""
        rows = [
            {
                "arc": space.format(arc),
                "reward": reward,
                **self._accuracies(arc),
                "bad_operations": space.count_poisoned(arc),
                **({} if self._price is None else {"cost": self._price.cost_of(arc)}),
            }
            for arc, reward in progress.shown
        ]
        means = {f"final_arcs_{name}": float(np.mean([row[name] for row in rows])) for name in _accuracy_names()}
        return {"final_arcs": rows, **means}

    def _guided_random(self, space: SearchSpace, strategy: Strategy, step: int) -> tuple[dict[str, Any], Confusion]:
        """The best of some further proposals, which is then the search's choice."""
        num_candidates = self._config.run.guided_random_candidates
        candidates = propose(strategy, space, Purpose.GUIDED, num_candidates)
        accuracies = [self._accuracy(arc, "valid") for arc in candidates]
        best = candidates[int(np.argmax(list(map(self._worth, candidates, accuracies))))]
        chosen, confusion = self._chosen(space, best)
        self._reporter.architecture(best, f"best of {num_candidates} drawn after the search", step)
        guided = {
            "num_candidates": num_candidates,
            "num_images": num_candidates * self._data.num_valid,
            "best_arc": space.format(best),
            **{name: chosen[f"best_arc_{name}"] for name in _accuracy_names()},
        }
        return chosen | {
            "best_arc_epoch": self._config.run.num_epochs,
            "best_arc_reward": None,
            "guided_random": guided,
        }, confusion

    def _chosen(self, space: SearchSpace, arc: Arc) -> tuple[dict[str, Any], Confusion]:
        """Describes and measures an architecture; also which classes it takes the test images for."""
        valid_accuracy, confusion = self._accuracy(arc, "valid"), self._confusion(arc, "test")
        return {
            "best_arc": space.format(arc),
            "best_arc_layers": space.format_layers(arc),
            "best_arc_valid_accuracy": valid_accuracy,
            "best_arc_test_accuracy": confusion.accuracy,
            "best_arc_test_accuracy_per_class": confusion.accuracy_per_class(self._data.class_names),
            **self._costs(arc, valid_accuracy, "best_arc_"),
        }, confusion

    def _worth(self, arc: Arc, accuracy: float) -> float:
        """What an architecture of an accuracy is worth."""
        return accuracy if self._price is None else self._price.reward(arc, accuracy)

    def _costs(self, arc: Arc, valid_accuracy: float, prefix: str = "") -> dict[str, float]:
        """What an architecture costs and is worth, where costs have a price."""
        if self._price is None:
            return {}
        reward = self._price.reward(arc, valid_accuracy)
        return {f"{prefix}cost": self._price.cost_of(arc), f"{prefix}valid_reward": reward}

    def _accuracies(self, arc: Arc) -> dict[str, float]:
        return {name: self._accuracy(arc, subset) for name, subset in zip(_accuracy_names(), SUBSETS, strict=True)}

    def _accuracy(self, arc: Arc, subset: str) -> float:
        """The accuracy of an architecture on all images of a subset."""
        with self._measurement():
            return self._evaluator.accuracy(itertools.repeat(arc), self._data.subset_batches(subset))

    def _confusion(self, arc: Arc, subset: str) -> Confusion:
        """Which classes an architecture takes the images of a subset for."""
        with self._measurement():
            batches = self._data.subset_batches(subset)
            return self._evaluator.confusion(itertools.repeat(arc), batches, self._data.num_classes)

    @contextlib.contextmanager
    def _measurement(self) -> Iterator[None]:
        """Around what runs an architecture over a whole subset.

        Raises:
          Interrupted: If the user stops it.
        """
        if self._interruption.requested:
            raise Interrupted
        yield
        self._reporter.measured()


def _accuracy_names() -> Sequence[str]:
    return [f"{subset}_accuracy" for subset in SUBSETS]
