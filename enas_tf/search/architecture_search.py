"""A search of architectures: child steps, rounds of candidates, evaluations, in the original's order.

Knows neither which strategy proposes architectures nor how events are shown.

Reference: ENAS (Pham et al., 2018), section 2.2, and the authors' main loop.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.data import SearchData
from enas_tf.models.factory import make_child
from enas_tf.models.shared_child import SharedChild
from enas_tf.poisoning import space_of
from enas_tf.reporting import search_events
from enas_tf.reporting.results import read_jsonl
from enas_tf.reporting.run_directory import RunDirectory
from enas_tf.reporting.run_reporter import CHILD_PHASE, EVALUATION_PHASE, RunReporter
from enas_tf.rewards.priced import PricedReward, make_price
from enas_tf.rewards.reward import Measurement, Reward
from enas_tf.rewards.shared_weights import HeldOutImages, SharedWeights
from enas_tf.search.arc_statistics import operation_counts, policy_statistics
from enas_tf.search.candidate_rounds import CANDIDATE_PHASE, CandidateRounds, Moment
from enas_tf.search.checkpoints import Stateful
from enas_tf.search.loop import Task
from enas_tf.search.outcome import ARCHITECTURES_SHOWN, SUBSETS, SearchOutcome, num_measurements
from enas_tf.search.rounds import propose
from enas_tf.search.session import Initialiser, run_session
from enas_tf.search.settings import CommandLine
from enas_tf.search.shown_state import show_state
from enas_tf.search.state import SearchState
from enas_tf.search.training_cost import TrainingCost
from enas_tf.search_space import Arc
from enas_tf.strategies.registry import make_strategy
from enas_tf.strategies.strategy import Policy, Purpose
from enas_tf.strategies.uniform import UniformArcs
from enas_tf.training.child_trainer import make_child_trainer
from enas_tf.training.evaluation import Evaluator, make_evaluator
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

    child: SharedChild

    def __init__(self, config: SearchConfig, data: SearchData) -> None:
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
        self._evaluator = make_evaluator(config, child, data)
        # What is shown while weights are trained is a look on the way under `after`: to recompute the averages of each
        # architecture would take longer than to measure it.
        self._observer = Evaluator(child) if config.searches_after else self._evaluator
        self._progress = SearchState(space.arc_length)
        times = RunDirectory(config.run.output_dir).operation_milliseconds
        self._price = make_price(config.reward, child, times)
        self._reward = self._priced(SharedWeights(self._observer, data, self._progress.reward_batches))
        self._candidate_reward = self._make_candidate_reward()
        self._rounds = CandidateRounds(
            config, space, strategy, self._candidate_reward, self._progress.rounds_done, self._now
        )
        self._uniform = UniformArcs.of(config, space) if self._trains_uniformly else None
        self._training_cost = TrainingCost(trainer, config.data.batch_size)

    @property
    def moment(self) -> int:
        """As `Task` describes: after the last epoch, rounds of candidates follow the steps."""
        return self.step + (int(self._progress.rounds_done) if self._config.searches_after else 0)

    @property
    def num_candidates(self) -> int:
        """Candidates rewarded so far, where they are kept in a file."""
        return self._rounds.tally.num_candidates if self._rounds.keeps_candidates else 0

    def cost(self) -> dict[str, Any]:
        """Returns the multiply-adds so far by phase, and how many candidates were rewarded on how many images."""
        tally, trained = self._rounds.tally, self._training_cost.multiply_adds
        multiply_adds = {} if trained is None else {CHILD_PHASE: trained}
        if not tally.is_whole:
            return {"multiply_adds_per_phase": multiply_adds}
        return {
            "multiply_adds_per_phase": multiply_adds | {CANDIDATE_PHASE: tally.multiply_adds},
            "candidates_rewarded": tally.num_candidates,
            "candidate_images": tally.num_images,
        }

    def counters(self) -> dict[str, tf.Variable]:
        """Returns the variables that say where the search stands, by name."""
        return super().counters() | self._progress.variables()

    def tracked(self) -> dict[str, object]:
        """Returns all that a checkpoint keeps as variables beside the step."""
        return {**super().tracked(), **self.strategy.variables()}

    def plain(self) -> dict[str, Stateful]:
        """Returns what has state that a checkpoint keeps as plain data, by name."""
        return {
            "strategy": self.strategy,
            "search": self._progress,
            "candidates": self._rounds.tally,
            "training_cost": self._training_cost,
        }

    def make_up_for(self, missing: Sequence[str], directory: RunDirectory) -> None:
        """Reads the architectures shown last from their file; what was not counted is not known any more."""
        if "training_cost" in missing and self.step:
            self._training_cost.multiply_adds = None
        if "candidates" in missing and self.step:
            self._rounds.tally.is_whole = False
        if "search" not in missing:
            return
        epoch = int(self.state.evaluated_epoch)
        shown = [row for row in read_jsonl(directory.arcs) if row["epoch"] == epoch] if epoch else []
        self._progress.shown = [(self.space.parse(row["arc"]), row["reward"]) for row in shown]

    def planned_steps(self) -> dict[str, int]:
        """Returns the steps left until the end of the run, by phase."""
        steps, rounds = super().planned_steps(), sum(map(self._rounds.num_rounds, self.epochs_left()))
        return {
            CHILD_PHASE: steps[CHILD_PHASE],
            self._rounds.phase: rounds + self._rounds.num_rounds_after - int(self._progress.rounds_done),
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
        if lines := self.strategy.plan(self._rounds.num_planned):
            reporter.lines(lines)

    def child_arcs(self, num_steps: int, epoch: int) -> list[Arc]:
        """Returns proposals for the shared weights, or uniform draws where settings say so."""
        if self._uniform is None:
            arcs = propose(self.strategy, self.space, Purpose.CHILD, num_steps, epoch)
        else:
            arcs = [tuple(arc) for arc in self._uniform.draw(num_steps, Purpose.CHILD, epoch).tolist()]
        self._training_cost.begin(epoch, arcs)
        return arcs

    def before_evaluation(self, epoch: int, reporter: RunReporter, interruption: Interruption) -> None:
        """Takes the rounds of candidates that are still to come after an epoch."""
        for _ in self._rounds.take(epoch, reporter):
            if interruption.requested:
                break

    def after_epochs(self, reporter: RunReporter) -> Iterator[None]:
        """Takes the rounds of candidates that come when the shared weights are trained, if there are any."""
        return self._rounds.take_after(reporter) if self._config.searches_after else iter(())

    def evaluate(self, epoch: int, reporter: RunReporter) -> None:
        """Shows sampled architectures, chooses among them, and measures accuracy with a new one for every batch."""
        arcs, measured, policy = self._show(epoch, self._reward, reporter)
        rewards = _rewards(measured)
        self._choose(arcs, rewards, epoch, reporter)
        accuracies = {
            "valid": self._sampled_accuracy("valid", Purpose.VALID, epoch),
            "test": self._sampled_accuracy("test", Purpose.TEST, epoch),
        }
        statistics, told = self._statistics(arcs, rewards, policy), self.strategy.epoch_values()
        # With rounds of its own, they tell of it; and under `after` nothing has happened yet.
        if not self.strategy.num_rounds(epoch) and not self._config.searches_after:
            reporter.scalars(self._config.strategy.name, told, self.step)
        reporter.scalars("sampled", statistics, self.step)
        if self._training_cost.multiply_adds is not None:
            reporter.scalars("child", {"multiply_adds": self._training_cost.multiply_adds}, self.step)
        if line := self.strategy.epoch_line(told):
            reporter.lines([line])
        reporter.evaluation(epoch, self.step, accuracies)
        reporter.epoch_done(
            {
                "epoch": epoch,
                "step": self.step,
                "mean_reward": float(np.mean(rewards)),
                "best_reward": float(np.max(rewards)),
                "last_reward": float(rewards[-1]),
                **told,
                **self._spent(),
                **{f"{subset}_accuracy": accuracy for subset, accuracy in accuracies.items()},
                **statistics,
                **_costs(measured),
            }
        )
        self._progress.rounds_done.assign(0)

    def finish(self, reporter: RunReporter, interruption: Interruption) -> dict[str, Any]:
        """Measures the outcome, writes the results and returns them."""
        outcome = SearchOutcome(self._config, self._data, self._evaluator, reporter, interruption, self._price)
        tally, found = self._rounds.tally, {}
        if self._config.searches_after:
            reporter.begin(search_events.MEASUREMENT_PHASE, ARCHITECTURES_SHOWN)
            epoch = self._config.run.num_epochs + 1
            arcs, measured, policy = self._show(epoch, self._candidate_reward, reporter)
            found["final_statistics"] = self._draws(
                arcs, _rewards(measured), policy
            )  # rows of epochs are from before the search
        results = outcome.measure(self.space, self.strategy, self._progress, tally, self.moment) | found
        if self.num_candidates:
            results["candidates"] = {**tally.summary(), **self.strategy.epoch_values()}
            search_events.show_candidates(reporter, results["candidates"], self.moment)
        search_events.show_outcome(reporter, results, self.moment, self.strategy.outcome)
        return results

    def accuracy(self, arc: Arc, subset: str) -> float:
        """Returns an architecture's accuracy with shared weights on all images of `valid` or `test`."""
        return self._evaluator.accuracy(itertools.repeat(arc), self._data.subset_batches(subset))

    @property
    def _trains_uniformly(self) -> bool:
        """Whether uniform draws train the shared weights whatever the strategy proposes for it."""
        return self._config.searches_after or self._config.schedule.child_arcs == "uniform"

    def _make_candidate_reward(self) -> Reward:
        """What candidates are worth: that of a batch of their own, or of the same images for all."""
        config = self._config
        if not config.searches_after and config.schedule.reward_images is None:
            return self._reward
        num_batches = config.num_recalibration_batches if self.child.reads_averages else 0
        num_images = config.schedule.reward_images
        images = HeldOutImages(self._evaluator, self._data, num_images, num_batches * config.data.batch_size)
        return self._priced(images)

    def _priced(self, reward: Reward) -> Reward:
        """A reward with the price that settings put on architectures, if any."""
        return reward if self._price is None else PricedReward(reward, self._price)

    def _now(self) -> Moment:
        return Moment(self.moment, self.state.minutes)

    def _spent(self) -> dict[str, float | None]:
        """What an epoch's row keeps of candidates, where they are counted and there are some."""
        tally = self._rounds.tally
        if not self.num_candidates:
            return {}
        return {
            "candidates_rewarded": tally.num_candidates,
            "candidate_images": tally.num_images,
            "candidate_multiply_adds": tally.multiply_adds,
            "best_candidate_reward": tally.best_reward,
        }

    def _show(
        self, epoch: int, reward: Reward, reporter: RunReporter
    ) -> tuple[list[Arc], list[Measurement], Policy | None]:
        """Shows what the strategy proposes now, with what it is worth and its policy; returns all three."""
        arcs = propose(self.strategy, self.space, Purpose.SHOWN, ARCHITECTURES_SHOWN, epoch)
        measured = reward.measure(arcs)
        rewards = _rewards(measured)
        self._progress.shown = list(zip(arcs, rewards.tolist(), strict=True))
        accuracies = np.array([each.accuracy for each in measured], np.float32)
        costs = [each.cost for each in measured if each.cost is not None]
        priced = list(zip(rewards.tolist(), costs, strict=True)) if costs else None
        search_events.show_architectures(reporter, epoch, self.moment, arcs, accuracies, priced)
        policy = self.strategy.policy(arcs)
        if not self._config.searches_after:  # where the rounds of candidates show it
            show_state(reporter, self._config.strategy.name, self.strategy, policy, self.moment)
        return arcs, measured, policy

    def _choose(self, arcs: list[Arc], rewards: np.ndarray, epoch: int, reporter: RunReporter) -> None:
        """Keeps the best architecture so far, or what the strategy itself takes where nothing is selected."""
        progress = self._progress
        if not self.strategy.selects:
            before = progress.best_arc if int(progress.best_epoch) else None
            (arc,) = propose(self.strategy, self.space, Purpose.SAMPLED, 1, 0)
            progress.keep(arc, _rewards(self._reward.measure([arc]))[0], epoch)
            is_new = arc != before
        else:
            is_new = progress.offer(arcs, rewards, epoch)
        if is_new:
            reporter.architecture(progress.best_arc, self.strategy.outcome_title(epoch), self.step)

    def _statistics(self, arcs: list[Arc], rewards: np.ndarray, policy: Policy | None) -> dict[str, float]:
        """The best of some architectures on all images of each subset, their operations, and the policy's if any."""
        best = itertools.repeat(arcs[int(np.argmax(rewards))])
        return {
            **{f"best_{s}_accuracy": self._observer.accuracy(best, self._data.subset_batches(s)) for s in SUBSETS},
            **self._draws(arcs, rewards, policy),
        }

    def _draws(self, arcs: list[Arc], rewards: np.ndarray, policy: Policy | None) -> dict[str, float]:
        """The operations of some architectures, and the policy's statistics if there is one."""
        of_policy = policy_statistics(self.space, policy.operations) if policy is not None else {}
        return {**operation_counts(self.space, arcs, rewards), **of_policy}

    def _sampled_accuracy(self, subset: str, purpose: Purpose, epoch: int) -> float:
        """The accuracy over a subset, a new architecture for every batch."""
        batches = self._data.subset_batches(subset)
        return self._observer.accuracy(propose(self.strategy, self.space, purpose, len(batches), epoch), batches)


def _rewards(measured: Sequence[Measurement]) -> np.ndarray:
    """What each architecture is worth, float32 [num_arcs]."""
    return np.array([each.reward for each in measured], np.float32)


def _costs(measured: Sequence[Measurement]) -> dict[str, float]:
    """What an epoch's row keeps of costs that have a price: of the architectures shown, and of the best of them."""
    costs = [each.cost for each in measured if each.cost is not None]
    if not costs:
        return {}
    best = int(np.argmax(_rewards(measured)))
    return {
        "mean_cost": float(np.mean(costs)),
        "best_cost": costs[best],
        "mean_accuracy": float(np.mean([each.accuracy for each in measured])),
        "best_accuracy": measured[best].accuracy,
    }
