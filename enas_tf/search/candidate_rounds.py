"""The rounds of candidates of a search with shared weights: how many there are, and what is told of each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from enas_tf.config import SearchConfig
from enas_tf.reporting import search_events
from enas_tf.reporting.run_reporter import RunReporter
from enas_tf.rewards.reward import Reward
from enas_tf.search.rounds import Round, take_round
from enas_tf.search.shown_state import is_among, show_state
from enas_tf.search.tally import CandidateTally
from enas_tf.search_space import SearchSpace
from enas_tf.strategies.strategy import Purpose, Strategy

CANDIDATE_PHASE = "candidates"

# Under `after`, where there may be thousands of rounds: TensorBoard keeps 1,000 points and 10 pictures of a kind.
POINTS_SHOWN, PICTURES_SHOWN = 200, 10


class Moment(NamedTuple):
    """Where a run stands.

    Attributes:
      number: On the axis of TensorBoard's curves.
      minutes: Time the run has taken.
    """

    number: int
    minutes: float


class CandidateRounds:
    """Takes the candidates of a search.

    Where the outcome is chosen among them they are kept in a file. Of a strategy that says itself how many it has, as
    the controller does, this is so where settings ask for it; otherwise it reports as it always did.

    Args:
      config: Of the search.
      space: To choose from.
      strategy: Proposes and observes.
      reward: What candidates are worth.
      rounds_done: Counts the rounds since the last round of evaluation.
      now: Tells where the run stands.

    Attributes:
      tally: What was spent on candidates so far.
      keeps_candidates: Whether there is a file of them.
      phase: What the rounds are called where time is booked and progress shown.
    """

    def __init__(
        self,
        config: SearchConfig,
        space: SearchSpace,
        strategy: Strategy,
        reward: Reward,
        rounds_done: tf.Variable,
        now: Callable[[], Moment],
    ) -> None:
        self._config = config
        self._space = space
        self._strategy = strategy
        self._reward = reward
        self._rounds_done = rounds_done
        self._now = now
        self.keeps_candidates = config.num_outcome_candidates > 0
        self.tally = CandidateTally(config.num_outcome_candidates)
        self.phase = strategy.phase if config.num_candidates is None else CANDIDATE_PHASE

    @property
    def num_planned(self) -> int:
        """Candidates of the whole run."""
        if self._config.num_candidates is not None:
            return self._config.num_candidates
        return sum(map(self.num_rounds, self._config.run.evaluated_epochs)) * self._strategy.round_size

    @property
    def num_rounds_after(self) -> int:
        """Rounds after the last epoch."""
        num_candidates = self._config.num_candidates if self._config.searches_after else None
        return 0 if num_candidates is None else self._rounds_of(num_candidates)

    def num_rounds(self, epoch: int) -> int:
        """Rounds after an epoch, which is counted from 1, and before its evaluation."""
        num_candidates = self._config.candidates_per_epoch
        return self._strategy.num_rounds(epoch) if num_candidates is None else self._rounds_of(num_candidates)

    def take(self, epoch: int, reporter: RunReporter) -> Iterator[None]:
        """Takes the rounds after an epoch that are still to come; each is done when it is yielded.

        Raises:
          StrategyDivergedError: If what is proposed is no architecture.
        """
        if num_rounds := self.num_rounds(epoch):
            reporter.lines([self._strategy.phase_line(epoch)])
            yield from self._take(epoch, num_rounds, self._config.candidates_per_epoch, reporter)

    def take_after(self, reporter: RunReporter) -> Iterator[None]:
        """Takes the rounds after the last epoch that are still to come, as `take`."""
        num_candidates = self._config.num_candidates
        reporter.lines([f"Candidates: {num_candidates}, on shared weights that are trained and stand still"])
        yield from self._take(self._config.run.num_epochs, self.num_rounds_after, num_candidates, reporter)

    def _rounds_of(self, num_candidates: int) -> int:
        return -(-num_candidates // self._strategy.round_size)

    def _take(self, epoch: int, num_rounds: int, num_candidates: int | None, reporter: RunReporter) -> Iterator[None]:
        strategy, done, size = self._strategy, int(self._rounds_done), self._strategy.round_size
        reporter.begin(self.phase, num_rounds, done)
        all_told = []
        for number in range(done, num_rounds):
            num_arcs = size if num_candidates is None else min(size, num_candidates - number * size)
            taken = take_round(strategy, self._space, self._reward, Purpose.CANDIDATE, epoch, number, num_arcs=num_arcs)
            self._rounds_done.assign_add(1)
            all_told.append(taken.told)
            self._report(epoch, number * size, taken, reporter)
            if self._config.searches_after:
                self._look(number + 1, num_rounds, taken, reporter)
            if number + 1 == num_rounds and not self._config.searches_after:
                self._sum_up(all_told, reporter)
            yield

    def _report(self, epoch: int, first: int, taken: Round, reporter: RunReporter) -> None:
        """Tells of a round whose first candidate has a number within its phase."""
        now = self._now()
        lines = self._strategy.trial_lines(taken.trials, taken.told, now.minutes)
        counted = self.tally.observe(taken.trials)
        if not self.keeps_candidates:
            reporter.round_observed(first, lines, taken.mean_reward)
            return
        arcs = [self._space.format(trial.arc) for trial in taken.trials]
        search_events.keep_candidates(reporter, epoch, arcs, counted)
        lines = lines or [search_events.candidate_line(candidate, now.minutes) for candidate in counted]
        reporter.round_observed(first, lines, taken.mean_reward, self.tally.best_reward)

    def _look(self, number: int, num_rounds: int, taken: Round, reporter: RunReporter) -> None:
        """Shows on the way, after a round counted from 1, how far the strategy has come; pictures less often."""
        strategy, name, moment = self._strategy, self._config.strategy.name, self._now().number
        if is_among(number, num_rounds, POINTS_SHOWN):
            reporter.scalars(CANDIDATE_PHASE, {"reward": taken.mean_reward}, moment)
            reporter.scalars(name, strategy.epoch_values(), moment)
            self._show_curves(reporter)
        if is_among(number, num_rounds, PICTURES_SHOWN):
            policy = strategy.policy([trial.arc for trial in taken.trials])
            show_state(reporter, name, strategy, policy, moment)

    def _sum_up(self, all_told: Sequence[Mapping[str, Any]], reporter: RunReporter) -> None:
        """Shows what a phase comes to."""
        scalars = self._strategy.phase_scalars(all_told)
        reporter.scalars(self._config.strategy.name, scalars, self._now().number)
        if all_told:
            self._show_curves(reporter)

    def _show_curves(self, reporter: RunReporter) -> None:
        tally = self.tally
        curves = {
            "rewarded": tally.num_candidates,
            "images": tally.num_images,
            "multiply_adds": tally.multiply_adds,
            "best_reward": tally.best_reward,
        }
        reporter.scalars(CANDIDATE_PHASE, curves, self._now().number)
