"""Courses on a synthetic reward: every strategy has as many candidates, and the numbers are those of their rewards."""

import numpy as np
import pytest

from enas_tf.assess.synthetic.courses import Course, run_course
from enas_tf.assess.synthetic.verdicts import comparisons, table_lines
from enas_tf.config import ChildConfig, RunConfig, SearchConfig
from enas_tf.search.synthetic_search import SyntheticSearch
from enas_tf.search_space import MacroSpace
from enas_tf.strategies.controller import ControllerConfig
from enas_tf.strategies.registry import STRATEGIES

SETTINGS = {"controller": ControllerConfig(lstm_size=8, num_aggregate=4)}


def config_of(name: str) -> SearchConfig:
    strategy = SETTINGS.get(name) or STRATEGIES[name].config()
    child = ChildConfig(num_layers=3, num_branches=6)
    return SearchConfig(RunConfig(search_whole_channels=True, seed=3), child=child, strategy=strategy)


def course_of(*rewards: float) -> Course:
    return Course(np.array(rewards), 0.2, [])


@pytest.mark.parametrize("name", [name for name, kind in STRATEGIES.items() if kind.observes_rewards])
def test_every_strategy_has_as_many_candidates(name):
    told: list[float] = []
    course = run_course(config_of(name), "hidden_target", 14, told.append)
    assert course.rewards.shape == (14,)
    assert told[:14] == course.rewards.tolist()
    assert len(told) == (16 if name == "controller" else 14)  # rounds of 4
    assert len(course.rounds) == (4 if name == "controller" else 14)
    again = run_course(config_of(name), "hidden_target", 14, told.append)
    assert again.rewards.tolist() == course.rewards.tolist()


def test_the_controllers_rounds_are_those_of_a_search_on_a_synthetic_reward():
    config = config_of("controller")
    course = run_course(config, "operation_share", 12, lambda reward: None)
    search = SyntheticSearch(config, MacroSpace(3), "operation_share", 12)
    assert course.rounds == [taken.row for taken in search.rounds()]


def test_a_curve_holds_the_best_so_far_and_means_between_places():
    course = course_of(0.2, 0.4, 0.1, 0.3, 0.5, 0.1)
    curve = {name: values.tolist() for name, values in course.curve(3).items()}
    assert curve["architectures"] == [2, 4, 6]
    assert curve["best_reward"] == [0.4, 0.4, 0.5]
    assert curve["mean_reward"] == pytest.approx([0.3, 0.2, 0.3])
    assert (course.best, course.area) == (0.5, pytest.approx((0.2 + 3 * 0.4 + 2 * 0.5) / 6))
    assert course.curve()["architectures"].tolist() == [1, 2, 3, 4, 5, 6]


def test_every_strategy_is_held_against_random_with_the_same_seed():
    courses = {
        "random": {0: course_of(0.2, 0.4), 1: course_of(0.3, 0.3)},
        "evolution": {0: course_of(0.5, 0.5), 1: course_of(0.1, 0.3)},
        "tpe": {0: course_of(0.3, 0.5), 1: course_of(0.3, 0.4)},
    }
    assert comparisons(courses) == {
        "evolution": "evolution against random, 2 architectures each: best reward higher with 1 of 2 seeds, equal with "
        "1 of 2 seeds; area under best so far higher with 1 of 2 seeds, lower with 1 of 2 seeds",
        "tpe": "TPE against random, 2 architectures each: best reward higher with each of the 2 seeds; area under best "
        "so far higher with each of the 2 seeds",
    }
    lines = [line.split() for line in table_lines(courses)]
    assert lines[2] == ["random", "1", "0.3000", "–", "0.3000", "–", "0.3000"]
    assert lines[4] == ["evolution", "1", "0.3000", "equal", "0.2000", "lower", "0.2000"]
