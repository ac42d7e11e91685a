"""What of a checkpoint is read, what is ignored, and what is missing."""

import dataclasses
import re
from collections.abc import Iterable, Mapping

from enas_tf.errors import listed
from enas_tf.original.checkpoint import OriginalCheckpoint
from enas_tf.reporting.tables import TextTable

# What the original's checkpoints hold beside the networks, by a pattern of the name; the first that fits counts.
_IGNORED = {
    "momentum of the child's optimizer": r"child/.*/Momentum",
    "averages of the controller's Adam": r"controller/.*/Adam(_1)?|beta[12]_power",
    "hidden parts of moving averages": r".*/(biased|local_step)",
    "baseline of the rewards": r"Variable",
    "counters of steps": r"global_step|train_step",
    "state of the learning-rate schedule": r"last_reset|T_i",
    "accumulators of synchronised replicas": r".*(sync_rep|accum|token|local_step).*",
    "input queues": r".*(input_producer|shuffle_batch|queue|limit_epochs|epochs|/random_|index_shuffle).*",
    "averages of the weights": r".*/ExponentialMovingAverage",
    "reductions that nothing reads": r"child/layer_\d+/pool_at_\d+/from_\d+/.*",
    "a controller": r"controller/.*",
}
UNKNOWN = "unknown to this port"


@dataclasses.dataclass(frozen=True)
class CheckpointContents:
    """How the variables of a checkpoint are used.

    Attributes:
      read: Names that were read, by what they are.
      ignored: Likewise, those that were not.
      missing: Names of the network or its controller that are not there.
    """

    read: dict[str, list[str]]
    ignored: dict[str, list[str]]
    missing: list[str]

    def table(self, title: str) -> TextTable:
        """The contents as a table."""
        rows = [("read", what, str(len(names)), listed(names)) for what, names in self.read.items()]
        rows += [("ignored", what, str(len(names)), listed(names)) for what, names in self.ignored.items()]
        rows.append(("missing", "", str(len(self.missing)), listed(self.missing)))
        return TextTable(title, ("", "what", "variables", "names"), rows)

    @property
    def summary(self) -> str:
        """The numbers of variables in a line."""
        num_read, num_ignored = (sum(map(len, part.values())) for part in (self.read, self.ignored))
        return f"{num_read} variables read, {num_ignored} ignored, {len(self.missing)} missing"


def sort_contents(checkpoint: OriginalCheckpoint, wanted: Mapping[str, Iterable[str]]) -> CheckpointContents:
    """Sorts the variables of a checkpoint.

    Args:
      checkpoint: The checkpoint.
      wanted: Names to read, by what they are.
    """
    present = checkpoint.shapes
    read = {what: [name for name in names if name in present] for what, names in wanted.items()}
    missing = [name for names in wanted.values() for name in names if name not in present]
    taken = {name for names in read.values() for name in names}
    ignored: dict[str, list[str]] = {}
    for name in present:
        if name not in taken:
            ignored.setdefault(_purpose(name), []).append(name)
    return CheckpointContents({what: names for what, names in read.items() if names}, ignored, missing)


def _purpose(name: str) -> str:
    return next((what for what, pattern in _IGNORED.items() if re.fullmatch(pattern, name)), UNKNOWN)
