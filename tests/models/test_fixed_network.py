"""What networks of one arc promise in both spaces: their published sizes, and that a saved one loads anywhere."""

import subprocess
import sys

import numpy as np
import pytest

from enas_tf.config import ChildConfig
from enas_tf.models.fixed_network import FixedNetwork
from enas_tf.models.macro_network import build_macro_network
from enas_tf.models.micro_network import build_micro_network
from enas_tf.search_space import MACRO_OPERATIONS, MacroSpace, MicroSpace

# Of the original's final training scripts.
MACRO_FINAL_ARC = """
0  3 0  0 1 0  2 0 0 1  2 0 0 0 0  3 1 1 0 1 0  2 0 0 0 0 0 1  2 0 1 1 0 1 1 1  1 0 1 1 1 0 1 0 1
0 0 0 0 0 0 0 0 0 0  2 0 0 0 0 0 1 0 0 0 0  0 1 0 0 1 1 0 0 0 0 1 1  2 0 1 0 0 0 0 0 1 0 1 1 0
1 0 0 1 0 0 0 1 1 1 0 1 0 1  0 1 1 0 1 0 1 0 0 0 0 0 1 0 0  2 0 0 1 0 0 0 0 0 0 0 1 0 1 0 1
2 0 1 0 0 0 1 0 0 1 1 1 1 0 0 1 0  2 0 0 0 0 1 0 1 0 1 0 0 1 0 1 0 0 1  3 0 1 1 0 1 0 0 0 0 0 1 0 1 0 1 0 0 0
3 0 1 1 0 0 0 0 0 0 0 0 0 1 1 0 0 0 0 1  0 1 0 0 1 0 1 1 0 0 0 1 0 0 0 0 0 1 1 0 0
3 0 1 0 1 1 0 0 1 0 1 1 0 1 1 0 1 0 0 1 0 0  0 1 0 1 0 1 0 0 0 0 0 0 0 0 1 0 1 0 0 1 0 0 0
0 1 1 0 0 0 1 1 1 0 1 0 0 0 1 0 1 0 0 1 1 0 0 0
"""
MICRO_FINAL_ARC = "0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1  1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1"


def _size(variables):
    return sum(int(np.prod(variable.shape)) for variable in variables)


@pytest.mark.long
def test_macro_parameters_of_the_published_size():
    space = MacroSpace(24, MACRO_OPERATIONS[:4])
    config, quirks = ChildConfig(24, out_filters=96), frozenset({"plain_fixed_convs"})
    network = build_macro_network(space, space.parse(MACRO_FINAL_ARC), config, (32, 32, 3), 10, quirks=quirks)
    assert _size(network.trainable_variables) == 42_559_392


@pytest.mark.long
def test_micro_parameters_of_the_published_size():
    space = MicroSpace(5)
    config = ChildConfig(15, out_filters=36, use_aux_heads=True)
    network = build_micro_network(space, space.parse(MICRO_FINAL_ARC), config, (32, 32, 3), 10)
    assert _size(network.network.trainable_variables) == 3_894_372
    assert _size(network.auxiliary_variables) == 494_848


def _macro() -> FixedNetwork:
    return build_macro_network(MacroSpace(3), (1, 5, 1, 0, 1, 1), ChildConfig(3, out_filters=4), (8, 8, 3), 5)


def _micro() -> FixedNetwork:
    config = ChildConfig(1, out_filters=4, use_aux_heads=True, drop_path_keep_prob=0.6)
    arc = (0, 0, 1, 4, 2, 2, 1, 3, 1, 3, 1, 4, 2, 1, 2, 4)
    return build_micro_network(MicroSpace(2), arc, config, (20, 20, 3), 5)


LOADER = """
import sys
import enas_tf.layers
import keras, numpy as np
for name in ("macro", "micro"):
    network = keras.saving.load_model(f"{name}.keras")
    np.save(f"{name}_reloaded.npy", network(np.load(f"{name}_images.npy")))
assert not [name for name in sys.modules if name.startswith(("enas_tf.models", "enas_tf.training"))]
"""


# Of Keras, about numpy; no fault of what is saved.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_saved_networks_load_where_only_the_layers_are_imported(tmp_path):
    expected = {}
    for name, network in (("macro", _macro()), ("micro", _micro())):
        images = np.random.default_rng(0).normal(size=(3, *network.network.input_shape[1:])).astype(np.float32)
        network.outputs(images, training=True)  # moves averages away from their start
        expected[name] = network.outputs(images, training=False).logits
        network.network.save(tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}_images.npy", images)
    subprocess.run([sys.executable, "-c", LOADER], cwd=tmp_path, check=True)
    for name, logits in expected.items():
        np.testing.assert_allclose(np.load(tmp_path / f"{name}_reloaded.npy"), logits, rtol=1e-5, atol=1e-6)
