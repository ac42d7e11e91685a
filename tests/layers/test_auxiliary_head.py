import numpy as np
import pytest

from enas_tf.errors import InputError
from enas_tf.layers.auxiliary_head import AuxiliaryHead
from tests.layers import numpy_layers
from tests.layers.numpy_layers import relu

MAP = np.random.default_rng(0).normal(size=(3, 8, 12, 4)).astype(np.float32)


def _built(shape=MAP.shape, **kwargs):
    layer = AuxiliaryHead(num_classes=5, filters=6, name="auxiliary_head", **kwargs)
    layer.build((None, *shape[1:]))
    return layer


def _pooled(x):
    """5×5 averages at stride 3, whole windows only."""
    rows, columns = (range(0, size - 4, 3) for size in x.shape[1:3])
    return np.array([[x[:, r : r + 5, c : c + 5].mean(axis=(1, 2)) for c in columns] for r in rows]).transpose(
        2, 0, 1, 3
    )


def _whole_map_conv(x, kernel):
    """SAME convolution with a kernel as large as the map, of even or odd size; an even one reaches further behind."""
    sizes = kernel.shape[:2]
    before = [(size - 1) // 2 for size in sizes]
    padding = [(b, size - 1 - b) for b, size in zip(before, sizes, strict=True)]
    padded = np.pad(x, [(0, 0), *padding, (0, 0)])
    height, width = x.shape[1:3]
    windows = [[padded[:, r : r + height, c : c + width] for c in range(sizes[1])] for r in range(sizes[0])]
    return np.einsum("rcbhwi,rcio->bhwo", np.array(windows), kernel)


@pytest.mark.parametrize("training", [True, False])
def test_logits(training):
    layer = _built()
    expected = _pooled(relu(MAP))
    assert expected.shape == (3, 2, 3, 4)
    for part in (layer.projection, layer.features):
        numpy_layers.randomize(part.norm)
        expected = _whole_map_conv(expected, part.conv.kernel.numpy())
        expected = relu(numpy_layers.apply_norm(part.norm, expected, 1e-5, training))
    expected = expected.mean(axis=(1, 2)) @ layer.classifier.fc.kernel.numpy()
    np.testing.assert_allclose(layer(MAP, training=training), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("size", "map_size"), [((5, 5), (1, 1)), ((8, 8), (2, 2)), ((7, 11), (1, 3))])
def test_the_second_convolution_is_as_large_as_the_pooled_map(size, map_size):
    layer = AuxiliaryHead(num_classes=5)
    layer.build((None, *size, 4))
    assert tuple(layer.projection.conv.kernel.shape) == (1, 1, 4, 128)
    assert tuple(layer.features.conv.kernel.shape) == (*map_size, 128, 768)
    assert tuple(layer.classifier.fc.kernel.shape) == (768, 5)


@pytest.mark.parametrize("size", [(4, 8), (8, 4), (2, 2)])
def test_maps_that_cannot_be_pooled_are_refused(size):
    with pytest.raises(
        InputError, match=f"--child_use_aux_heads: expected maps of 5x5 .*, received {size[0]}x{size[1]}"
    ):
        _built((3, *size, 4))


def test_channels_first_has_the_same_weights():
    first = _built((3, 4, 8, 12), data_format="NCHW")
    for weight, same in zip(first.weights, _built().weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), same.numpy())


def test_the_seed_fixes_every_kernel_and_no_two_are_alike():
    first, again, other = (
        [weight.numpy() for weight in _built(seed=seed).weights if weight.name == "kernel"] for seed in (1, 1, 2)
    )
    assert len(first) == 3
    for kernel, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(kernel, same)
        assert not np.array_equal(kernel, different)
