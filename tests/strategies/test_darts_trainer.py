"""Steps of relaxed networks, on the library's own layers in float32, against differences of losses and by hand."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from enas_tf.config import ChildConfig, DataConfig, RunConfig, SearchConfig
from enas_tf.data import ImageSet, SearchData
from enas_tf.poisoning import space_of
from enas_tf.search_space import MACRO_OPERATIONS, MacroSpace
from enas_tf.search_space.relaxation import relax
from enas_tf.strategies.darts import DartsConfig
from enas_tf.strategies.darts_trainer import Architecture, Batches, make_darts_child, make_darts_trainer
from enas_tf.training.bilevel import unrolling_correction
from enas_tf.training.child_trainer import cross_entropy

# No kinks of relus and maxima, across which no difference is a derivative; and no noise, which stops gradients itself.
SMOOTH = ("transposed_conv(kernel_size=3)", "transposed_conv(kernel_size=5)", "identity", "dropout(rate=0.3)")
WITHOUT_MAXIMUM = tuple(name for name in MACRO_OPERATIONS if name != "max_pooling")
RATE = 0.1


class Setup:
    """A trainer of a small network on made-up images, with logits that weigh operations unequally."""

    def __init__(self, operations=SMOOTH, run=None, **settings):
        generator = np.random.default_rng(0)
        images = [generator.integers(0, 256, (n, 8, 8, 3), dtype=np.uint8) for n in (160, 16)]
        labels = [generator.integers(0, 10, len(part)).astype(np.int32) for part in images]
        image_set = ImageSet("made up", images[0], labels[0], images[1], labels[1], 10)
        data_config = DataConfig(batch_size=16, num_valid_images=32, horizontal_flip=False)
        self.config = SearchConfig(
            RunConfig(search_whole_channels=True, num_epochs=2, **(run or {})),
            data_config,
            ChildConfig(num_layers=3, out_filters=8, keep_prob=0.9),
            strategy=DartsConfig(**settings),
        )
        self.data = SearchData(image_set, data_config, seed=0, kept_share=self.config.strategy.kept_share)
        relaxation = relax(MacroSpace(3, operations))
        logits = {name: 0.5 * generator.normal(size=shape) for name, shape in relaxation.shapes.items()}
        self.architecture = Architecture(logits, self.config.strategy)
        child = make_darts_child(self.config, relaxation, self.data.image_shape, self.data.num_classes)
        self.trainer = make_darts_trainer(self.config, self.architecture, self.data, child)
        self.batches = Batches(next(iter(self.data.train_batches())), next(iter(self.data.architecture_batches())))
        self.network = self.trainer._network
        self.state = [tf.convert_to_tensor(variable) for variable in self.network.state]

    @property
    def weights(self):
        return [tf.convert_to_tensor(variable) for variable in self.network.weights]

    def found(self, weights, logits, batch):
        """A pass of the trainer's own, from the state at the beginning."""
        return self.trainer._pass(weights, logits, self.state, batch)

    def after(self, logits):
        """w'(α)."""
        still = [tf.zeros_like(weight) for weight in self.weights]
        to_weights = self.found(self.weights, logits, self.batches.train).to_weights
        return self.trainer._momentum.moved(self.weights, still, to_weights, tf.constant(RATE))

    def valid_loss(self, weights, logits) -> float:
        """In float64 from the logits of the network on, so that differences of losses have digits."""
        outputs, _ = self.network(weights, logits, self.state, self.batches.valid[0])
        return float(cross_entropy(tf.cast(outputs, tf.float64), self.batches.valid[1]))

    def correction(self, radius):
        logits = self.architecture.tensors()
        direction = self.found(self.after(logits), logits, self.batches.valid).to_weights

        def train_gradient(weights):
            return list(self.found(weights, logits, self.batches.train).to_logits.values())

        return flat(unrolling_correction(train_gradient, self.weights, direction, tf.constant(RATE), radius))

    def correction_by_differentiating_twice(self) -> np.ndarray:
        """−rate·∇²_{α,w} L_train · ∇_{w'} L_val, without differences."""
        logits = self.architecture.tensors()
        direction = self.found(self.after(logits), logits, self.batches.valid).to_weights

        @tf.function(autograph=False)
        def product(weights, logits):
            with tf.GradientTape() as tape:
                tape.watch(logits)
                to_weights = self.trainer._run(weights, logits, self.state, self.batches.train).to_weights
                along = tf.add_n([tf.reduce_sum(each * d) for each, d in zip(to_weights, direction, strict=True)])
            return tape.gradient(along, logits)

        return -RATE * flat(product(self.weights, logits).values())

    def differences(self, function, step: float) -> np.ndarray:
        """Central differences of a function of the logits, one after the other."""
        values = self.architecture.tensors()
        found = []
        for name, value in values.items():
            for unit in np.eye(value.shape.num_elements(), dtype=np.float32):
                ends = [value + sign * step * tf.reshape(unit, value.shape) for sign in (1, -1)]
                first, second = (function({**values, name: end}) for end in ends)
                found.append((first - second) / (2 * step))
        return np.array(found)

    def correction_by_differences(self, step: float) -> np.ndarray:
        logits = self.architecture.tensors()
        return self.differences(lambda moved: self.valid_loss(self.after(moved), logits), step)


def flat(tensors) -> np.ndarray:
    return np.concatenate([np.ravel(tensor) for tensor in tensors])


def relative_error(actual, expected) -> float:
    return float(np.linalg.norm(actual - expected) / np.linalg.norm(expected))


def values_of(variables) -> list[np.ndarray]:
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize(
    ("operations", "tolerance"), [(SMOOTH, 0.01), (MACRO_OPERATIONS, 0.03)], ids=["smooth", "with kinks"]
)
def test_first_order_is_the_derivative_of_the_loss(operations, tolerance):
    setup = Setup(operations)
    actual = setup.trainer.architecture_gradient(setup.batches, [], setup.state, tf.constant(RATE))
    expected = setup.differences(lambda logits: setup.valid_loss(setup.weights, logits), step=0.001)
    assert relative_error(flat(actual.values()), expected) < tolerance


@pytest.fixture
def smooth_relus(monkeypatch):
    """Relus bend instead of breaking; then all operations are smooth, but for the maximum."""
    monkeypatch.setattr(keras.ops, "relu", lambda inputs: tf.nn.softplus(10.0 * inputs) / 10.0)


@pytest.mark.parametrize(("operations", "radius"), [(SMOOTH, 0.03), (WITHOUT_MAXIMUM, DartsConfig().radius)])
@pytest.mark.usefixtures("smooth_relus")
def test_the_correction_alone_is_how_the_unrolled_weights_follow(operations, radius):
    setup = Setup(operations)
    expected = setup.correction_by_differences(step=0.02)
    assert relative_error(setup.correction(radius), expected) < 0.01


def test_second_order_is_the_derivative_of_the_loss_after_the_step():
    """With dropout and noise, which are then the same in all passes."""
    setup = Setup(order=2, radius=0.03)
    still = [tf.zeros_like(weight) for weight in setup.weights]
    actual = setup.trainer.architecture_gradient(setup.batches, still, setup.state, tf.constant(RATE))
    expected = setup.differences(lambda logits: setup.valid_loss(setup.after(logits), logits), step=0.02)
    assert relative_error(flat(actual.values()), expected) < 0.01


@pytest.mark.long
@pytest.mark.parametrize("kinks", ["no kinks", "maxima", "relus", "relus and maxima"])
def test_the_error_of_the_published_radius(kinks, request, capsys):
    """Prints it: against differences of the loss, and against the derivative itself, by differentiating twice.

    What is left of it without kinks shows that they are what the error comes from. Across a kink a gradient jumps. The
    derivative at a point knows nothing of jumps beside it, while differences of any length meet some of them.
    """
    if "relus" not in kinks:
        request.getfixturevalue("smooth_relus")
    setup = Setup(MACRO_OPERATIONS if "maxima" in kinks else WITHOUT_MAXIMUM)
    by_differences, derivative = setup.correction_by_differences(step=0.02), setup.correction_by_differentiating_twice()
    radius = DartsConfig().radius
    correction = setup.correction(radius)
    errors = [relative_error(correction, expected) for expected in (by_differences, derivative)]
    with capsys.disabled():
        print(
            f"\n{kinks}: at the radius {radius} the correction of norm {np.linalg.norm(correction):.2g} has a relative "
            f"error of {errors[0]:.2g} against differences of the loss, of {errors[1]:.2g} against its derivative",
            end="",
        )
    assert max(errors) < 0.01 if kinks == "no kinks" else min(errors) > 0.1


@pytest.mark.parametrize("order", [1, 2])
def test_a_published_step_moves_logits_by_adam_then_weights_by_momentum(order):
    setup = Setup(order=order, grad_bound=0.5)
    trainer, settings = setup.trainer, setup.config.strategy
    first = second = 0.0
    velocities = [np.zeros_like(weight) for weight in values_of(setup.network.weights)]
    for step in (1, 2):
        batches = Batches(
            next(iter(setup.data.train_batches(step - 1))), next(iter(setup.data.architecture_batches(step - 1)))
        )
        setup.state = [tf.convert_to_tensor(variable) for variable in setup.network.state]
        weights, rate = values_of(setup.network.weights), tf.constant(trainer._schedule(step - 1))
        logits = flat(setup.architecture.values().values())
        gradient = trainer.architecture_gradient(batches, list(map(tf.constant, velocities)), setup.state, rate)
        gradient = flat(gradient.values()) + 1e-3 * logits
        first, second = 0.5 * first + 0.5 * gradient, 0.999 * second + 0.001 * gradient**2
        logits -= 3e-4 * (first / (1 - 0.5**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)

        metrics = trainer.step(*batches.train, ())

        np.testing.assert_allclose(flat(setup.architecture.values().values()), logits, atol=2e-6)
        found = setup.found(list(map(tf.constant, weights)), setup.architecture.tensors(), batches.train)
        norm = np.sqrt(sum(np.sum(np.square(each)) for each in found.to_weights))
        assert norm > settings.grad_bound
        assert metrics["grad_norm"] == pytest.approx(norm, rel=1e-4)
        assert metrics["loss"] == pytest.approx(float(found.loss), rel=1e-5)
        for k, each in enumerate(found.to_weights):
            velocities[k] = 0.9 * velocities[k] + each.numpy() * (settings.grad_bound / norm) + 3e-4 * weights[k]
            np.testing.assert_allclose(trainer.momenta[k], velocities[k], atol=1e-5)
            np.testing.assert_allclose(setup.network.weights[k], weights[k] - float(rate) * velocities[k], atol=1e-5)
    assert int(trainer.step_count) == 2


def test_the_surveys_step_moves_weights_then_logits_by_plain_descent():
    setup = Setup(update="survey")
    weights, logits = values_of(setup.network.weights), setup.architecture.tensors()
    found = setup.found(setup.weights, logits, setup.batches.train)
    rate = setup.trainer.step(*setup.batches.train, ())["lr"]
    for before, gradient, variable in zip(weights, found.to_weights, setup.network.weights, strict=True):
        np.testing.assert_allclose(variable, before - rate * gradient, atol=1e-6)
    gradient = setup.found(setup.weights, logits, setup.batches.valid).to_logits
    for name, value in setup.architecture.values().items():
        np.testing.assert_allclose(value, logits[name] - rate * gradient[name], atol=1e-6)
    assert not any(np.any(momentum) for momentum in setup.trainer.momenta)


@pytest.mark.parametrize("update", ["published", "survey"])
@pytest.mark.parametrize("order", [1, 2])
def test_averages_and_random_streams_move_once_a_step(update, order):
    setup = Setup(update=update, order=order)
    expected = setup.found(setup.weights, setup.architecture.tensors(), setup.batches.train).state
    setup.trainer.step(*setup.batches.train, ())
    counts = [v for v in setup.trainer.child.non_trainable_variables if v.name == "num_updates"]
    assert {float(count) for count in counts} == {1.0}
    integers = [k for k, value in enumerate(expected) if value.dtype.is_integer]
    assert len(integers) == 4  # dropout in three layers and before the classifier
    for k in integers:
        np.testing.assert_array_equal(setup.network.state[k], expected[k])


def test_the_rate_falls_along_half_a_cosine_epoch_by_epoch():
    setup = Setup(lr_max=0.2, lr_min=0.1)
    per_epoch = setup.data.batches_per_epoch
    rates = [setup.trainer._schedule(step) for step in range(2 * per_epoch)]
    np.testing.assert_allclose(rates, [0.2] * per_epoch + [0.15] * per_epoch)


def test_the_relaxed_network_and_its_architectures_are_measured():
    setup = Setup()
    setup.trainer.step(*setup.batches.train, ())
    before = values_of(setup.network.state)
    accuracies = setup.trainer.relaxed_accuracy(), setup.trainer.accuracy((0, 1, 0, 2, 0, 0))
    assert all(0 <= accuracy <= 1 and (32 * accuracy).is_integer() for accuracy in accuracies)
    for value, variable in zip(before, setup.network.state, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_in_mixed_precision_weights_and_logits_stay_in_single_precision_and_move():
    setup = Setup(run={"mixed_precision": "mixed_bfloat16"}, order=2)
    before = flat(setup.architecture.values().values())
    weights = values_of(setup.network.weights)
    metrics = setup.trainer.step(*setup.batches.train, ())
    assert metrics["loss"] == pytest.approx(np.log(10), abs=0.5)
    moved = np.abs(flat(setup.architecture.values().values()) - before)
    np.testing.assert_allclose(moved, DartsConfig().alpha_lr, rtol=0.01)  # Adam's first step
    for weight, value in zip(setup.weights, weights, strict=True):
        assert weight.dtype == tf.float32
        assert np.any(weight != value)


def test_micro_networks_search_without_dropout_and_auxiliary_head():
    setup = Setup()
    child = dataclasses.replace(setup.config.child, num_layers=2, num_cells=1, keep_prob=0.5, use_aux_heads=True)
    config = dataclasses.replace(
        setup.config, run=dataclasses.replace(setup.config.run, search_for="micro"), child=child
    )
    relaxation = relax(space_of(config))
    logits = {name: np.zeros(shape) for name, shape in relaxation.shapes.items()}
    network = make_darts_child(config, relaxation, setup.data.image_shape, setup.data.num_classes)
    assert network.classifier.keep_prob == 1.0
    assert network.auxiliary_head is None
    trainer = make_darts_trainer(config, Architecture(logits, config.strategy), setup.data, network)
    assert np.isfinite(trainer.step(*setup.batches.train, ())["loss"])
