"""What the shared networks of both macro spaces have in common: stem, skip connections, reductions, classifier.

Reference: ENAS (Pham et al., 2018), section 2.3, and the authors' code for batch-norm and reduction details.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import tensorflow as tf

from enas_tf.config import ChildConfig
from enas_tf.layers.classifier import Classifier
from enas_tf.layers.convolution import NormalizedConvolution
from enas_tf.layers.factorized_reduction import FactorizedReduction
from enas_tf.layers.sums import NormalizedSum
from enas_tf.models.differentiation import ChildOutputs
from enas_tf.models.pieces import CallLayer, Known
from enas_tf.models.shared_child import STEM_KERNEL_SIZE, MapSize, SharedChild
from enas_tf.search_space import LayeredSpace, SkippingLayer

Layer = TypeVar("Layer", bound=SkippingLayer)
Modules = TypeVar("Modules")


class LayeredChild(SharedChild, Generic[Layer, Modules]):
    """Stem, layers with sampled skips, two reductions, classifier.

    Args:
      space: The space.
      config: Sizes.
      image_shape: (height, width, channels) of the images.
      num_classes: Of the data set.
      **kwargs: Of `SharedChild`.
    """

    def __init__(
        self,
        space: LayeredSpace[Layer],
        config: ChildConfig,
        image_shape: tuple[int, int, int],
        num_classes: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(config, **kwargs)
        self.space = space
        self.image_shape = image_shape
        filters = config.filters
        self.stem = self._part(
            NormalizedConvolution,
            "stem",
            MapSize(*image_shape),
            filters=filters,
            kernel_size=STEM_KERNEL_SIZE,
            relu=False,
        )
        self.operations: list[Modules] = []
        self.skip_norms: list[NormalizedSum | None] = []  # layer 0 adds no skips and has no normalization of their sum
        self.reductions: dict[int, list[FactorizedReduction]] = {}  # by layer, of all outputs before it
        size = MapSize(*image_shape).with_channels(filters)
        for i in range(space.num_layers):
            self.operations.append(self._layer_operations(i, size))
            self.skip_norms.append(self._skip_norm(f"layer_{i}_skip_bn", size) if i else None)
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

    def _layer_operations(self, i: int, size: MapSize) -> Modules:
        """Makes what a layer computes its output with, before skips are added."""
        raise NotImplementedError

    def _skip_norm(self, name: str, size: MapSize) -> NormalizedSum:
        """Makes what adds skips to a layer's output."""
        return self._built(NormalizedSum(name=name, data_format=self.config.data_format, dtype=self.part_policy), size)

    def _compute(self, call: CallLayer, i: int, layer: Layer, maps: Known, training: bool) -> Known:
        """Computes the output of layer i of an architecture, before skips are added."""
        raise NotImplementedError

    def wire(self, call: CallLayer, images: tf.Tensor, arc: Sequence[int], training: bool) -> ChildOutputs:
        """Lays an architecture out, as `SharedChild` describes."""
        layers = self.space.layers(arc)
        return self._stack(
            call,
            images,
            lambda i, maps: self._compute(call, i, layers[i], maps, training),
            lambda i, outputs: [outputs[entry] for entry in layers[i].sources],
            training,
        )

    def _stack(
        self,
        call: CallLayer,
        images: tf.Tensor,
        compute: Callable[[int, Known], Known],
        skip: Callable[[int, list[Known]], list[Known]],
        training: bool,
    ) -> ChildOutputs:
        """Lays the network out.

        Args:
          call: As in `wire`.
          images: Likewise.
          compute: Gives a layer's output before skips are added, from its number and its input.
          skip: Gives what is added to it, from its number and the outputs before it.
          training: As in `wire`.
        """
        outputs = [call(self.stem, self._to_data_format(images), training)]
        for i in range(self.space.num_layers):
            output = compute(i, outputs[-1])
            norm = self.skip_norms[i]
            if norm is not None:
                output = call(norm, [output, *skip(i, outputs)], training)
            outputs.append(output)
            if i in self.reductions:
                reduced = zip(self.reductions[i], outputs, strict=True)
                outputs = [call(reduction, output, training) for reduction, output in reduced]
        return ChildOutputs(call(self.classifier, outputs[-1], training))
