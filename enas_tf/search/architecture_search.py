"""The loop of an architecture search: child steps, rounds of candidates, evaluations, in the original's order.

Knows neither which strategy proposes architectures nor how events are shown.

Reference: ENAS (Pham et al., 2018), section 2.2, and the authors' main loop.
"""

import functools
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from enas_tf.reporting.search_reporter import SearchReporter
from enas_tf.search.arc_statistics import operation_counts, policy_statistics
from enas_tf.search.loop import TrainingLoop
from enas_tf.search.outcome import ARCHITECTURES_SHOWN, SUBSETS, Interrupted, SearchOutcome
from enas_tf.search.search_parts import SearchParts
from enas_tf.search_space import Arc
from enas_tf.strategies.strategy import Policy, Purpose, Trial
from enas_tf.training.evaluation import Batch
from enas_tf.training.interruption import Interruption


class ArchitectureSearch(TrainingLoop):
    """The loop of a search (arguments as `TrainingLoop`)."""

    _parts: SearchParts
    _reporter: SearchReporter

    @functools.cached_property
    def _reward_batches(self) -> Iterator[Batch]:
        """The validation stream for rewards, from where the run stands."""
        return iter(self._data.reward_batches(int(self._parts.state.reward_batches)))

    def _child_arcs(self, num_steps: int, epoch: int) -> list[Arc]:
        """Proposals for the shared weights."""
        return self._propose(Purpose.CHILD, num_steps, epoch)

    def _before_evaluation(self, epoch: int, interruption: Interruption) -> None:
        """Takes the rounds of candidates that are still to come after an epoch."""
        strategy, state = self._parts.strategy, self._parts.state
        num_rounds, done = strategy.num_rounds(epoch), int(state.phase_updates)
        if not num_rounds:
            return
        self._reporter.lines([strategy.phase_line(epoch)])
        self._reporter.begin(strategy.phase, num_rounds, done)
        rounds = []
        for number in range(done, num_rounds):
            rounds.append(self._take_round(epoch, number))
            if interruption.requested:
                break
        if int(state.phase_updates) == num_rounds:
            self._reporter.scalars(self._config.strategy.name, strategy.phase_scalars(rounds), self._parts.step)

    def _take_round(self, epoch: int, number: int) -> Mapping[str, Any]:
        """Has candidates proposed, rewards them and has them observed; returns what the strategy tells of them."""
        strategy, num_images = self._parts.strategy, self._config.data.batch_size
        arcs = self._propose(Purpose.CANDIDATE, strategy.round_size, epoch, number)
        rewards = self._rewards(arcs)
        trials = [
            Trial(arc, float(reward), Purpose.CANDIDATE, num_images) for arc, reward in zip(arcs, rewards, strict=True)
        ]
        told = strategy.observe(trials)
        self._parts.state.phase_updates.assign_add(1)
        lines = strategy.trial_lines(trials, told, self._reporter.minutes)
        self._reporter.round_observed(number * len(trials), lines, float(np.mean(rewards)))
        return told

    def _evaluate(self, epoch: int) -> None:
        """Shows sampled architectures, chooses among them, and measures accuracy with a new one for every batch."""
        step, strategy = self._parts.step, self._parts.strategy
        arcs = self._propose(Purpose.SHOWN, ARCHITECTURES_SHOWN, epoch)
        rewards = self._rewards(arcs)
        self._reporter.architectures(epoch, step, arcs, rewards)
        policy = strategy.policy(arcs)
        if policy is not None and policy.connections is not None:
            self._reporter.policy(step, *(np.mean(each, axis=0) for each in policy))
        self._choose(arcs, rewards, epoch)
        accuracies = {
            "valid_accuracy": self._sampled_accuracy("valid", Purpose.VALID, epoch),
            "test_accuracy": self._sampled_accuracy("test", Purpose.TEST, epoch),
        }
        statistics = self._statistics(arcs, rewards, policy)
        self._reporter.scalars("sampled", statistics, step)
        self._reporter.evaluation(epoch, step, {subset: accuracies[f"{subset}_accuracy"] for subset in SUBSETS})
        self._reporter.epoch_done(
            {
                "epoch": epoch,
                "step": step,
                "mean_reward": float(np.mean(rewards)),
                "best_reward": float(np.max(rewards)),
                "last_reward": float(rewards[-1]),
                **strategy.epoch_values(),
                **accuracies,
                **statistics,
            }
        )
        self._parts.state.phase_updates.assign(0)

    def _choose(self, arcs: list[Arc], rewards: np.ndarray, epoch: int) -> None:
        """Keeps the best architecture so far, or one draw from the first on where nothing is selected."""
        step, state = self._parts.step, self._parts.state
        if not self._parts.strategy.selects:
            is_first = int(state.best_epoch) == 0
            (arc,) = self._propose(Purpose.SAMPLED, 1, 0)
            state.keep(arc, self._rewards([arc])[0], epoch)
            if is_first:
                self._reporter.architecture(arc, "sampled architecture", step)
        elif state.offer(arcs, rewards, epoch):
            self._reporter.architecture(state.best_arc, f"best architecture, sampled after epoch {epoch}", step)

    def _statistics(self, arcs: list[Arc], rewards: np.ndarray, policy: Policy | None) -> dict[str, float]:
        """The best of some architectures on all images of each subset, their operations, and the policy's if any."""
        space, best = self._parts.space, itertools.repeat(arcs[int(np.argmax(rewards))])
        evaluator = self._parts.evaluator
        return {
            **{f"best_{s}_accuracy": evaluator.accuracy(best, self._data.subset_batches(s)) for s in SUBSETS},
            **operation_counts(space, arcs, rewards),
            **(policy_statistics(space, policy.operations) if policy is not None else {}),
        }

    def _finish(self, interruption: Interruption) -> bool:
        """Measures the outcome and writes the results; returns whether it was not interrupted."""
        try:
            results = SearchOutcome(self._config, self._data, self._parts, self._reporter, interruption).measure()
        except Interrupted:
            return False
        self._reporter.finish(results, self._parts.step, self._parts.strategy.selects)
        return True

    def _rewards(self, arcs: list[Arc]) -> np.ndarray:
        """The accuracy of each architecture on a validation batch of its own, float32 [num_arcs]."""
        batches = self._reward_batches
        self._parts.state.reward_batches.assign_add(len(arcs))
        return np.array([self._parts.evaluator.accuracy([arc], [next(batches)]) for arc in arcs], np.float32)

    def _sampled_accuracy(self, subset: str, purpose: Purpose, epoch: int) -> float:
        """The accuracy over a subset, a new architecture for every batch."""
        batches = self._data.subset_batches(subset)
        return self._parts.evaluator.accuracy(self._propose(purpose, len(batches), epoch), batches)

    def _propose(self, purpose: Purpose, num_arcs: int, *counters: int) -> list[Arc]:
        return [tuple(arc) for arc in self._parts.strategy.propose(purpose, num_arcs, *counters).tolist()]
