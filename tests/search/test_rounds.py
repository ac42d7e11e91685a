"""What leaves a strategy is checked at one place: proposals that are none stop the run, with step and checkpoint."""

import numpy as np
import pytest
import tensorflow as tf

from enas_tf.errors import StrategyDivergedError
from enas_tf.search.rounds import propose
from enas_tf.search_space import MacroSpace
from enas_tf.strategies.reinforce import ControllerTrainer
from enas_tf.strategies.strategy import Purpose, Strategy
from tests.search.test_search import BATCHES_PER_EPOCH, checkpoint_names, search
from tests.strategies.candidate_searches import make

SPACE = MacroSpace(2, ("a", "b"))


class _Fixed(Strategy):
    """Proposes the same whatever is asked for."""

    def __init__(self, proposed):
        self._proposed = proposed

    def propose(self, purpose, num_arcs, *counters):
        return self._proposed


def test_architectures_pass_as_tuples():
    assert propose(_Fixed(np.array([[1, 0, 1], [0, 1, 0]], np.int32)), SPACE, Purpose.CHILD, 2, 0) == [
        (1, 0, 1),
        (0, 1, 0),
    ]


@pytest.mark.parametrize(
    ("proposed", "fault"),
    [
        (np.array([[1, 0, 2]]), "a proposal, layer 1"),
        (np.array([[-1, 0, 1]]), "a proposal, layer 0"),
        (np.array([[1, 0]]), r"expected integers of shape \(1, 3\) as proposals, received int64 of shape \(1, 2\)"),
        (np.array([[1.0, np.nan, 1.0]]), "received float64"),
        (np.zeros([0, 3], int), r"received int64 of shape \(0, 3\)"),
    ],
)
def test_what_is_no_architecture_is_named(proposed, fault):
    with pytest.raises(StrategyDivergedError, match=f"the strategy _Fixed stopped: .*{fault}"):
        propose(_Fixed(proposed), SPACE, Purpose.CHILD, 1, 0)


def _controller_with_nan_in(name):
    strategy = make("controller", MacroSpace(4, ("a", "b", "c")))
    (weight,) = (w for w in strategy.trainer.controller.trainable_variables if w.name == name)
    weight.assign(tf.fill(weight.shape, np.nan))
    return strategy


@pytest.mark.parametrize("name", ["operation_softmax", "attention_score"])
def test_a_controller_without_numbers_proposes_nothing(name):
    # Today's operations end in an error of TensorFlow, skips in bits that are 2.
    strategy = _controller_with_nan_in(name)
    with pytest.raises(StrategyDivergedError, match=f"its weights {name} became NaN or infinite"):
        propose(strategy, MacroSpace(4, ("a", "b", "c")), Purpose.SHOWN, 3, 1)


@pytest.mark.parametrize(
    ("name", "fault"), [("operation_softmax", "it cannot draw"), ("attention_score", "a proposal, layer")]
)
def test_numbers_that_get_lost_between_weights_and_draws_are_noticed_too(monkeypatch, name, fault):
    monkeypatch.setattr(ControllerTrainer, "lost_weights", lambda self: [])
    with pytest.raises(StrategyDivergedError, match=fault):
        propose(_controller_with_nan_in(name), MacroSpace(4, ("a", "b", "c")), Purpose.SHOWN, 3, 1)


def test_a_search_stops_with_step_and_checkpoint_named(tmp_path):
    # A learning rate beyond all numbers: the first phase's updates lose the weights.
    with pytest.raises(StrategyDivergedError) as error:
        search(tmp_path, {"eval_every_epochs": 2}, controller={"lr": 1e39, "train_every": 2})
    text = str(error.value)
    assert "the strategy ControllerSearch stopped: its weights" in text
    assert f"at step {2 * BATCHES_PER_EPOCH}; last good checkpoint: {tmp_path}" in text
    assert text.endswith(f"ckpt-{BATCHES_PER_EPOCH}")
    assert checkpoint_names(tmp_path) == [f"ckpt-{BATCHES_PER_EPOCH}"]
