"""Every search of an experiment has as many candidates as the others that have some."""

import pytest

from enas_tf.assess.plan.budget import shared_budget
from enas_tf.assess.plan.strategies import strategy_named
from enas_tf.config import RunConfig, ScheduleConfig
from enas_tf.errors import InputError
from enas_tf.strategies.controller import ControllerConfig

CONTROLLER = ControllerConfig(train_steps=5, num_aggregate=10, train_every=1)
ALL = ("controller", "random", "random@after", "evolution", "darts", "random_sampling")


def granted(names=ALL, controller=CONTROLLER, num_epochs=12, **asked: int):
    strategies = [strategy_named(name) for name in names]
    return shared_budget(strategies, controller, RunConfig(num_epochs=num_epochs), ScheduleConfig(**asked))


def test_all_have_as_many_as_the_controller_and_choose_among_as_many():
    budget = granted()
    flags = {name: tuple(budget.flags(strategy_named(name)).values()) for name in ALL}
    assert flags == {
        "controller": (None, None, 10, None),
        "random": (50, None, 10, None),
        "random@after": (None, 600, 10, None),
        "evolution": (None, 600, 10, None),
        "darts": (None, None, None, None),
        "random_sampling": (None, None, None, None),
    }
    assert budget.lines == ("--candidates_per_epoch=50", "--num_candidates=600", "--outcome_candidates=10")


def test_either_flag_says_the_other():
    others = ("random", "evolution")
    for asked in ({"candidates_per_epoch": 4}, {"num_candidates": 48}):
        budget = granted(others, outcome_candidates=3, reward_images=20, **asked)
        assert (budget.per_epoch, budget.total, budget.outcome, budget.reward_images) == (4, 48, 3, 20)
    assert granted(("random@after",), num_candidates=50).total == 50
    # What the controller has anyway may be said beside it.
    assert granted(candidates_per_epoch=50) == granted(num_candidates=600) == granted()


def test_where_the_controller_is_trained_now_and_then_others_have_what_it_has():
    every_second = ControllerConfig(train_steps=5, num_aggregate=10, train_every=2)
    assert granted(controller=every_second, num_epochs=5).total == 100
    assert granted(("evolution",), controller=every_second, num_epochs=5).total == 125
    # A controller that is not trained has none, and grants what it would have.
    assert granted(controller=ControllerConfig(False, train_steps=5, train_every=1), num_epochs=2).total == 10


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"candidates_per_epoch": 30},
            "--candidates_per_epoch: expected 600 candidates in all, .*, received 360 in all",
        ),
        ({"num_candidates": 30}, "--num_candidates: expected 600 candidates in all, what the controller's own flags"),
        ({"candidates_per_epoch": 50, "num_candidates": 600}, "expected no --num_candidates beside it"),
    ],
)
def test_what_the_controller_does_not_have_is_refused_beside_it(asked, said):
    with pytest.raises(InputError, match=said):
        granted(**asked)


def test_joint_searches_have_equally_many_after_each_epoch():
    with pytest.raises(InputError, match="--num_candidates: expected a multiple of the 12 evaluated epochs"):
        granted(("random", "evolution"), num_candidates=50)
