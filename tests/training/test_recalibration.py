import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig, DataConfig, RunConfig, SearchConfig
from enas_tf.models.factory import make_child
from enas_tf.models.relaxed_child import make_relaxed_child
from enas_tf.search_space import MacroSpace
from enas_tf.search_space.relaxation import relax
from enas_tf.strategies.darts import DartsConfig
from enas_tf.training.evaluation import Evaluator
from enas_tf.training.recalibration import Recalibration

SPACE = MacroSpace(3, ("conv_3x3", "separable_conv_5x5", "max_pooling", "dropout(rate=0.5)"))
ARCS = (0, 2, 1, 1, 0, 1), (1, 0, 0, 2, 1, 1)
CONFIG = SearchConfig(
    RunConfig(search_whole_channels=True), DataConfig(), ChildConfig(num_layers=3, out_filters=4, keep_prob=1.0)
)


def batch(seed: int) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).normal(1.0, 2.0, (64, 8, 8, 3)), tf.float32)


def shared_child():
    """A network whose averages come from both architectures."""
    child = make_child(CONFIG, SPACE, (8, 8, 3), 10)
    for arc in ARCS:
        child(batch(0), arc=arc, training=True)
    return child


def relaxed_child():
    """A network of operations without scales and offsets, whose averages come from the mixture of all."""
    relaxation = relax(SPACE)
    child = make_relaxed_child(CONFIG, relaxation, False, (8, 8, 3), 10)
    logits = {name: tf.zeros(shape) for name, shape in relaxation.shapes.items()}
    child.relaxed_logits(batch(0), logits, training=True)
    return child


@pytest.fixture(scope="module", params=[shared_child, relaxed_child], ids=lambda make: make.__name__)
def child(request):
    return request.param()


@pytest.mark.parametrize("arc", ARCS)
def test_on_the_batch_it_was_made_of_an_architecture_is_as_in_training(child, arc):
    expected = child(batch(1), arc=arc, training=True)
    with Recalibration(child, [batch(1)]).of(arc):
        recalibrated = child(batch(1), arc=arc, training=False)
    # Averages are of the unbiased variance; on the smallest map a batch has 256 pixels.
    np.testing.assert_allclose(recalibrated, expected, atol=0.05)
    assert np.max(np.abs(child(batch(1), arc=arc, training=False) - expected)) > 0.1


def test_afterwards_all_is_as_it_was_random_streams_included(child):
    before = [variable.numpy() for variable in child.variables]
    with pytest.raises(KeyError), Recalibration(child, [batch(1), batch(2)]).of((3, 3, 1, 3, 1, 1)):
        raise KeyError
    for value, variable in zip(before, child.variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_an_evaluator_recalibrates_each_architecture_by_itself(child):
    labels = tf.zeros([64], tf.int32)
    recalibration, entered = Recalibration(child, [batch(1)]), []
    of = recalibration.of
    recalibration.of = lambda arc: entered.append(arc) or of(arc)
    evaluator = Evaluator(child, recalibration)
    arcs = [ARCS[0], ARCS[0], ARCS[1]]
    together = evaluator.accuracy(arcs, [(batch(k), labels) for k in range(3)])
    assert entered == list(ARCS)
    apart = [evaluator.accuracy([arc], [(batch(k), labels)]) for k, arc in enumerate(arcs)]
    assert together == pytest.approx(np.mean(apart))


def test_it_happens_where_it_is_asked_for_or_needed():
    assert CONFIG.num_recalibration_batches == 0
    darts = SearchConfig(CONFIG.run, child=CONFIG.child, strategy=DartsConfig())
    assert darts.num_recalibration_batches == 4
    asked = SearchConfig(RunConfig(search_whole_channels=True, recalibration_batches=0), strategy=DartsConfig())
    assert asked.num_recalibration_batches == 0
