"""A search of architectures: child steps, rounds of candidates, evaluations, in the original's order.

Knows neither which strategy proposes architectures nor how events are shown.

Reference: ENAS (Pham et al., 2018), section 2.2, and the authors' main loop.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.models.factory import make_child
from enas_tf.poisoning import space_of
from enas_tf.reporting import search_events
from enas_tf.reporting.results import read_jsonl
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.reporting.run_reporter import CHILD_PHASE, EVALUATION_PHASE, RunReporter
from enas_tf.rewards.shared_weights import SharedWeights
from enas_tf.search.arc_statistics import operation_counts, policy_statistics
from enas_tf.search.checkpoints import Stateful
from enas_tf.search.loop import Task, evaluated_epochs
from enas_tf.search.outcome import ARCHITECTURES_SHOWN, SUBSETS, SearchOutcome, num_measurements
from enas_tf.search.rounds import propose, take_round
from enas_tf.search.session import Initialiser, run_session
from enas_tf.search.settings import CommandLine
from enas_tf.search.state import SearchState
from enas_tf.search_space import Arc
from enas_tf.strategies.registry import make_strategy
from enas_tf.strategies.strategy import Policy, Purpose
from enas_tf.training.child_trainer import make_child_trainer
from enas_tf.training.evaluation import Evaluator
from enas_tf.training.interruption import Interruption


def run_search(
    config: SearchConfig, command_line: CommandLine | None = None, initialise: Initialiser | None = None
) -> dict[str, Any]:
    """Runs or resumes a search from its settings to `results.json`; returns what stands in it.

    Arguments and errors are those of `run_session`.
    """
    return run_session(ArchitectureSearch, config, command_line, hold_out_validation=True, initialise=initialise)


class ArchitectureSearch(Task):
    """The search of architectures with shared weights.

    Args:
      config: The settings.
      data: The images.

    Attributes:
      strategy: Where the architectures of shared weights and of candidates come from.
    """

    command = "enas-search"
    hparam_metrics = search_events.HPARAM_METRICS

    def __init__(self, config: SearchConfig, data: SearchData):
        space = space_of(config)
        self.strategy = strategy = make_strategy(config, space)
        shape = (data.image_shape, data.num_classes)
        child = strategy.make_child(config, *shape)
        if child is None:
            child = make_child(config, space, *shape)
        trainer = strategy.make_child_trainer(config, data, child)
        if trainer is None:
            trainer = make_child_trainer(config, child, data.batches_per_epoch)
        super().__init__(config, data, space, child, trainer)
        self._evaluator = Evaluator(child)
        self._progress = SearchState(space.arc_length)
        self._reward = SharedWeights(self._evaluator, data, self._progress.reward_batches)

    def counters(self) -> dict[str, tf.Variable]:
        """Returns the variables that say where the search stands, by name."""
        return super().counters() | self._progress.variables()

    def tracked(self) -> dict[str, object]:
        """Returns all that a checkpoint keeps as variables beside the step."""
        return super().tracked() | self.strategy.variables()

    def plain(self) -> dict[str, Stateful]:
        """Returns what has state that a checkpoint keeps as plain data, by name."""
        return {"strategy": self.strategy, "search": self._progress}

    def make_up_for(self, missing: Sequence[str], directory: RunDirectory) -> None:
        """Reads the architectures shown last from their file, where a checkpoint does not hold them."""
        epoch = int(self.state.evaluated_epoch)
        shown = [row for row in read_jsonl(directory.arcs) if row["epoch"] == epoch] if epoch else []
        self._progress.shown = [(self.space.parse(row["arc"]), row["reward"]) for row in shown]

    def planned_steps(self) -> dict[str, int]:
        """Returns the steps left until the end of the run, by phase."""
        steps, rounds = super().planned_steps(), sum(map(self.strategy.num_rounds, self.epochs_left()))
        return {
            CHILD_PHASE: steps[CHILD_PHASE],
            self.strategy.phase: rounds - int(self._progress.rounds_done),
            EVALUATION_PHASE: steps[EVALUATION_PHASE],
            search_events.MEASUREMENT_PHASE: num_measurements(self._config),
        }

    def description(self) -> list[str]:
        """Returns lines that say what is about to be trained."""
        num_weights = sum(math.prod(variable.shape) for variable in self.child.trainable_variables)
        return [
            f"Model has {num_weights} params",
            "Tracing: each operation is compiled when an architecture first uses it, so first steps are slow",
        ]

    def begin(self, reporter: RunReporter) -> None:
        """Tells the strategy how many candidates there will be, and reports what it makes of that."""
        num_rounds = sum(map(self.strategy.num_rounds, evaluated_epochs(self._config)))
        if lines := self.strategy.plan(num_rounds * self.strategy.round_size):
            reporter.lines(lines)

    def child_arcs(self, num_steps: int, epoch: int) -> list[Arc]:
        """Returns proposals for the shared weights."""
        return propose(self.strategy, self.space, Purpose.CHILD, num_steps, epoch)

    def before_evaluation(self, epoch: int, reporter: RunReporter, interruption: Interruption) -> None:
        """Takes the rounds of candidates that are still to come after an epoch."""
        strategy, rounds_done = self.strategy, self._progress.rounds_done
        num_rounds, done = strategy.num_rounds(epoch), int(rounds_done)
        if not num_rounds:
            return
        reporter.lines([strategy.phase_line(epoch)])
        reporter.begin(strategy.phase, num_rounds, done)
        all_told = []
        for number in range(done, num_rounds):
            taken = take_round(strategy, self.space, self._reward, Purpose.CANDIDATE, epoch, number)
            rounds_done.assign_add(1)
            lines = strategy.trial_lines(taken.trials, taken.told, self.state.minutes)
            reporter.round_observed(number * strategy.round_size, lines, taken.mean_reward)
            all_told.append(taken.told)
            if interruption.requested:
                break
        if int(rounds_done) == num_rounds:
            reporter.scalars(self._config.strategy.name, strategy.phase_scalars(all_told), self.step)

    def evaluate(self, epoch: int, reporter: RunReporter) -> None:
        """Shows sampled architectures, chooses among them, and measures accuracy with a new one for every batch."""
        arcs = propose(self.strategy, self.space, Purpose.SHOWN, ARCHITECTURES_SHOWN, epoch)
        rewards = self._rewards(arcs)
        self._progress.shown = list(zip(arcs, rewards.tolist(), strict=True))
        search_events.show_architectures(reporter, epoch, self.step, arcs, rewards)
        policy = self.strategy.policy(arcs)
        if policy is not None and policy.connections is not None:
            averaged = (np.mean(each, axis=0) for each in policy)
            search_events.show_policy(reporter, self._config.strategy.name, self.step, *averaged)
        self._choose(arcs, rewards, epoch, reporter)
        accuracies = {
            "valid": self._sampled_accuracy("valid", Purpose.VALID, epoch),
            "test": self._sampled_accuracy("test", Purpose.TEST, epoch),
        }
        statistics = self._statistics(arcs, rewards, policy)
        reporter.scalars("sampled", statistics, self.step)
        reporter.evaluation(epoch, self.step, accuracies)
        reporter.epoch_done(
            {
                "epoch": epoch,
                "step": self.step,
                "mean_reward": float(np.mean(rewards)),
                "best_reward": float(np.max(rewards)),
                "last_reward": float(rewards[-1]),
                **self.strategy.epoch_values(),
                **{f"{subset}_accuracy": accuracy for subset, accuracy in accuracies.items()},
                **statistics,
            }
        )
        self._progress.rounds_done.assign(0)

    def finish(self, reporter: RunReporter, interruption: Interruption) -> dict[str, Any]:
        """Measures the outcome, writes the results and returns them."""
        outcome = SearchOutcome(self._config, self._data, self._evaluator, reporter, interruption)
        results = outcome.measure(self.space, self.strategy, self._progress, self.step)
        search_events.show_outcome(reporter, results, self.step, self.strategy.selects)
        return results

    def _choose(self, arcs: list[Arc], rewards: np.ndarray, epoch: int, reporter: RunReporter) -> None:
        """Keeps the best architecture so far, or one draw from the first on where nothing is selected."""
        progress = self._progress
        if not self.strategy.selects:
            is_first = int(progress.best_epoch) == 0
            (arc,) = propose(self.strategy, self.space, Purpose.SAMPLED, 1, 0)
            progress.keep(arc, self._rewards([arc])[0], epoch)
            if is_first:
                reporter.architecture(arc, "sampled architecture", self.step)
        elif progress.offer(arcs, rewards, epoch):
            reporter.architecture(progress.best_arc, f"best architecture, sampled after epoch {epoch}", self.step)

    def _statistics(self, arcs: list[Arc], rewards: np.ndarray, policy: Policy | None) -> dict[str, float]:
        """The best of some architectures on all images of each subset, their operations, and the policy's if any."""
        best = itertools.repeat(arcs[int(np.argmax(rewards))])
        return {
            **{f"best_{s}_accuracy": self._evaluator.accuracy(best, self._data.subset_batches(s)) for s in SUBSETS},
            **operation_counts(self.space, arcs, rewards),
            **(policy_statistics(self.space, policy.operations) if policy is not None else {}),
        }

    def _rewards(self, arcs: list[Arc]) -> np.ndarray:
        """The accuracy of each architecture on a validation batch of its own, float32 [num_arcs]."""
        return np.array([measured.reward for measured in self._reward.measure(arcs)], np.float32)

    def _sampled_accuracy(self, subset: str, purpose: Purpose, epoch: int) -> float:
        """The accuracy over a subset, a new architecture for every batch."""
        batches = self._data.subset_batches(subset)
        return self._evaluator.accuracy(propose(self.strategy, self.space, purpose, len(batches), epoch), batches)
