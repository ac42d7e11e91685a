"""The shared network of the macro space: one set of weights that every architecture of the space runs on.

Reference: ENAS (Pham et al., 2018), section 2.3 and the authors' code for batch-norm and reduction details.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from enas_tf.config import ChildConfig
from enas_tf.layers.batch_normalization import BatchNormalization
from enas_tf.layers.classifier import Classifier
from enas_tf.layers.convolution import NormalizedConvolution
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.operations import make_operation
from enas_tf.models.pieces import Pieces
from enas_tf.search_space import MacroLayer, MacroSpace
from enas_tf.seeds import derive_seed

STEM_KERNEL_SIZE = 3


class MacroChild(keras.Model):
    """Stem, layers of one sampled operation and sampled skips, two reductions, classifier.

    Args:
      space: The macro space.
      config: Sizes.
      image_shape: (height, width, channels) of the images.
      num_classes: Of the data set.
      seed: The run's root seed.
      quirks: Names of the original's departures that are switched on; `last_branch` and `all_branch_statistics`
        concern this network.
      jit_compile: Whether its pieces are compiled with XLA.
      **kwargs: Of `keras.Model`.
    """

    def __init__(
        self,
        space: MacroSpace,
        config: ChildConfig,
        image_shape: tuple[int, int, int],
        num_classes: int,
        seed: int = 0,
        quirks: frozenset[str] = frozenset(),
        jit_compile: bool = False,
        **kwargs,
    ):
        super().__init__(name="child", **kwargs)
        self.space = space
        self.config = config
        self.seed = seed
        self.quirks = quirks
        self.stem = self._make(NormalizedConvolution, "stem", kernel_size=STEM_KERNEL_SIZE, relu=False)
        self.operations = [
            {
                operation: self._make(make_operation, f"layer_{i}_{operation}", operation=operation)
                for operation in dict.fromkeys(space.operations)
            }
            for i in range(space.num_layers)
        ]
        # Layer 0 adds no skips and has no normalization of their sum.
        self.skip_norms = [None] + [
            BatchNormalization(data_format=config.data_format, dtype=self.dtype_policy, name=f"layer_{i}_skip_bn")
            for i in range(1, space.num_layers)
        ]
        self.reductions = {
            i: [self._make(FactorizedReduction, f"layer_{i}_reduction_{entry}") for entry in range(i + 2)]
            for i in space.pool_layers
        }
        self.classifier = Classifier(num_classes, config.keep_prob, **self._arguments("classifier"))
        self._run = Pieces(jit_compile)
        self._build_parts(image_shape)

    def _arguments(self, name):
        return {
            "name": name,
            "seed": derive_seed(self.seed, f"child/{name}")[0],
            "data_format": self.config.data_format,
            "dtype": self.dtype_policy,
        }

    def _make(self, factory, name, **kwargs):
        return factory(filters=self.config.filters, **self._arguments(name), **kwargs)

    def _build_parts(self, image_shape):
        height, width, channels = image_shape
        self.stem.build(self._shape(height, width, channels))
        for i, operations in enumerate(self.operations):
            shape = self._shape(height, width, self.config.filters)
            for part in (*operations.values(), *([self.skip_norms[i]] if i else []), *self.reductions.get(i, [])):
                part.build(shape)
            if i in self.reductions:
                height, width = -(-height // 2), -(-width // 2)
        self.classifier.build(self._shape(height, width, self.config.filters))
        self.built = True

    def _shape(self, height, width, channels):
        sizes = {"N": None, "H": height, "W": width, "C": channels}
        return tuple(sizes[axis] for axis in self.config.data_format)

    def call(self, images: tf.Tensor, arc: Sequence[int], training: bool = False) -> tf.Tensor:
        """Runs an architecture.

        Args:
          images: float32 [B, H, W, C], whatever the network's own data format.
          arc: One architecture of the space, as host integers.
          training: Whether batch statistics are used (and moving averages updated) and dropout is on.

        Returns:
          float32 [B, num_classes] logits.
        """
        if self.config.data_format == "NCHW":
            images = tf.transpose(images, [0, 3, 1, 2])
        outputs = [self._run(self.stem, images, training)]
        for i, layer in enumerate(self.space.layers(arc)):
            outputs.append(self._run_layer(i, layer, outputs, training))
            if i in self.reductions:
                reduced = zip(self.reductions[i], outputs, strict=True)
                outputs = [self._run(reduction, output, training) for reduction, output in reduced]
        return self._run(self.classifier, outputs[-1], training)

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
