"""What a search ends with: its last architectures and the one it chose, measured on all validation and test images.

Guided random search compares further architectures under one criterion, accuracy on all validation images, as Li and
Talwalkar (2019) ask of a baseline.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.reporting.search_reporter import MEASUREMENT_PHASE, SearchReporter
from enas_tf.search.search_parts import SearchParts
from enas_tf.search_space import Arc
from enas_tf.strategies.strategy import Purpose
from enas_tf.training.interruption import Interruption

ARCHITECTURES_SHOWN = 10
SUBSETS = ("valid", "test")


class Interrupted(Exception):
    """A measurement was stopped by the user; it begins anew when the run goes on."""


def num_measurements(config: SearchConfig) -> int:
    """How many times an architecture runs over a whole subset after the last epoch."""
    num_candidates = config.run.guided_random_candidates
    return len(SUBSETS) * (ARCHITECTURES_SHOWN + 1 + bool(num_candidates)) + num_candidates


class SearchOutcome:
    """Measures what a finished search ends with.

    Args:
      config: Of the search.
      data: The images.
      parts: As the search left them.
      reporter: Receives the progress, and knows the last architectures shown.
      interruption: Ends the measurement early.
    """

    def __init__(
        self,
        config: SearchConfig,
        data: SearchData,
        parts: SearchParts,
        reporter: SearchReporter,
        interruption: Interruption,
    ):
        self._config = config
        self._data = data
        self._parts = parts
        self._reporter = reporter
        self._interruption = interruption

    def measure(self) -> dict[str, object]:
        """Returns the results of the search.

        Raises:
          Interrupted: If the user stops it.
        """
        self._reporter.begin(MEASUREMENT_PHASE, num_measurements(self._config))
        space, config = self._parts.space, self._config
        results = {
            **self._best(),
            **self._final_arcs(),
            "seed": config.run.seed,
            "search_mode": config.strategy.name,
            "operations": space.operations,
            "num_poisoned": space.num_poisoned,
        }
        if config.run.guided_random_candidates:
            results |= self._guided_random()
        return results

    def _best(self) -> dict[str, object]:
        """The architecture the search itself chose."""
        state = self._parts.state
        return self._described(state.best_arc, self._accuracies(state.best_arc)) | {
            "best_arc_epoch": int(state.best_epoch),
            "best_arc_reward": float(state.best_reward),
        }

    def _described(self, arc: Arc, accuracies: Mapping[str, float]) -> dict[str, object]:
        return {
            "best_arc": self._parts.space.format(arc),
            "best_arc_layers": self._parts.space.format_layers(arc),
            **{f"best_arc_{name}": accuracies[name] for name in _accuracy_names()},
        }

    def _final_arcs(self) -> dict[str, object]:
        """The architectures shown after the last epoch, and their mean accuracies."""
        space, rows = self._parts.space, []
        for shown in self._reporter.shown_architectures(self._config.run.num_epochs):
            arc = space.parse(shown["arc"])
            accuracies = self._accuracies(arc)
            rows.append(
                {
                    "arc": shown["arc"],
                    "reward": shown["reward"],
                    **accuracies,
                    "bad_operations": space.count_poisoned(arc),
                }
            )
        means = {f"final_arcs_{name}": float(np.mean([row[name] for row in rows])) for name in _accuracy_names()}
        return {"final_arcs": rows, **means}

    def _guided_random(self) -> dict[str, object]:
        """The best of some further proposals, which is then the search's choice."""
        num_candidates = self._config.run.guided_random_candidates
        drawn = self._parts.strategy.propose(Purpose.GUIDED, num_candidates)
        candidates = [tuple(arc) for arc in drawn.tolist()]
        accuracies = [self._accuracy(arc, "valid") for arc in candidates]
        best = candidates[int(np.argmax(accuracies))]
        measured = self._accuracies(best)
        self._reporter.architecture(best, f"best of {num_candidates} drawn after the search", self._parts.step)
        guided = {
            "num_candidates": num_candidates,
            "num_images": num_candidates * self._data.num_valid,
            "best_arc": self._parts.space.format(best),
            **measured,
        }
        return self._described(best, measured) | {
            "best_arc_epoch": self._config.run.num_epochs,
            "best_arc_reward": None,
            "guided_random": guided,
        }

    def _accuracies(self, arc: Arc) -> dict[str, float]:
        return {name: self._accuracy(arc, subset) for name, subset in zip(_accuracy_names(), SUBSETS, strict=True)}

    def _accuracy(self, arc: Arc, subset: str) -> float:
        """The accuracy of an architecture on all images of a subset."""
        if self._interruption.requested:
            raise Interrupted
        accuracy = self._parts.evaluator.accuracy(itertools.repeat(arc), self._data.subset_batches(subset))
        self._reporter.measured()
        return accuracy


def _accuracy_names() -> Sequence[str]:
    return [f"{subset}_accuracy" for subset in SUBSETS]
