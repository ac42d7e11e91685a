"""The shared network of the macro space: one set of weights that every architecture of the space runs on.

Reference: ENAS (Pham et al., 2018), section 2.3, and the authors' code for batch-norm and reduction details.
"""

from collections.abc import Sequence

import tensorflow as tf

from enas_tf.config import ChildConfig
from enas_tf.layers.classifier import Classifier
from enas_tf.layers.convolution import NormalizedConvolution
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.operations import MACRO_OPERATION_LAYERS
from enas_tf.models.shared_child import STEM_KERNEL_SIZE, ChildOutputs, MapSize, SharedChild
from enas_tf.search_space import MacroLayer, MacroSpace


class MacroChild(SharedChild):
    """Stem, layers of one sampled operation and sampled skips, two reductions, classifier.

    The quirks `last_branch` and `all_branch_statistics` concern this network.

    Args:
      space: The macro space.
      config: Sizes.
      image_shape: (height, width, channels) of the images.
      num_classes: Of the data set.
      **kwargs: Of `SharedChild`.
    """

    def __init__(
        self, space: MacroSpace, config: ChildConfig, image_shape: tuple[int, int, int], num_classes: int, **kwargs
    ):
        super().__init__(config, **kwargs)
        self.space = space
        filters = config.filters
        self.stem = self._part(
            NormalizedConvolution,
            "stem",
            MapSize(*image_shape),
            filters=filters,
            kernel_size=STEM_KERNEL_SIZE,
            relu=False,
        )
        self.operations, self.skip_norms, self.reductions = [], [], {}
        size = MapSize(*image_shape).with_channels(filters)
        for i in range(space.num_layers):
            self.operations.append(self._layer_operations(i, size))
            # Layer 0 adds no skips and has no normalization of their sum.
            self.skip_norms.append(self._normalization(f"layer_{i}_skip_bn", size) if i else None)
            if i in space.pool_layers:
                self.reductions[i] = [
                    self._part(FactorizedReduction, f"layer_{i}_reduction_{entry}", size, filters=filters)
                    for entry in range(i + 2)
                ]
                size = size.halved()
        self.classifier = self._part(
            Classifier, "classifier", size, num_classes=num_classes, keep_prob=config.keep_prob
        )
        self.built = True

    def _layer_operations(self, i: int, size: MapSize) -> dict:
        """The modules of one layer by operation; instances of one name share a module."""
        return {
            operation: self._part(
                MACRO_OPERATION_LAYERS.make, f"layer_{i}_{operation}", size, operation=operation, filters=size.channels
            )
            for operation in dict.fromkeys(self.space.operations)
        }

    def outputs(self, images: tf.Tensor, arc: Sequence[int], training: bool) -> ChildOutputs:
        """Runs an architecture, as `SharedChild` describes."""
        outputs = [self._run(self.stem, self._to_data_format(images), training)]
        for i, layer in enumerate(self.space.layers(arc)):
            outputs.append(self._run_layer(i, layer, outputs, training))
            if i in self.reductions:
                reduced = zip(self.reductions[i], outputs, strict=True)
                outputs = [self._run(reduction, output, training) for reduction, output in reduced]
        return ChildOutputs(self._run(self.classifier, outputs[-1], training))

    def _run_layer(self, i, layer: MacroLayer, outputs, training):
        sampled = self.space.operations[-1 if "last_branch" in self.quirks else layer.operation]
        output = self._run(self.operations[i][sampled], outputs[-1], training)
        # Where the last branch is wired in for all operations, the original's graph never reaches the other branches.
        if training and "all_branch_statistics" in self.quirks and "last_branch" not in self.quirks:
            for operation, unsampled in self.operations[i].items():
                if operation != sampled:
                    self._run(unsampled, outputs[-1], training)
        if i == 0:
            return output
        if layer.sources:
            output = tf.add_n([output, *(outputs[entry] for entry in layer.sources)])
        return self._run(self.skip_norms[i], output, training)
