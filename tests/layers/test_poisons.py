"""The operations that poison a space, alone, in compiled pieces and in both spaces' networks."""

import numpy as np
import pytest
import tensorflow as tf

import enas_tf.layers  # noqa: F401  (registers all operations)
from enas_tf.errors import InputError
from enas_tf.layers.cell_operations import CELL_OPERATION_LAYERS
from enas_tf.layers.micro_operations import MICRO_OPERATION_LAYERS
from enas_tf.layers.operations import FIXED_MACRO_OPERATION_LAYERS, MACRO_OPERATION_LAYERS
from enas_tf.models.pieces import Pieces

FILTERS = 4
MAP_SHAPE = (6, 5, FILTERS)
IDENTITIES_IN_EVALUATION = ["identity", "gaussian_noise(stddev=10.0)", "dropout(rate=0.9)", "dropout(rate=1.0)"]
CONVOLUTIONS = ["transposed_conv(kernel_size=3)", "transposed_conv(kernel_size=5)", "stretched_conv(dilation=50)"]
ALL = [*IDENTITIES_IN_EVALUATION, *CONVOLUTIONS]


def make(operation, shape=MAP_SHAPE, registry=MACRO_OPERATION_LAYERS, **kwargs):
    layer = registry.make(operation, filters=FILTERS, seed=3, name="layer", **kwargs)
    layer.build((None, *shape))
    return layer


def maps(batch_size=2, shape=MAP_SHAPE, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=(batch_size, *shape)), tf.float32)


@pytest.mark.parametrize("registry", [MACRO_OPERATION_LAYERS, FIXED_MACRO_OPERATION_LAYERS])
@pytest.mark.parametrize("operation", IDENTITIES_IN_EVALUATION)
def test_identity_noise_and_dropout_are_the_identity_in_evaluation(operation, registry):
    x = maps()
    np.testing.assert_array_equal(make(operation, registry=registry)(x, training=False), x)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("operation", ALL)
def test_the_shape_is_kept(operation, training):
    x = maps()
    assert make(operation)(x, training=training).shape == x.shape


def test_noise_multiplies_each_number_by_a_factor_of_its_own():
    x = tf.ones([1, 40, 50, FILTERS])
    layer = make("gaussian_noise(stddev=10.0)", (40, 50, FILTERS))
    factors = layer(x, training=True).numpy() - 1.0
    assert abs(factors.mean()) < 0.4  # 8,000 draws: a standard error of 0.11
    assert factors.std() == pytest.approx(10.0, rel=0.05)
    np.testing.assert_allclose(
        make("gaussian_noise(stddev=10.0)", (40, 50, FILTERS))(2 * x, training=True), 2 * factors + 2
    )
    assert np.abs(layer(x, training=True).numpy() - 1.0 - factors).max() > 1.0  # the next draw is another


def test_the_gradient_takes_the_noise_for_a_constant():
    x = maps()
    layer = make("gaussian_noise(stddev=10.0)")
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layer(x, training=True))
    np.testing.assert_array_equal(tape.gradient(total, x), np.ones(x.shape))


def test_dropout_keeps_its_share_and_scales_it():
    x = tf.ones([1, 40, 50, FILTERS])
    outputs = make("dropout(rate=0.9)", (40, 50, FILTERS))(x, training=True).numpy()
    np.testing.assert_allclose(np.unique(outputs), [0.0, 10.0], rtol=1e-6)
    assert np.mean(outputs > 0) == pytest.approx(0.1, abs=0.015)


def test_dropout_of_everything_gives_zeros_and_no_gradient():
    x = maps()
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = make("dropout(rate=1.0)")(x, training=True)
    np.testing.assert_array_equal(outputs, np.zeros(x.shape))
    assert not np.any(tape.gradient(outputs, x, unconnected_gradients="zero"))


@pytest.mark.parametrize("kernel_size", [3, 5])
def test_a_transposed_convolution_is_one_with_the_mirrored_kernel_and_nothing_else(kernel_size):
    layer, x = make(f"transposed_conv(kernel_size={kernel_size})"), maps()
    (kernel,) = layer.weights  # [k, k, out, in]
    mirrored = tf.transpose(tf.reverse(kernel.value, [0, 1]), [0, 1, 3, 2])
    expected = tf.nn.conv2d(x, mirrored, 1, "SAME")
    np.testing.assert_allclose(layer(x, training=True), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("registry", [MACRO_OPERATION_LAYERS, FIXED_MACRO_OPERATION_LAYERS])
def test_a_stretched_convolution_is_a_branch_with_a_1x1_convolution_on_small_maps(registry):
    stretched = make("stretched_conv(dilation=50)", registry=registry)
    plain = registry.make("conv_3x3", filters=FILTERS, seed=3, name="layer")
    plain.build((None, *MAP_SHAPE))
    centre_only = np.zeros((3, 3, FILTERS, FILTERS), np.float32)
    for weight, other in zip(stretched.weights, plain.weights, strict=True):
        assert weight.path == other.path
        if weight.path.endswith("output_conv/kernel"):
            centre_only[1, 1] = weight.numpy()[1, 1]
            other.assign(centre_only)
        else:
            other.assign(weight)
    for training in (True, False):
        np.testing.assert_allclose(
            stretched(maps(), training=training), plain(maps(), training=training), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize(("dilation", "shape"), [(2, (6, 5)), (4, (6, 3)), (6, (6, 5)), (50, (6, 5))])
def test_a_stretched_convolution_is_a_dilated_one_on_maps_of_any_size(dilation, shape):
    layer = make(f"stretched_conv(dilation={dilation})", (*shape, FILTERS))
    (conv,) = layer.convs
    x = maps(shape=(*shape, FILTERS))
    padding = [[0, 0], [dilation, dilation], [dilation, dilation], [0, 0]]
    with tf.GradientTape(persistent=True) as tape:
        outputs = tf.reduce_sum(conv(x) ** 2)
        expected = tf.reduce_sum(
            tf.nn.convolution(tf.pad(x, padding), conv.kernel.value, 1, "VALID", dilations=dilation) ** 2
        )
    np.testing.assert_allclose(outputs, expected, rtol=1e-5)
    kernel = conv.kernel.value
    np.testing.assert_allclose(tape.gradient(outputs, kernel), tape.gradient(expected, kernel), rtol=1e-3, atol=1e-3)


def test_instances_in_other_layers_draw_other_noise_through_one_trace():
    layers = [
        MACRO_OPERATION_LAYERS.make("dropout(rate=0.9)", filters=FILTERS, seed=seed, name=f"layer_{seed}_dropout")
        for seed in (1, 2)
    ]
    for layer in layers:
        layer.build((None, *MAP_SHAPE))
    pieces, x = Pieces(), maps()

    def run(layer):
        return pieces.bind(layer, x, True).forward([x])[0]

    state = layers[0].seed_generator.state
    before = state.numpy()
    first, second = (run(layer) for layer in layers)
    assert pieces.num_kinds == 1
    assert np.any(first != second)
    assert np.any(run(layers[0]) != first)  # its state has moved on
    state.assign(before)
    np.testing.assert_array_equal(run(layers[0]), first)


@pytest.mark.parametrize("operation", ALL[1:])
def test_a_micro_operation_is_the_macro_one_whichever_the_input(operation):
    layer = make(operation, registry=MICRO_OPERATION_LAYERS, num_inputs=3)
    assert layer.num_inputs == 3
    assert layer.has_modes == (not operation.startswith("stretched"))
    for index in range(3):
        assert layer(maps(), tf.constant(index), training=True).shape == (2, *MAP_SHAPE)
    if operation in IDENTITIES_IN_EVALUATION:
        np.testing.assert_array_equal(layer(maps(), tf.constant(0), training=False), maps())


@pytest.mark.parametrize("operation", ALL)
@pytest.mark.parametrize(("strides", "shape"), [(1, (6, 5)), (2, (3, 3))])
def test_a_cell_operation_keeps_or_halves_the_map(operation, strides, shape):
    layer = make(operation, registry=CELL_OPERATION_LAYERS, strides=strides)
    assert layer(maps(), training=True).shape == (2, *shape, FILTERS)
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()


@pytest.mark.parametrize("operation", ["dropout", "dropout(p=0.5)", "dropout(rate=2)", "stretched_conv(kernel_size=3)"])
def test_a_name_without_its_parameters_makes_no_layer(operation):
    with pytest.raises(InputError, match="operation"):
        make(operation)
