"""Which departures of the original a checkpoint's network was run with."""

import re

from enas_tf.original.checkpoint import OriginalCheckpoint
from enas_tf.original.checkpoint_sizes import CheckpointSizes


def checkpoint_quirks(checkpoint: OriginalCheckpoint, sizes: CheckpointSizes) -> frozenset[str]:
    """Names those that its forward passes depend on.

    Macro networks of one architecture are plain convolutions in the original. In a macro search the last branch alone
    runs, unless somebody mended that: then the averages of other branches were updated too.
    """
    if sizes.search_for == "macro" and sizes.is_fixed:
        return frozenset({"plain_fixed_convs"})
    if sizes.search_for == "macro" and _only_last_branch_ran(checkpoint):
        return frozenset({"last_branch"})
    return frozenset()


def _only_last_branch_ran(checkpoint: OriginalCheckpoint) -> bool:
    counts: dict[str, int] = {}  # from the name of a counter of updates to its branch
    for name in checkpoint.shapes:
        if match := re.fullmatch(r"child/layer_\d+/branch_(\d+)/.*/moving_mean/local_step", name):
            counts[name] = int(match[1])
    ran = {counts[name] for name, value in checkpoint.read(counts).items() if value > 0}
    return len(set(counts.values())) > 1 and ran == {max(counts.values())}
