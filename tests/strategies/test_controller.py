"""When the controller is trained."""

import pytest

from enas_tf.config import ChildConfig, RunConfig, SearchConfig
from enas_tf.errors import InputError
from enas_tf.strategies.controller import ControllerConfig


@pytest.mark.parametrize(
    ("train_every", "eval_every", "num_epochs", "evaluated"),
    [(4, 3, 6, "3, 6"), (2, 1, 1, "1"), (11, 3, 31, "3, 6, 9, …, 31"), (400, 1, 300, "1, 2, 3, …, 300")],
)
def test_a_controller_that_would_never_be_trained_is_refused(train_every, eval_every, num_epochs, evaluated):
    run = RunConfig(search_whole_channels=True, eval_every_epochs=eval_every, num_epochs=num_epochs)
    said = f"--controller_train_every: expected a divisor of .* make {evaluated} .*, received {train_every}"
    with pytest.raises(InputError, match=said):
        SearchConfig(run, strategy=ControllerConfig(train_every=train_every))
    SearchConfig(run, strategy=ControllerConfig(train_every=train_every, training=False))
    SearchConfig(run, child=ChildConfig(fixed_arc="0"), strategy=ControllerConfig(train_every=train_every))


@pytest.mark.parametrize(("train_every", "eval_every", "num_epochs"), [(2, 3, 6), (5, 3, 5), (1, 7, 7), (3, 1, 3)])
def test_one_that_is_trained_once_is_not(train_every, eval_every, num_epochs):
    run = RunConfig(search_whole_channels=True, eval_every_epochs=eval_every, num_epochs=num_epochs)
    SearchConfig(run, strategy=ControllerConfig(train_every=train_every))
