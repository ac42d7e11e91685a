"""Settings that have an effect beside others only are refused without them."""

import dataclasses

import pytest

from enas_tf.config import RunConfig, ScheduleConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.strategies.darts import DartsConfig
from enas_tf.strategies.q_learning import QLearningConfig

WHOLE = RunConfig(search_whole_channels=True)


@pytest.mark.parametrize(
    ("without", "beside", "said"),
    [
        (
            QLearningConfig(epsilon_floor=0.2),
            {"epsilon": "multiplicative"},
            "--q_learning_epsilon_floor: expected",
        ),
        (
            QLearningConfig(order="forward"),
            {"target": "one_step"},
            "--q_learning_order: expected --q_learning_target",
        ),
        (
            QLearningConfig(gamma=0.5),
            {"target": "one_step"},
            "--q_learning_gamma: expected --q_learning_target",
        ),
        (DartsConfig(radius=0.1), {"order": 2}, "--darts_radius: expected --darts_order=2 beside it"),
    ],
)
def test_a_setting_without_effect_is_refused(without, beside, said):
    with pytest.raises(InputError, match=said):
        SearchConfig(WHOLE, strategy=without)
    SearchConfig(WHOLE, strategy=dataclasses.replace(without, **beside))


def test_darts_trains_all_architectures_at_once():
    with pytest.raises(InputError, match="--child_arcs: expected no such flag with --search_mode=darts"):
        SearchConfig(WHOLE, strategy=DartsConfig(), schedule=ScheduleConfig(child_arcs="uniform"))
