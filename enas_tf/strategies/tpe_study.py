"""Optuna's study and sampler as the estimator needs them: told of rewarded architectures, asked for another one.

Optuna takes seconds to import, so this lies apart from the strategy, whose flags are read without it.
"""

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from enas_tf.search_space import Arc, Choices

# Trials forgotten beyond those told, after which they are cleared away: every draw goes through all of them.
_MOST_FORGOTTEN = 1000


class _Options(CategoricalDistribution):
    """A distribution that is the same object wherever it is used.

    Optuna copies those of every trial and compares them again at every draw, option by option: with 2,000 trials of
    macro's 78 places a draw took 0.6 s, of which 0.1 s are left.
    """

    __hash__ = CategoricalDistribution.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    def __deepcopy__(self, memo: object) -> "_Options":
        return self


class TPEStudy:
    """A study with a categorical parameter for each place of an architecture.

    Trials that were asked for are forgotten again and do not influence later ones, so that the study is a function of
    what it was told, and one that was kept asks for the same architectures as one that is made anew. To tell 2,000
    trials of macro's 78 places to a new one takes longer than several draws, 0.2 to 0.6 s, at every proposal.

    Args:
      choices: The places.
      startup_trials: Trials to be told of before anything is estimated.
    """

    def __init__(self, choices: Choices, startup_trials: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)  # it would print a line for every trial
        self._choices = choices
        self._startup_trials = startup_trials
        self._distributions: dict[str, BaseDistribution] = {
            str(number): _Options(range(len(place.options))) for number, place in enumerate(choices.places)
        }
        self._told: list[FrozenTrial] = []
        self._renew()

    def tell(self, arc: Arc, reward: float) -> None:
        """Takes what an architecture was worth; no trial may be under way."""
        params = {str(number): option for number, option in enumerate(self._choices.options_of(arc))}
        self._told.append(create_trial(params=params, distributions=self._distributions, value=reward))
        if self._num_forgotten > len(self._told) + _MOST_FORGOTTEN:
            self._renew()
        else:
            self._study.add_trial(self._told[-1])

    def seed(self, seed: int) -> None:
        """Takes a new sampler, whose draws depend on a seed and on what the study was told."""
        self._study.sampler = optuna.samplers.TPESampler(n_startup_trials=self._startup_trials, seed=seed)

    def ask(self) -> tuple[optuna.Trial, Arc]:
        """Returns a trial, which counts as under way until it is forgotten, and its architecture."""
        trial = self._study.ask(self._distributions)
        return trial, self._choices.arc_of([trial.params[name] for name in self._distributions])

    def forget(self, trial: optuna.Trial) -> None:
        """Ends a trial without a reward. Were it left under way, it would count as a bad one for ever."""
        self._study.tell(trial, state=TrialState.FAIL)
        self._num_forgotten += 1

    def _renew(self) -> None:
        self._study = optuna.create_study(direction="maximize")
        self._study.add_trials(self._told)
        self._num_forgotten = 0
