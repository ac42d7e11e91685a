"""The network of one micro arc, with weights of its own: its two cells, stacked.

Reference: ENAS (Pham et al., 2018), section 2.4, and the authors' code for calibration and drop path.
"""

from collections.abc import Sequence

import keras

from enas_tf.config import ChildConfig
from enas_tf.layers.auxiliary_head import AuxiliaryHead
from enas_tf.layers.cell_operations import CELL_OPERATION_LAYERS
from enas_tf.layers.classifier import Classifier
from enas_tf.layers.convolution import NormalizedConvolution
from enas_tf.layers.drop_path import DropPath, TrainingProgress
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.models.differentiation import ChildOutputs
from enas_tf.models.fixed_network import FixedNetwork, concatenate, make_stem
from enas_tf.models.micro_layout import (
    STEM_FILTERS_FACTOR,
    auxiliary_layer,
    calibration,
    num_cell_layers,
    reduction_layers,
)
from enas_tf.models.parts import PartFactory
from enas_tf.models.shared_child import MapSize
from enas_tf.search_space import NUM_CELL_INPUTS, Arc, Cell, MicroSpace

NEVER_DROPPED = "identity"


def build_micro_network(
    space: MicroSpace,
    arc: Arc,
    config: ChildConfig,
    image_shape: tuple[int, int, int],
    num_classes: int,
    seed: int = 0,
    dtype: str | None = None,
) -> FixedNetwork:
    """Builds the network of one arc: stem, normal cells with two reduction cells between them, classifier.

    Each cell brings both inputs to its size and gives the second one a 1×1 convolution; its blocks add two operations
    each, and its entries that no block reads are joined to its output. A reduction cell has twice the channels and
    applies its operations on its inputs at stride 2.

    Args:
      space: The micro space.
      arc: An architecture of it.
      config: Sizes; `drop_path_keep_prob` and `use_aux_heads` matter in training only.
      image_shape: (height, width, channels) of the images.
      num_classes: Of the data set.
      seed: The run's root seed.
      dtype: Dtype policy; None for Keras's global one.

    Raises:
      InputError: If the auxiliary head is asked for and the images are too small for it.
    """
    parts = PartFactory(config.data_format, seed, dtype)
    filters = config.filters
    images, stem = make_stem(parts, image_shape, STEM_FILTERS_FACTOR * filters)
    progress = TrainingProgress(dtype="float32", name="training_progress")(images)
    normal, reduction = space.cells(arc)
    inputs, auxiliary_logits = [stem, stem], None
    for i in range(num_cell_layers(config)):
        is_reduction = i in reduction_layers(config)
        filters *= 2 if is_reduction else 1
        cell = _CellBuilder(space, config, parts, i, filters, progress)
        output = cell.build(reduction if is_reduction else normal, inputs, strides=2 if is_reduction else 1)
        inputs = [inputs[1], output]
        if config.use_aux_heads and i == auxiliary_layer(config):
            auxiliary_logits = parts.make(AuxiliaryHead, "auxiliary_head", num_classes=num_classes)(output)
    classifier = parts.make(
        Classifier, "classifier", num_classes=num_classes, keep_prob=config.keep_prob, input_relu=True
    )
    return FixedNetwork(images, ChildOutputs(classifier(inputs[1]), auxiliary_logits), name="micro_network")


class _CellBuilder:
    """Builds the cell of one layer of the network."""

    def __init__(
        self,
        space: MicroSpace,
        config: ChildConfig,
        parts: PartFactory,
        layer: int,
        filters: int,
        progress: keras.KerasTensor,
    ) -> None:
        self._space = space
        self._parts = parts
        self._name = f"layer_{layer}"
        self._filters = filters
        self._progress = progress
        # Paths are dropped more often the higher they lie.
        height = (layer + 1) / num_cell_layers(config)
        self._keep_prob = 1.0 - height * (1.0 - config.drop_path_keep_prob)

    def build(self, cell: Cell, inputs: list[keras.KerasTensor], strides: int) -> keras.KerasTensor:
        """Returns the cell's output; `strides` is that of operations on its inputs."""
        entries = self._calibrated(inputs)
        for b, block in enumerate(cell.blocks):
            name = f"{self._name}_block_{b}"
            sides = {"x": (block.index_1, block.operation_1), "y": (block.index_2, block.operation_2)}
            summands = [
                self._operation(f"{name}_{side}", operation, entries[index], strides if index < NUM_CELL_INPUTS else 1)
                for side, (index, operation) in sides.items()
            ]
            entries.append(keras.layers.Add(dtype=self._parts.dtype, name=f"{name}_sum")(summands))
        return self._joined(entries, cell.unused)

    def _calibrated(self, inputs: list[keras.KerasTensor]) -> list[keras.KerasTensor]:
        """The inputs at one size, the second one behind a convolution of its own."""
        calibrated = []
        for k, maps in enumerate(inputs):
            factory = calibration(self._size(maps), self._size(inputs[1]), self._filters)
            calibrated.append(maps if factory is None else self._parts.make(factory, f"{self._name}_input_{k}")(maps))
        base = self._parts.make(
            NormalizedConvolution, f"{self._name}_base", filters=self._filters, kernel_size=1, input_relu=True
        )
        return [calibrated[0], base(calibrated[1])]

    def _operation(self, name: str, operation: int, maps: keras.KerasTensor, strides: int) -> keras.KerasTensor:
        kind = self._space.operations[operation]
        layer = self._parts.make(
            CELL_OPERATION_LAYERS.make, name, operation=kind, filters=self._filters, strides=strides
        )
        if kind == NEVER_DROPPED or self._keep_prob == 1.0:
            return layer(maps)
        name = f"{name}_drop_path"
        drop_path = DropPath(self._keep_prob, self._parts.seed_of(name), dtype=self._parts.dtype, name=name)
        return drop_path(layer(maps), self._progress)

    def _joined(self, entries: list[keras.KerasTensor], unused: Sequence[int]) -> keras.KerasTensor:
        """The unused entries side by side, at the size of the last block's output."""
        outputs = []
        for entry in unused:
            output = entries[entry]
            if self._size(output).height != self._size(entries[-1]).height:
                name = f"{self._name}_output_{entry}"
                output = self._parts.make(FactorizedReduction, name, filters=self._filters)(output)
            outputs.append(output)
        return concatenate(self._parts, f"{self._name}_join", outputs)

    def _size(self, maps: keras.KerasTensor) -> MapSize:
        return MapSize.of(maps, self._parts.data_format)
