"""The network of one macro arc, with weights of its own.

Reference: ENAS (Pham et al., 2018), section 2.3, and the authors' code for the order of the layers.
"""

import keras

from enas_tf.config import ChildConfig
from enas_tf.errors import InputError
from enas_tf.layers.classifier import Classifier
from enas_tf.layers.convolution import NormalizedConvolution
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.operations import FIXED_MACRO_OPERATION_LAYERS
from enas_tf.models.differentiation import ChildOutputs
from enas_tf.models.fixed_network import FixedNetwork, concatenate, make_stem
from enas_tf.models.parts import PartFactory
from enas_tf.search_space import Arc, MacroLayer, MacroSpace

# What the quirk `plain_fixed_convs` makes of each operation; it has no others.
_PLAIN_CONVOLUTIONS = {f"{kind}conv_{k}x{k}": f"conv_{k}x{k}" for k in (3, 5) for kind in ("", "separable_")}

# By their index in the network's list of outputs.
Entries = dict[int, keras.KerasTensor]


def build_macro_network(
    space: MacroSpace,
    arc: Arc,
    config: ChildConfig,
    image_shape: tuple[int, int, int],
    num_classes: int,
    seed: int = 0,
    quirks: frozenset[str] = frozenset(),
    dtype: str | None = None,
) -> FixedNetwork:
    """Builds the network of one arc.

    Each layer is relu, 1×1 convolution, batch normalization, relu, and its operation: a convolution and batch
    normalization, or pooling. From the second layer on its output and those its skips name are joined, then relu,
    1×1 convolution, batch normalization. Where the map is halved its channels double. Outputs that no later layer reads
    are not reduced: the original does, without effect.

    Args:
      space: The macro space.
      arc: An architecture of it.
      config: Sizes.
      image_shape: (height, width, channels) of the images.
      num_classes: Of the data set.
      seed: The run's root seed.
      quirks: `plain_fixed_convs` makes ordinary convolutions of separable ones; others do not matter here.
      dtype: Dtype policy; None for Keras's global one.

    Raises:
      InputError: If `plain_fixed_convs` meets an operation the original has no such network for.
    """
    parts = PartFactory(config.data_format, seed, dtype)
    filters = config.filters
    images, stem = make_stem(parts, image_shape, filters)
    entries, layers = {0: stem}, space.layers(arc)
    for i, layer in enumerate(layers):
        operation = _operation(space.operations[layer.operation], i, quirks)
        entries[i + 1] = _make_layer(parts, i, layer, operation, entries, filters)
        if i in space.pool_layers:
            filters *= 2
            entries = _reduce(parts, i, entries, _entries_read(layers, i + 1), filters)
    classifier = parts.make(Classifier, "classifier", num_classes=num_classes, keep_prob=config.keep_prob)
    return FixedNetwork(images, ChildOutputs(classifier(entries[len(layers)])), name="macro_network")


def _operation(name: str, i: int, quirks: frozenset[str]) -> str:
    if "plain_fixed_convs" not in quirks:
        return name
    if name not in _PLAIN_CONVOLUTIONS:
        raise InputError(f"--original_quirks=plain_fixed_convs, layer {i} of the arc", "a convolution", name)
    return _PLAIN_CONVOLUTIONS[name]


def _make_layer(
    parts: PartFactory, i: int, layer: MacroLayer, operation: str, entries: Entries, filters: int
) -> keras.KerasTensor:
    output = parts.make(
        FIXED_MACRO_OPERATION_LAYERS.make, f"layer_{i}_operation", operation=operation, filters=filters
    )(entries[i])
    if i == 0:
        return output
    joined = concatenate(parts, f"layer_{i}_join", [*(entries[entry] for entry in layer.sources), output])
    skip = parts.make(NormalizedConvolution, f"layer_{i}_skip", filters=filters, kernel_size=1, input_relu=True)
    return skip(joined)


def _entries_read(layers: tuple[MacroLayer, ...], start: int) -> set[int]:
    """Entries of the list that layers from `start` on, or the classifier, read."""
    return {start, *(entry for layer in layers[start:] for entry in layer.sources)}


def _reduce(parts: PartFactory, i: int, entries: Entries, needed: set[int], filters: int) -> Entries:
    return {
        entry: parts.make(FactorizedReduction, f"layer_{i}_reduction_{entry}", filters=filters)(output)
        for entry, output in entries.items()
        if entry in needed
    }
