import numpy as np
import pytest
import tensorflow as tf

from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.micro_operations import MICRO_OPERATION_LAYERS
from enas_tf.layers.operations import MACRO_OPERATION_LAYERS
from enas_tf.layers.relaxed_operations import RelaxedMicroOperation, RelaxedOperation
from enas_tf.search_space import MACRO_OPERATIONS, MICRO_OPERATIONS

POISONS = ("identity", "gaussian_noise(stddev=2.0)", "dropout(rate=0.5)", "transposed_conv(kernel_size=3)")
STRETCHED = "stretched_conv(dilation=3)"
MAPS = tf.constant(np.random.default_rng(0).normal(size=(4, 6, 6, 8)), tf.float32)


def macro(operation, **kwargs):
    layer = RelaxedOperation(8, operation, seed=3, **kwargs)
    layer.build(MAPS.shape)
    return layer


def micro(operation, **kwargs):
    layer = RelaxedMicroOperation(8, operation, num_inputs=3, seed=3, **kwargs)
    layer.build(MAPS.shape)
    return layer


def learned(layer):
    return {variable.name for variable in layer.trainable_variables}


@pytest.mark.parametrize("operation", [*MACRO_OPERATIONS, *POISONS, STRETCHED])
def test_no_scale_and_no_offset_of_a_macro_operation_is_learned(operation):
    assert not learned(macro(operation)) & {"scale", "offset"}
    assert {"scale", "offset"} <= learned(macro(operation, affine=True))


@pytest.mark.parametrize("operation", [*MICRO_OPERATIONS, *POISONS[1:], STRETCHED])
def test_nor_of_a_micro_operation(operation):
    assert not [name for name in learned(micro(operation)) if name.endswith(("scale", "offset"))]
    assert [name for name in learned(micro(operation, affine=True)) if name.endswith("scale")]


@pytest.mark.parametrize("operation", ["average_pooling", "max_pooling", *POISONS])
def test_what_does_not_end_normalized_is_normalized_once_more(operation):
    outputs = macro(operation)(MAPS, training=True)
    np.testing.assert_allclose(tf.reduce_mean(outputs, [0, 1, 2]), np.zeros(8), atol=1e-5)
    np.testing.assert_allclose(tf.math.reduce_std(outputs, [0, 1, 2]), np.ones(8), rtol=1e-3)


@pytest.mark.parametrize("operation", ["conv_3x3", "separable_conv_5x5", STRETCHED])
def test_a_convolution_computes_what_it_does_by_itself(operation):
    alone = MACRO_OPERATION_LAYERS.make(operation, filters=8, seed=3)
    alone.build(MAPS.shape)
    np.testing.assert_array_equal(macro(operation)(MAPS, training=True), alone(MAPS, training=True))


@pytest.mark.parametrize("affine", [False, True])
def test_what_gives_zeros_in_training_gives_them_in_evaluation_too(affine):
    layer = macro("dropout(rate=1.0)", affine=affine)
    for training in (True, False):
        np.testing.assert_array_equal(layer(MAPS, training=training), np.zeros(MAPS.shape))
    in_cells = micro("dropout(rate=1.0)", affine=affine)
    for training in (True, False):
        np.testing.assert_array_equal(in_cells(MAPS, index=2, training=training), np.zeros(MAPS.shape))


@pytest.mark.parametrize("operation", ["identity", "gaussian_noise(stddev=2.0)", "dropout(rate=0.5)", "max_pooling"])
def test_everything_else_is_there_in_evaluation(operation):
    layer = macro(operation)
    layer(MAPS, training=True)
    assert np.all(np.abs(layer(MAPS, training=False)) < 10)
    assert np.std(layer(MAPS, training=False)) > 0.3


def test_in_micro_batch_statistics_are_used_in_both_modes():
    layer = micro("average_pooling")
    np.testing.assert_array_equal(layer(MAPS, index=1, training=False), layer(MAPS, index=1, training=True))
    alone = MICRO_OPERATION_LAYERS.make("separable_conv_3x3", filters=8, seed=3, num_inputs=3)
    alone.build(MAPS.shape)
    np.testing.assert_array_equal(micro("separable_conv_3x3")(MAPS, index=2), alone(MAPS, index=2))


def test_it_says_which_operations_have_weights():
    assert macro("max_pooling").has_weights  # it begins with a convolution
    assert not macro("identity").has_weights and not macro("identity", affine=True).has_weights
    assert micro("separable_conv_3x3").has_weights and not micro("max_pooling").has_weights
    assert micro("transposed_conv(kernel_size=3)").has_weights


def test_it_is_made_anew_from_its_configuration():
    for layer in (macro("conv_3x3", affine=True), micro("identity")):
        config = layer.get_config()
        assert type(layer).from_config(config).get_config() == config


def test_averages_that_begin_anew_are_those_of_the_batches_since():
    for zero_debias in (True, False):
        norm = BatchNormalization(zero_debias=zero_debias)
        norm(MAPS + 5.0, training=True)
        norm.forget()
        norm(MAPS, training=True)
        norm.make_up_for_start(1)
        np.testing.assert_allclose(norm.moving_mean, tf.reduce_mean(MAPS, [0, 1, 2]), atol=1e-6)
        variance = tf.math.reduce_variance(MAPS, [0, 1, 2]) * 144 / 143
        np.testing.assert_allclose(norm.moving_variance, variance, rtol=1e-5)
