"""What can be measured of a checkpoint's network: its logits beside expected ones, accuracies, what it samples."""

import itertools
import pathlib
from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from enas_tf.data import SearchData
from enas_tf.errors import InputError
from enas_tf.models.micro_child import MicroChild
from enas_tf.original.checkpoint_network import CheckpointNetwork
from enas_tf.original.checkpoint_sizes import CheckpointSizes
from enas_tf.original.comparison import ROUNDING, Pair, Row, compare, passes
from enas_tf.original.dropout_masks import MAX_FEATURES, logits_under_masks
from enas_tf.original.golden import Golden
from enas_tf.search_space import Arc
from enas_tf.seeds import derive_seed
from enas_tf.training.child_trainer import TrainableChild
from enas_tf.training.evaluation import Evaluator

_UNDER_MASKS = ROUNDING._replace(name="rounding, under the dropout masks found")


def expected_outputs(path: pathlib.Path, sizes: CheckpointSizes) -> Golden:
    """Reads a file of expected logits: `images` [B, H, W, C], `arcs` [K, length], `logits_eval` [K, B, classes].

    Raises:
      InputError: If one of them is missing or of another shape.
    """
    golden = Golden.load_arrays(path)
    images, arcs = golden.array("images", None, None, None, sizes.num_channels), golden.array("arcs", None, None)
    golden.array("logits_eval", len(arcs), len(images), sizes.num_classes)
    return golden


def compare_logits(network: CheckpointNetwork, expected: Golden, keep_prob: float) -> list[Row]:
    """Compares the logits of given architectures, in evaluation mode and as one batch.

    Args:
      network: The network.
      expected: As `expected_outputs` reads it.
      keep_prob: Of the dropout that the original's micro search leaves on in evaluation.
    """
    arrays = expected.arrays
    pairs = []
    for k, arc in enumerate(arrays["arcs"]):
        arc = network.space.validate(arc, f"{expected.path}, arcs[{k}]")
        logits = network.child.outputs(tf.constant(arrays["images"]), arc, training=False).logits.numpy()
        pair = Pair(f"logits_eval/{k}", arrays["logits_eval"][k], logits)
        misses = not passes(compare([pair]))
        pairs.append(_without_dropout(network.child, arrays["images"], arc, pair, keep_prob) if misses else pair)
    return compare(pairs)


def _without_dropout(child: TrainableChild, images: np.ndarray, arc: Arc, pair: Pair, keep_prob: float) -> Pair:
    """The pair, if it is dropout that makes it differ; as it is otherwise."""
    if not isinstance(child, MicroChild):
        return pair
    if child.classifier.fc.kernel.shape[0] > MAX_FEATURES:
        return pair._replace(tolerance=None)
    logits = logits_under_masks(child, images, arc, pair.expected, keep_prob)
    return pair._replace(actual=logits, tolerance=_UNDER_MASKS)


def accuracies(network: CheckpointNetwork, data: SearchData) -> dict[str, float]:
    """Accuracies over whole sets: of a shared network a new architecture of its controller for every batch, as the
    original evaluates; of a network of one architecture on the test images.

    Raises:
      InputError: If there is no controller to sample from.
    """
    subsets = {"test": data.test_batches()}
    if data.num_valid:
        subsets = {"valid": data.valid_batches()} | subsets
    evaluator = Evaluator(network.child)
    return {
        subset: evaluator.accuracy(_arcs_for(network, subset, len(batches)), batches)
        for subset, batches in subsets.items()
    }


def sample_arcs(network: CheckpointNetwork, num_arcs: int, stream: str = "shown arcs") -> list[Arc]:
    """Draws architectures from the controller of a checkpoint, by the seed of its settings.

    Raises:
      InputError: If there is no controller.
    """
    if network.controller is None:
        raise InputError("--sample or --evaluate", "a checkpoint with a controller", "one without")
    arcs = network.controller.sample(num_arcs, derive_seed(network.config.run.seed, stream))
    return [tuple(arc) for arc in np.asarray(arcs).tolist()]


def _arcs_for(network: CheckpointNetwork, subset: str, num_batches: int) -> Iterable[Arc]:
    fixed = network.config.child.fixed_arc
    if fixed is not None:
        return itertools.repeat(network.space.parse(fixed))
    return sample_arcs(network, num_batches, f"{subset} arcs")
