"""The shared network of the micro space: cells stacked to a network, one set of weights for all architectures.

Reference: ENAS (Pham et al., 2018), section 2.4, and the authors' code for calibration and batch normalization.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from enas_tf.config import ChildConfig
from enas_tf.layers.auxiliary_head import AuxiliaryHead
from enas_tf.layers.cell_output import SharedCellOutput
from enas_tf.layers.classifier import Classifier
from enas_tf.layers.convolution import NormalizedConvolution
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.micro_operations import MICRO_OPERATION_LAYERS, Identity, MicroOperation
from enas_tf.layers.rectification import Rectification
from enas_tf.layers.sums import Sum
from enas_tf.models.differentiation import ChildOutputs
from enas_tf.models.micro_layout import (
    STEM_FILTERS_FACTOR,
    auxiliary_layer,
    calibration,
    num_cell_layers,
    reduction_layers,
)
from enas_tf.models.pieces import CallLayer, Known
from enas_tf.models.shared_child import STEM_KERNEL_SIZE, MapSize, SharedChild
from enas_tf.search_space import Cell, MicroSpace


class MicroChild(SharedChild):
    """Stem, normal cells with two reduction cells between them, classifier; an auxiliary head while training.

    Batch statistics are used in every mode, as in the original: shared weights have no moving averages that would fit
    one architecture. The averages are kept all the same and nothing reads them.

    Args:
      space: The micro space.
      config: Sizes.
      image_shape: (height, width, channels) of the images.
      num_classes: Of the data set.
      **kwargs: Of `SharedChild`.

    Raises:
      InputError: If the auxiliary head is asked for and the images are too small for it.
    """

    reads_averages = False

    def __init__(
        self, space: MicroSpace, config: ChildConfig, image_shape: tuple[int, int, int], num_classes: int, **kwargs: Any
    ) -> None:
        super().__init__(config, **kwargs)
        self.space = space
        self.image_shape = image_shape
        filters = config.filters
        size = MapSize(*image_shape)
        stem_filters = STEM_FILTERS_FACTOR * filters
        self.stem = self._part(NormalizedConvolution, "stem", size, filters=stem_filters, kernel_size=STEM_KERNEL_SIZE)
        self.reductions: dict[int, FactorizedReduction] = {}
        self.calibrations: list[list[keras.layers.Layer | None]] = []
        self.operations: list[list[list[dict[str, MicroOperation]]]] = []  # by layer, block and side
        self.cell_outputs: list[SharedCellOutput] = []
        self.relu, self.sum = (
            self._built(kind(name=name, dtype=self.part_policy.name), size)
            for name, kind in (("relu", Rectification), ("sum", Sum))
        )
        self.auxiliary_head = None
        sizes = [size.with_channels(stem_filters)] * 2  # of the two inputs of the next cell
        for i in range(num_cell_layers(config)):
            if i in reduction_layers(config):
                filters *= 2
                self.reductions[i] = self._part(FactorizedReduction, f"layer_{i}_reduction", sizes[1], filters=filters)
                sizes = [sizes[1], sizes[1].halved().with_channels(filters)]
            self._make_cell(i, sizes, filters)
            sizes = [sizes[1], sizes[1].with_channels(filters)]
            if config.use_aux_heads and i == auxiliary_layer(config):
                self.auxiliary_head = self._part(AuxiliaryHead, "auxiliary_head", sizes[1], num_classes=num_classes)
        self.classifier = self._part(
            Classifier,
            "classifier",
            sizes[1],
            num_classes=num_classes,
            keep_prob=config.keep_prob,
            input_relu=True,
        )
        self.built = True

    def _make_cell(self, i: int, sizes: Sequence[MapSize], filters: int) -> None:
        """Makes what layer i is made of: calibration of both inputs, operations of all blocks, output."""
        self.calibrations.append(
            [self._make_calibration(f"layer_{i}_input_{k}", sizes[k], sizes[1], filters) for k in range(2)]
        )
        size = sizes[1].with_channels(filters)
        self.operations.append(
            [[self._block_operations(f"layer_{i}_block_{b}_{side}", size, b) for side in "xy"] for b in self._blocks]
        )
        num_entries = 2 + self.space.num_blocks
        self.cell_outputs.append(
            self._part(SharedCellOutput, f"layer_{i}_output", size, filters=filters, num_entries=num_entries)
        )

    @property
    def _blocks(self) -> range:
        return range(self.space.num_blocks)

    def _make_calibration(self, name: str, size: MapSize, target: MapSize, filters: int) -> keras.layers.Layer | None:
        """What brings an input, rectified, to the cell's size and channels; None where it has them."""
        factory = calibration(size, target, filters)
        return None if factory is None else self._part(factory, name, size, input_relu=False)

    def _block_operations(self, name: str, size: MapSize, block: int) -> dict[str, MicroOperation]:
        """The modules of one side of a block by operation; instances of one name share a module."""
        return {
            operation: self._part(
                self._make_operation,
                f"{name}_{operation}",
                size,
                operation=operation,
                filters=size.channels,
                num_inputs=2 + block,
            )
            for operation in dict.fromkeys(self.space.operations)
        }

    def _make_operation(self, **kwargs: Any) -> MicroOperation:
        """Makes the module of an operation (arguments as `OperationRegistry.make`)."""
        return MICRO_OPERATION_LAYERS.make(**kwargs)

    @property
    def auxiliary_variables(self) -> list[keras.Variable]:
        """Trainable variables of the auxiliary head; none where there is no such head."""
        return [] if self.auxiliary_head is None else self.auxiliary_head.trainable_variables

    def wire(self, call: CallLayer, images: tf.Tensor, arc: Sequence[int], training: bool) -> ChildOutputs:
        """Lays an architecture out, as `SharedChild` describes."""
        normal, reduction = self.space.cells(arc)

        def wire_cell(i: int, entries: list[Known]) -> Known:
            return self._wire_cell(call, i, reduction if i in self.reductions else normal, entries, training)

        return self._stack(call, images, wire_cell, training)

    def _stack(
        self, call: CallLayer, images: tf.Tensor, wire_cell: Callable[[int, list[Known]], Known], training: bool
    ) -> ChildOutputs:
        """Lays the network out; `wire_cell` gives a layer's output, from its number and its calibrated inputs."""
        inputs = [call(self.stem, self._to_data_format(images), True)] * 2
        auxiliary_logits = None
        for i in range(num_cell_layers(self.config)):
            if i in self.reductions:
                inputs = [inputs[1], call(self.reductions[i], inputs[1], True)]
            entries = [
                entry if calibration is None else call(calibration, call(self.relu, entry, True), True)
                for calibration, entry in zip(self.calibrations[i], inputs, strict=True)
            ]
            inputs = [inputs[1], wire_cell(i, entries)]
            if training and self.auxiliary_head is not None and i == auxiliary_layer(self.config):
                auxiliary_logits = call(self.auxiliary_head, inputs[1], training)
        return ChildOutputs(call(self.classifier, inputs[1], training), auxiliary_logits)

    def _wire_cell(self, call: CallLayer, i: int, cell: Cell, entries: list[Known], training: bool) -> Known:
        for block, (first, second) in zip(cell.blocks, self.operations[i], strict=True):
            operation_1, operation_2 = (self.space.operations[k] for k in (block.operation_1, block.operation_2))
            sides = [
                self._call_operation(call, first, operation_1, entries, block.index_1, training),
                self._call_operation(call, second, operation_2, entries, block.index_2, training),
            ]
            entries.append(call(self.sum, sides, True))
        return call(self.cell_outputs[i], [entries[k] for k in cell.unused], True, cell.unused)

    def _call_operation(
        self,
        call: CallLayer,
        modules: Mapping[str, MicroOperation],
        operation: str,
        entries: Sequence[Known],
        index: int,
        training: bool,
    ) -> Known:
        module = modules[operation]
        if isinstance(module, Identity):
            return entries[index]  # a call that does nothing takes its time too
        # What several operations and cells read is rectified once.
        inputs = call(self.relu, entries[index], True) if module.takes_rectified else entries[index]
        # Most compute the same in both modes, which then share a trace.
        return call(module, inputs, training or not module.has_modes, index)
