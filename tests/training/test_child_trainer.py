import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig, OptimizerConfig
from enas_tf.models.macro_child import MacroChild
from enas_tf.search_space import MacroSpace
from enas_tf.training.child_optimizer import ChildOptimizer
from enas_tf.training.child_trainer import ChildTrainer

SPACE = MacroSpace(2, ("conv_3x3", "max_pooling"))
ARC = (0, 1, 1)
L2_REG = 1e-2


def _child():
    return MacroChild(SPACE, ChildConfig(num_layers=2, out_filters=4, keep_prob=1.0), (6, 6, 2), 3)


def _trainer(child, schedule=lambda step: 0.05):
    variables = [variable.value for variable in child.trainable_variables]
    return ChildTrainer(child, ChildOptimizer(variables, OptimizerConfig(l2_reg=L2_REG)), schedule)


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(0)
    return tf.constant(rng.normal(size=(12, 6, 6, 2)), tf.float32), tf.constant(rng.integers(0, 3, 12), tf.int32)


def test_metrics_by_hand(batch):
    images, labels = batch
    child = _child()
    variables = [variable.value for variable in child.trainable_variables]
    (_, logits), gradients = child.differentiate(
        lambda outputs, labels: (
            tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs.logits)),
            outputs.logits,
        ),
        images,
        labels,
        ARC,
        variables,
    )
    squares = [
        np.sum(np.square((0.0 if g is None else g.numpy()) + 2 * L2_REG * v.numpy()))
        for g, v in zip(gradients, variables, strict=True)
    ]
    shifted = logits.numpy() - logits.numpy().max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    metrics = _trainer(_child(), schedule=lambda step: 0.125).step(images, labels, ARC)

    assert set(metrics) == {"loss", "lr", "grad_norm", "correct"}
    assert metrics["loss"] == pytest.approx(-log_probabilities[np.arange(12), labels.numpy()].mean(), rel=1e-4)
    assert metrics["grad_norm"] == pytest.approx(np.sqrt(sum(squares)), rel=1e-4)
    assert metrics["correct"] == (logits.numpy().argmax(axis=1) == labels.numpy()).sum()
    assert metrics["lr"] == 0.125


def test_steps_are_counted_and_set_the_learning_rate(batch):
    trainer = _trainer(_child(), schedule=lambda step: 0.1 / (1 + step))
    rates = [trainer.step(*batch, ARC)["lr"] for _ in range(3)]
    np.testing.assert_allclose(rates, [0.1, 0.05, 0.1 / 3])
    assert int(trainer.step_count) == 3


def test_the_schedule_goes_on_from_a_restored_count(batch):
    trainer = _trainer(_child(), schedule=float)
    trainer.step_count.assign(7)
    assert trainer.step(*batch, ARC)["lr"] == 7.0


def test_a_rate_of_zero_moves_statistics_only(batch):
    child = _child()
    before = [variable.numpy() for variable in child.trainable_variables]
    _trainer(child, schedule=lambda step: 0.0).step(*batch, ARC)
    for variable, value in zip(child.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value, err_msg=variable.path)
    assert child.stem.norm.moving_mean.numpy().any()


def test_unsampled_weights_decay(batch):
    child = _child()
    unsampled = child.operations[0]["max_pooling"].input_conv.conv.kernel
    before = unsampled.numpy()
    _trainer(child).step(*batch, ARC)
    np.testing.assert_allclose(unsampled.numpy(), before * (1 - 0.05 * 1.9 * 2 * L2_REG), rtol=1e-5)


def test_the_loss_of_one_batch_falls(batch):
    trainer = _trainer(_child())
    steps = [trainer.step(*batch, ARC) for _ in range(20)]
    assert steps[-1]["loss"] < 0.5 * steps[0]["loss"]
    assert steps[-1]["correct"] > steps[0]["correct"]
