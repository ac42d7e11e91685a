"""The golden files of the original, and runs of what they hold."""

from enas_tf.original.golden import Golden
from enas_tf.original.golden_child import GoldenChild
from enas_tf.original.golden_kind import kind_of
from tests.conftest import GOLDENS

IMAGE_SHAPE, NUM_CLASSES = (32, 32, 3), 10


def load(name: str) -> Golden:
    """Reads a file of the original."""
    return Golden.load(GOLDENS / f"{name}.npz")


def child_of(golden: Golden, without: frozenset[str] = frozenset()) -> GoldenChild:
    """A child at a file's starting values, without some of the departures the file was written with."""
    kind = kind_of(golden)
    return GoldenChild(golden, kind, kind.quirks - without)
