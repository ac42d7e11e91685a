"""A reward and an operation of somebody else's, each in one file, of which the rulers show all there is."""

import keras
import numpy as np
import pytest

from enas_tf.config import ChildConfig, RunConfig, SearchConfig
from enas_tf.layers.base import ChildLayer
from enas_tf.layers.operations import FIXED_MACRO_OPERATION_LAYERS, MACRO_OPERATION_LAYERS
from enas_tf.models.factory import make_child, make_network
from enas_tf.rewards.registry import REWARDS, register
from enas_tf.rewards.reward import Measurement, RewardKind
from enas_tf.search.synthetic_search import SyntheticSearch
from enas_tf.search_space import MacroSpace, SpaceConfig, make_space
from enas_tf.strategies.controller import ControllerConfig
from enas_tf.training.child_trainer import make_child_trainer

CONFIG = SearchConfig(
    RunConfig(search_whole_channels=True),
    child=ChildConfig(num_layers=2, out_filters=4),
    strategy=ControllerConfig(num_aggregate=5),
)

# ---------------------------------------------------------------------------------------------------------------------


class FewSkips:
    """A reward for architectures with few skip connections."""

    def __init__(self, space):
        self._positions = [k for k in range(space.arc_length) if k not in space.operation_positions]

    def measure(self, arcs):
        """Returns the share of skips that are left out."""
        return [Measurement(1.0 - float(np.mean([arc[k] for k in self._positions]))) for arc in arcs]


FEW_SKIPS = RewardKind("few_skips", lambda space, seed: FewSkips(space), lambda space: 0.5)

# ---------------------------------------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable("outside")
class Doubling(ChildLayer):
    """An operation that doubles its input by a factor it may learn."""

    def build(self, input_shape):
        """Creates the factor."""
        self.factor = self.add_weight(name="factor", shape=(), initializer=keras.initializers.Constant(2.0))

    def call(self, inputs, training=False):
        """Maps [B, H, W, F] to [B, H, W, F]."""
        return inputs * keras.ops.cast(self.factor, inputs.dtype)


# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def few_skips():
    register(FEW_SKIPS)
    yield FEW_SKIPS.name
    del REWARDS[FEW_SKIPS.name]


@pytest.fixture
def doubling(monkeypatch):
    for registry in (MACRO_OPERATION_LAYERS, FIXED_MACRO_OPERATION_LAYERS):
        monkeypatch.setattr(registry, "_factories", dict(registry._factories))
    MACRO_OPERATION_LAYERS.register("doubling", Doubling)
    return "doubling"


def test_a_reward_is_searched_on(few_skips):
    rows = [taken.row for taken in SyntheticSearch(CONFIG, MacroSpace(3), few_skips, 20).rounds()]
    assert [row["expected_reward_uniform"] for row in rows] == [0.5] * 4
    assert all(0 <= row["reward"] <= 1 for row in rows)


def test_an_operation_is_trained_with_shared_weights_and_alone(doubling):
    space = make_space(SpaceConfig("macro", 2, ("conv_3x3", doubling)))
    images, labels = np.random.default_rng(0).normal(size=(6, 8, 8, 1)).astype(np.float32), np.arange(6) % 3
    child = make_child(CONFIG, space, (8, 8, 1), 3)
    trainer = make_child_trainer(CONFIG, child, batches_per_epoch=1)
    assert np.isfinite(trainer.step(images, labels.astype(np.int32), (1, 0, 1))["loss"])
    (factor,) = [variable for variable in child.trainable_variables if "factor" in variable.path][:1]
    assert float(factor) != 2.0
    network = make_network(CONFIG, space, (1, 1, 0), (8, 8, 1), 3)
    assert network.outputs(images, training=False).logits.shape == (6, 3)
