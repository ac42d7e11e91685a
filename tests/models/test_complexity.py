import keras
import pytest

from enas_tf.config import ChildConfig
from enas_tf.models.complexity import Complexity, complexity_of
from enas_tf.models.macro_network import build_macro_network
from enas_tf.search_space import MacroSpace


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_a_network_counted_by_hand(data_format):
    """4×4 images of 3 channels, 2 filters, one layer, 5 classes."""
    space = MacroSpace(1, ("separable_conv_3x3",))
    config = ChildConfig(1, out_filters=2, data_format=data_format)
    network = build_macro_network(space, (0,), config, (4, 4, 3), 5).network
    stem, first, depthwise, pointwise, classifier = 3 * 3 * 3 * 2, 2 * 2, 3 * 3 * 2, 2 * 2, 2 * 5
    normalizations = 3 * (2 + 2)
    assert complexity_of(network) == Complexity(
        num_parameters=stem + first + depthwise + pointwise + classifier + normalizations,
        multiply_adds=4 * 4 * (stem + first + depthwise + pointwise) + classifier,
    )


def test_strides_count_by_the_result():
    images = keras.Input((6, 5, 2))
    network = keras.Model(images, keras.layers.Conv2D(3, 3, strides=2, padding="same")(images))
    assert complexity_of(network) == Complexity(3 * 3 * 2 * 3 + 3, 3 * 3 * (3 * 3 * 2 * 3))
