"""Puts an architecture search together from its settings."""

import math

from enas_tf.config import SearchConfig
from enas_tf.models.factory import make_child, make_controller
from enas_tf.reporting.run_reporter import CHILD_PHASE, EVALUATION_PHASE
from enas_tf.reporting.search_reporter import CONTROLLER_PHASE, MEASUREMENT_PHASE, SearchReporter
from enas_tf.search_space import SearchSpace
from enas_tf.training.arc_source import ControllerArcs, SearchArcs, UniformArcs
from enas_tf.training.child_trainer import make_child_trainer
from enas_tf.training.controller_trainer import ControllerTrainer
from enas_tf.training.evaluation import Evaluator
from enas_tf.training.run_state import SearchState
from enas_tf.training.search_loop import ArchitectureSearch
from enas_tf.training.search_outcome import num_measurements
from enas_tf.training.search_parts import SearchParts, trains_controller
from enas_tf.training.session import Initialiser, Job, run_session


def run_search(config: SearchConfig, flagfile: str, header: list[str], initialise: Initialiser | None = None) -> None:
    """Runs or resumes a search from its settings to `results.json` (arguments and errors as `run_session`)."""
    run_session(SearchJob, config, flagfile, header, hold_out_validation=True, initialise=initialise)


class SearchJob(Job):
    """An architecture search."""

    command = "enas-search"
    reporter = SearchReporter
    loop = ArchitectureSearch

    def _make_parts(self, space: SearchSpace) -> SearchParts:
        config, data = self._config, self._data
        child = make_child(config, space, data.image_shape, data.num_classes)
        trainer = None
        if config.run.search_mode == "controller":
            trainer = ControllerTrainer(make_controller(config, space), config.controller)
        return SearchParts(
            space=space,
            child=child,
            child_trainer=make_child_trainer(config, child, data.batches_per_epoch),
            arcs=_make_arcs(config, space, trainer),
            evaluator=Evaluator(child),
            state=SearchState(space.arc_length),
            controller_trainer=trainer,
        )

    def planned_steps(self) -> dict[str, int]:
        """Steps left until the end of the run, by phase."""
        config, state = self._config, self.parts.state
        epochs = self._epochs_left()
        phases = sum(trains_controller(config, epoch) for epoch in epochs)
        return {
            CHILD_PHASE: self._child_steps_left(),
            CONTROLLER_PHASE: phases * config.controller.train_steps - int(state.phase_updates),
            EVALUATION_PHASE: len(epochs),
            MEASUREMENT_PHASE: num_measurements(config),
        }

    def description(self) -> list[str]:
        """Lines that say what is about to be trained."""
        num_weights = sum(math.prod(variable.shape) for variable in self.parts.child.trainable_variables)
        return [
            f"Model has {num_weights} params",
            "Tracing: each operation is compiled when an architecture first uses it, so first steps are slow",
        ]


def _make_arcs(config: SearchConfig, space: SearchSpace, trainer: ControllerTrainer | None) -> SearchArcs:
    """Makes the source of architectures: a controller where there is one, uniform draws otherwise."""
    if trainer is not None:
        return ControllerArcs(trainer, config.run.seed)
    return UniformArcs(space, config.run.seed, fixed_operation=config.run.search_for == "connection")
