"""Puts an architecture search together from its settings."""

import math

from enas_tf.config import SearchConfig
from enas_tf.models.factory import make_child
from enas_tf.reporting.run_reporter import CHILD_PHASE, EVALUATION_PHASE
from enas_tf.reporting.search_reporter import MEASUREMENT_PHASE, SearchReporter
from enas_tf.search.architecture_search import ArchitectureSearch
from enas_tf.search.loop import evaluated_epochs
from enas_tf.search.outcome import num_measurements
from enas_tf.search.run_state import SearchState
from enas_tf.search.search_parts import SearchParts
from enas_tf.search.session import Initialiser, Job, run_session
from enas_tf.search.settings import CommandLine
from enas_tf.search_space import SearchSpace
from enas_tf.strategies.registry import make_strategy
from enas_tf.training.child_trainer import make_child_trainer
from enas_tf.training.evaluation import Evaluator


def run_search(
    config: SearchConfig, command_line: CommandLine | None = None, initialise: Initialiser | None = None
) -> None:
    """Runs or resumes a search from its settings to `results.json` (arguments and errors as `run_session`)."""
    run_session(SearchJob, config, command_line, hold_out_validation=True, initialise=initialise)


class SearchJob(Job):
    """An architecture search."""

    command = "enas-search"
    reporter = SearchReporter
    loop = ArchitectureSearch

    def _make_parts(self, space: SearchSpace) -> SearchParts:
        config, data = self._config, self._data
        child = make_child(config, space, data.image_shape, data.num_classes)
        strategy = make_strategy(config, space)
        num_rounds = sum(map(strategy.num_rounds, evaluated_epochs(config)))
        self._plan = strategy.plan(num_rounds * strategy.round_size)
        return SearchParts(
            space=space,
            child=child,
            child_trainer=make_child_trainer(config, child, data.batches_per_epoch),
            strategy=strategy,
            evaluator=Evaluator(child),
            state=SearchState(space.arc_length),
        )

    def planned_steps(self) -> dict[str, int]:
        """Steps left until the end of the run, by phase."""
        strategy, state = self.parts.strategy, self.parts.state
        epochs = self._epochs_left()
        return {
            CHILD_PHASE: self._child_steps_left(),
            strategy.phase: sum(map(strategy.num_rounds, epochs)) - int(state.phase_updates),
            EVALUATION_PHASE: len(epochs),
            MEASUREMENT_PHASE: num_measurements(self._config),
        }

    def description(self) -> list[str]:
        """Lines that say what is about to be trained."""
        num_weights = sum(math.prod(variable.shape) for variable in self.parts.child.trainable_variables)
        return [
            f"Model has {num_weights} params",
            "Tracing: each operation is compiled when an architecture first uses it, so first steps are slow",
            *self._plan,
        ]
