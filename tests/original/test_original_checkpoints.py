"""The checkpoints that the original wrote, where they lie beside this checkout."""

import pathlib

import pytest

from enas_tf.config import RunConfig, SearchConfig
from enas_tf.original.checkpoint import OriginalCheckpoint
from enas_tf.original.checkpoint_comparison import compare_logits, expected_outputs
from enas_tf.original.checkpoint_network import load_network
from enas_tf.original.checkpoint_quirks import checkpoint_quirks
from enas_tf.original.checkpoint_sizes import infer_sizes
from enas_tf.original.comparison import passes

ORIGINAL = pathlib.Path(__file__).parents[3] / "shared" / "original"
KEEP_PROB = 0.9  # of the searches that wrote them


@pytest.mark.skipif(not ORIGINAL.is_dir(), reason="the original's checkpoints are not part of this checkout")
@pytest.mark.parametrize("space", ["macro", pytest.param("micro", marks=pytest.mark.long)])
def test_logits_are_those_of_the_original(space):
    directory = ORIGINAL / f"original_checkpoint_{space}"
    checkpoint = OriginalCheckpoint(str(directory), "original_checkpoint")
    sizes = infer_sizes(checkpoint)
    assert (sizes.search_for, sizes.is_fixed, checkpoint_quirks(checkpoint, sizes)) == (space, False, frozenset())
    assert sizes.controller["lstm_size"] == 64
    network = load_network(checkpoint, SearchConfig(RunConfig(search_for=space)), sizes, (32, 32))
    assert network.contents.missing == []
    assert "unknown to this port" not in network.contents.ignored
    expected = expected_outputs(directory / "expected.npz", sizes)
    assert passes(compare_logits(network, expected, KEEP_PROB))
