import numpy as np
import optuna
import pytest

from enas_tf.search_space import Choices, MacroChannelSpace, MacroSpace
from enas_tf.strategies import tpe, tpe_study
from enas_tf.strategies.strategy import Purpose
from enas_tf.strategies.tpe_study import TPEStudy
from tests.strategies.candidate_searches import candidates, make, observe, search, synthetic_reward, through_json

SMALL = MacroSpace(2, ("a", "b", "c"))  # 18 architectures
SPACE = MacroSpace(4, ("a", "b", "c", "d"))


@pytest.mark.parametrize("most_forgotten", [0, 1000])
def test_a_kept_study_asks_as_one_that_is_made_anew_and_forgotten_trials_do_not_matter(monkeypatch, most_forgotten):
    monkeypatch.setattr(tpe_study, "_MOST_FORGOTTEN", most_forgotten)
    choices = Choices.of(SPACE)
    told = [(choices.arc_at(number * 1001), number / 40) for number in range(40)]
    kept, asked = TPEStudy(choices, 10), []
    for number, (arc, reward) in enumerate(told):
        kept.seed(number)
        for _ in range(2):
            kept.forget(kept.ask()[0])
        kept.tell(arc, reward)
    anew = TPEStudy(choices, 10)
    for arc, reward in told:
        anew.tell(arc, reward)
    for study in (kept, anew):
        study.seed(7)
        asked.append([study.ask()[1] for _ in range(5)])
    assert asked[0] == asked[1]


def test_it_asks_as_a_study_made_of_optunas_own_parts():
    choices = Choices.of(SPACE)
    study, pure = TPEStudy(choices, 5), optuna.create_study(direction="maximize")
    distributions = {
        str(number): optuna.distributions.CategoricalDistribution(range(len(place.options)))
        for number, place in enumerate(choices.places)
    }
    for number in range(20):
        arc, reward = choices.arc_at(number * 701), number % 7 / 7
        study.tell(arc, reward)
        params = dict(zip(distributions, choices.options_of(arc), strict=True))
        pure.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=reward))
    study.seed(4)
    pure.sampler = optuna.samplers.TPESampler(n_startup_trials=5, seed=4)
    for _ in range(5):
        _, arc = study.ask()
        assert list(arc) == list(pure.ask(distributions).params.values())


@pytest.mark.parametrize("space", [SMALL, MacroChannelSpace(1, 3, ("a", "b"))], ids=["macro", "channels"])
def test_no_candidate_is_proposed_twice_before_all_have_been(space):
    strategy, size = make("tpe", space, startup_trials=3), Choices.of(space).size
    arcs, _ = search(strategy, lambda arcs: np.mean(arcs == 0, axis=1), size + 3)
    assert len(set(arcs[:size])) == size
    assert strategy.epoch_values()["repeated_proposals"] > 0
    assert strategy.state()["num_repeated"] <= size * (tpe.ASKED_AGAIN + 1)


def test_what_was_repeated_is_counted_when_it_is_observed():
    strategy = make("tpe", SMALL, startup_trials=3)
    observe(strategy, [Choices.of(SMALL).arc_at(number) for number in range(15)], [0.5] * 15)
    arcs = candidates(strategy)
    assert strategy.epoch_values() == {"repeated_proposals": 0}
    (repeated,) = observe(strategy, arcs, [0.5])["repeated_proposals"]
    assert repeated > 0
    assert strategy.epoch_values() == {"repeated_proposals": repeated}


def test_a_uniform_draw_among_the_rest_takes_the_place_of_endless_repetitions(monkeypatch):
    monkeypatch.setattr(tpe, "ASKED_AGAIN", 0)
    choices, drawn = Choices.of(SMALL), set()
    for seed in range(12):
        strategy = make("tpe", SMALL, seed=seed)
        observe(strategy, [choices.arc_at(number) for number in range(15)], [1 - number / 20 for number in range(15)])
        (arc,) = candidates(strategy)
        drawn.add(arc)
        assert observe(strategy, [arc], [0.5])["repeated_proposals"] in (0, 1)
    assert drawn == {choices.arc_at(number) for number in (15, 16, 17)}


def test_candidates_of_one_round_differ():
    strategy = make("tpe", SMALL, startup_trials=3)
    arcs = candidates(strategy, 18)
    assert len(set(arcs)) == 18
    assert not [trial for trial in strategy._study._study.trials if not trial.state.is_finished()]


def test_what_is_shown_may_have_been_observed_and_asks_for_nothing_else():
    strategy = make("tpe", SMALL, startup_trials=3)
    observe(strategy, [Choices.of(SMALL).arc_at(number) for number in range(18)], np.linspace(1, 0, 18).tolist())
    shown = strategy.propose(Purpose.SHOWN, 10, 1)
    assert len(np.unique(shown, axis=0)) < 10
    np.testing.assert_array_equal(strategy.propose(Purpose.SHOWN, 1, 1), shown[:1])


def test_trials_told_count_towards_the_start():
    untold, told = make("tpe", SPACE, startup_trials=5), make("tpe", SPACE, startup_trials=5)
    choices = Choices.of(SPACE)
    observe(told, [choices.arc_at(number) for number in range(5)], [0.1, 0.2, 0.3, 0.4, 0.5])
    # All that was told agrees in its first places, which the start does not know of.
    guided, uniform = (one.propose(Purpose.SHOWN, 200, 1)[:, 0] for one in (told, untold))
    assert np.mean(guided == 0) > np.mean(uniform == 0) + 0.1


def test_a_place_without_a_choice_is_none():
    strategy = make("tpe", MacroSpace(3, ("a",)), startup_trials=2)
    arcs, _ = search(strategy, lambda arcs: np.mean(arcs, axis=1), 8)
    assert len(set(arcs)) == 8


def test_the_state_is_the_trials_and_a_count():
    strategy = make("tpe", SPACE)
    arcs, rewards = search(strategy, synthetic_reward("hidden_target", SPACE), 5)
    state = through_json(strategy.state())
    assert state["trials"] == [[list(arc), reward] for arc, reward in zip(arcs, rewards, strict=True)]
    assert set(state) == {"num_observed", "worst_reward", "trials", "num_repeated"}
