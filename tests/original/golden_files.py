"""The golden files of the original, small ones of this port, and runs of what they hold."""

import pathlib

from enas_tf.config import ChildConfig, DataConfig, OptimizerConfig, RunConfig, SearchConfig
from enas_tf.original.golden import Golden
from enas_tf.original.golden_child import GoldenChild
from enas_tf.original.golden_kind import KINDS, kind_of
from enas_tf.original.golden_writer import make_golden
from enas_tf.strategies.controller import ControllerConfig
from tests.conftest import GOLDENS

IMAGE_SHAPE, NUM_CLASSES = (32, 32, 3), 10


def load(name: str) -> Golden:
    """Reads a file of the original."""
    return Golden.load(GOLDENS / f"{name}.npz")


def child_of(golden: Golden, without: frozenset[str] = frozenset()) -> GoldenChild:
    """A child at a file's starting values, without some of the departures the file was written with."""
    kind = kind_of(golden)
    return GoldenChild(golden, kind, kind.quirks - without)


def write(directory: pathlib.Path, name: str, num_steps: int | None = None) -> Golden:
    """Writes a file of a kind, of three layers of two filters on images of 8 x 8, and reads it back."""
    kind = KINDS[name]
    config = SearchConfig(
        RunConfig(search_whole_channels=True, seed=5, search_for=kind.search_for or "macro"),
        DataConfig(image_size=8),
        ChildConfig(num_layers=3, out_filters=2, num_branches=4, num_cells=1),
        OptimizerConfig(lr_cosine=True, lr_max=0.05, lr_min=0.001, lr_t_0=2, lr_t_mul=3),
        ControllerConfig(lstm_size=4, lstm_num_layers=2, entropy_weight=1e-4),
    )
    golden = make_golden(directory / f"{name}.npz", kind, config, kind.quirks, num_steps)
    golden.save()
    return Golden.load(golden.path)
