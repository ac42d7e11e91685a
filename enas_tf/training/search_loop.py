"""The loop of an architecture search: child steps, controller updates, evaluations, in the original's order.

Knows neither how architectures are drawn nor how events are shown.

Reference: ENAS (Pham et al., 2018), section 2.2, and the authors' main loop.
"""

import functools
import itertools
from collections.abc import Iterator

import numpy as np

from enas_tf.reporting.console import format_controller_phase
from enas_tf.reporting.search_reporter import CONTROLLER_PHASE, SearchReporter
from enas_tf.search_space import Arc
from enas_tf.training.arc_statistics import operation_counts, policy_statistics
from enas_tf.training.evaluation import Batch
from enas_tf.training.interruption import Interruption
from enas_tf.training.loop import TrainingLoop
from enas_tf.training.search_outcome import ARCHITECTURES_SHOWN, SUBSETS, Interrupted, SearchOutcome
from enas_tf.training.search_parts import SearchParts, trains_controller


class ArchitectureSearch(TrainingLoop):
    """The loop of a search (arguments as `TrainingLoop`)."""

    _parts: SearchParts
    _reporter: SearchReporter

    @functools.cached_property
    def _reward_batches(self) -> Iterator[Batch]:
        """The validation stream for rewards, from where the run stands."""
        return iter(self._data.reward_batches(int(self._parts.state.reward_batches)))

    def _before_evaluation(self, epoch: int, interruption: Interruption) -> None:
        """Makes the controller updates of a round that are still to be made."""
        config, trainer, state = self._config.controller, self._parts.controller_trainer, self._parts.state
        if not trains_controller(self._config, epoch):
            return
        self._reporter.lines([format_controller_phase(epoch)])
        done = int(state.phase_updates)
        before = trainer.train_step - done
        self._reporter.begin(CONTROLLER_PHASE, config.train_steps, done)
        phase_metrics = []
        for update in range(done, config.train_steps):
            arcs = self._draw(config.num_aggregate, "controller arcs", trainer.train_step)
            accuracies = self._rewards(arcs)
            metrics = trainer.update(np.array(arcs, np.int32), accuracies)
            state.phase_updates.assign_add(1)
            self._reporter.controller_update(update, before, accuracies, metrics)
            phase_metrics.append(metrics)
            if interruption.requested:
                break
        if int(state.phase_updates) == config.train_steps:
            self._reporter.controller_phase(self._parts.step, phase_metrics)

    def _evaluate(self, epoch: int) -> None:
        """Shows sampled architectures, chooses among them, and measures accuracy with a new one for every batch."""
        step, trainer = self._parts.step, self._parts.controller_trainer
        arcs = self._draw(ARCHITECTURES_SHOWN, "shown arcs", epoch)
        rewards = self._rewards(arcs)
        self._reporter.architectures(epoch, step, arcs, rewards)
        if trainer is not None:
            self._reporter.policy(step, *(np.mean(each, axis=0) for each in trainer.policy(arcs)))
        self._choose(arcs, rewards, epoch)
        accuracies = {f"{subset}_accuracy": self._sampled_accuracy(subset, epoch) for subset in SUBSETS}
        statistics = self._statistics(arcs, rewards)
        self._reporter.statistics(statistics, step)
        self._reporter.evaluation(epoch, step, {subset: accuracies[f"{subset}_accuracy"] for subset in SUBSETS})
        self._reporter.epoch_done(
            {
                "epoch": epoch,
                "step": step,
                "mean_reward": float(np.mean(rewards)),
                "best_reward": float(np.max(rewards)),
                "last_reward": float(rewards[-1]),
                **({} if trainer is None else {"baseline": float(trainer.baseline)}),
                **accuracies,
                **statistics,
            }
        )
        self._parts.state.phase_updates.assign(0)

    def _choose(self, arcs: list[Arc], rewards: np.ndarray, epoch: int) -> None:
        """Keeps the best architecture so far; random sampling selects nothing and keeps one draw from the first on."""
        step, state = self._parts.step, self._parts.state
        if self._config.run.search_mode == "random_sampling":
            is_first = int(state.best_epoch) == 0
            (arc,) = self._draw(1, "sampled arc", 0)
            state.keep(arc, self._rewards([arc])[0], epoch)
            if is_first:
                self._reporter.architecture(arc, "sampled architecture", step)
        elif state.offer(arcs, rewards, epoch):
            self._reporter.architecture(state.best_arc, f"best architecture, sampled after epoch {epoch}", step)

    def _statistics(self, arcs: list[Arc], rewards: np.ndarray) -> dict[str, float]:
        """The best of some architectures on all images of each subset, their operations, and the policy's."""
        space, best = self._parts.space, itertools.repeat(arcs[int(np.argmax(rewards))])
        evaluator = self._parts.evaluator
        return {
            **{f"best_{s}_accuracy": evaluator.accuracy(best, self._data.subset_batches(s)) for s in SUBSETS},
            **operation_counts(space, arcs, rewards),
            **policy_statistics(space, self._parts.arcs.operation_probabilities(arcs)),
        }

    def _finish(self, interruption: Interruption) -> bool:
        """Measures the outcome and writes the results; returns whether it was not interrupted."""
        try:
            results = SearchOutcome(self._config, self._data, self._parts, self._reporter, interruption).measure()
        except Interrupted:
            return False
        self._reporter.finish(results, self._parts.step)
        return True

    def _rewards(self, arcs: list[Arc]) -> np.ndarray:
        """The accuracy of each architecture on a validation batch of its own, float32 [num_arcs]."""
        batches = self._reward_batches
        self._parts.state.reward_batches.assign_add(len(arcs))
        return np.array([self._parts.evaluator.accuracy([arc], [next(batches)]) for arc in arcs], np.float32)

    def _sampled_accuracy(self, subset: str, epoch: int) -> float:
        """The accuracy over a subset, a new architecture for every batch."""
        batches = self._data.subset_batches(subset)
        return self._parts.evaluator.accuracy(self._draw(len(batches), f"{subset} arcs", epoch), batches)
