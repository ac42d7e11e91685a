"""`enas-compare` on a checkpoint of the original: what it holds, and what its network does."""

import pathlib
from typing import TYPE_CHECKING

from absl import flags

from enas_tf.cli.compare_output import Comparison
from enas_tf.cli.flags import search_config_from_flags
from enas_tf.cli.quiet_import import quiet_stderr
from enas_tf.config import SearchConfig
from enas_tf.reporting.console import RULER

if TYPE_CHECKING:
    from enas_tf.data import SearchData
    from enas_tf.original.checkpoint_network import CheckpointNetwork
    from enas_tf.original.checkpoint_sizes import CheckpointSizes
    from enas_tf.original.golden import Golden

_IMAGE_SIZE = 32
_PUBLISHED_KEEP_PROB = 0.9  # of the searches; a checkpoint does not tell it


def compare_checkpoint(values: flags.FlagValues) -> Comparison:
    """Reads the checkpoint that `--original_checkpoint` names and does with it what other flags ask for.

    Raises:
      InputError: If it is none of the original's, or something does not fit it.
    """
    with quiet_stderr():
        from enas_tf.original.checkpoint import OriginalCheckpoint
        from enas_tf.original.checkpoint_comparison import expected_outputs
        from enas_tf.original.checkpoint_network import load_network
        from enas_tf.original.checkpoint_quirks import checkpoint_quirks
        from enas_tf.original.checkpoint_sizes import infer_sizes
    checkpoint = OriginalCheckpoint(values.original_checkpoint, "original_checkpoint")
    sizes = infer_sizes(checkpoint)
    values["search_for"].value = sizes.search_for
    values["controller_search_whole_channels"].value = sizes.search_whole_channels
    if not values["original_quirks"].present:
        values["original_quirks"].value = checkpoint_quirks(checkpoint, sizes)
    config = search_config_from_flags(values)
    path = values["expected"].value
    expected = None if path is None else expected_outputs(pathlib.Path(path), sizes)
    data = _images(config, sizes) if values["evaluate"].value else None
    shape = (config.data.image_size or _IMAGE_SIZE,) * 2
    if expected is not None:
        shape = expected.arrays["images"].shape[1:3]
    elif data is not None:
        shape = data.image_shape[:2]
    network = load_network(checkpoint, config, sizes, shape)
    quirks = ", ".join(sorted(config.run.original_quirks)) or "none"
    contents = network.contents.table(f"{checkpoint.what}: {sizes.summary}; quirks: {quirks}")
    logits = Comparison([]) if expected is None else _compare_logits(network, expected, _keep_prob(values))
    lines = [] if data is None else _accuracies(network, data)
    lines += _samples(network, values["sample"].value) if values["sample"].value else []
    return Comparison([contents, *logits.tables], logits.passes, lines)


def _images(config: SearchConfig, sizes: "CheckpointSizes") -> "SearchData":
    from enas_tf.data import SearchData, load_images

    data = SearchData(load_images(config.data), config.data, config.run.seed, hold_out_validation=not sizes.is_fixed)
    sizes.check_images(data.image_shape, data.num_classes)
    return data


def _keep_prob(values: flags.FlagValues) -> float:
    return values.child_keep_prob if values["child_keep_prob"].present else _PUBLISHED_KEEP_PROB


def _compare_logits(network: "CheckpointNetwork", expected: "Golden", keep_prob: float) -> Comparison:
    from enas_tf.original.checkpoint_comparison import compare_logits
    from enas_tf.original.comparison import passes
    from enas_tf.original.comparison_table import comparison_table

    rows = compare_logits(network, expected, keep_prob)
    return Comparison([comparison_table(str(expected.path), rows)], passes(rows))


def _accuracies(network: "CheckpointNetwork", data: "SearchData") -> list[str]:
    from enas_tf.original.checkpoint_comparison import accuracies

    return [f"{subset}_accuracy: {accuracy:<6.4f}" for subset, accuracy in accuracies(network, data).items()]


def _samples(network: "CheckpointNetwork", num_arcs: int) -> list[str]:
    from enas_tf.original.checkpoint_comparison import sample_arcs
    from enas_tf.reporting.console import format_architectures_header

    lines = [format_architectures_header(num_arcs)]
    for arc in sample_arcs(network, num_arcs):
        lines += [*network.space.format_layers(arc), RULER]
    return lines
