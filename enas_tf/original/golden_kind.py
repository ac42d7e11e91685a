"""The kinds of golden files: what each is about, and which of the original's departures it was written with."""

import dataclasses

import numpy as np

from enas_tf.errors import InputError
from enas_tf.original.golden import Golden


@dataclasses.dataclass(frozen=True)
class GoldenKind:
    """A kind of golden file.

    Attributes:
      name: As in the settings; `macro_search_as_written` is told from `macro_search` by its arrays.
      subject: `shared` or `fixed` for the network of all or of one architecture, `controller`, or `schedule`.
      search_for: The space; empty for schedules.
      quirks: What the original does in such a file (README.md).
    """

    name: str
    subject: str
    search_for: str = ""
    quirks: frozenset[str] = frozenset()


_ALWAYS = frozenset({"unclipped", "restart_glitch"})
_SEARCH = _ALWAYS | {"all_branch_statistics"}

KINDS = {
    kind.name: kind
    for kind in (
        GoldenKind("macro_search", "shared", "macro", _SEARCH),
        GoldenKind("macro_search_as_written", "shared", "macro", _SEARCH | {"last_branch"}),
        GoldenKind("macro_fixed", "fixed", "macro", _ALWAYS | {"plain_fixed_convs"}),
        GoldenKind("micro_search", "shared", "micro", _ALWAYS | {"frozen_aux_head"}),
        GoldenKind("micro_fixed", "fixed", "micro", _ALWAYS | {"frozen_aux_head"}),
        GoldenKind("macro_controller", "controller", "macro"),
        GoldenKind("micro_controller", "controller", "micro"),
        GoldenKind("lr_schedule", "schedule", quirks=_ALWAYS),
    )
}


# Settings that files of this library have beside those of the original's: that they hold what exact gradients give, to
# rounding (those of the original cannot), and which of its departures were switched on.
EXACT_GRADIENTS = "exact_gradients"
QUIRKS = "original_quirks"


def quirks_of(golden: Golden, kind: GoldenKind) -> frozenset[str]:
    """The departures a file was written with: as its settings say, otherwise those of its kind."""
    return frozenset(golden.setting(QUIRKS, list)) if QUIRKS in golden.settings else kind.quirks


def kind_of(golden: Golden) -> GoldenKind:
    """Says what kind of file a golden file is.

    Raises:
      InputError: If its settings name none.
    """
    name = golden.setting("kind", str)
    if name not in KINDS:
        raise InputError(f"{golden.path.with_suffix('.json')}, kind", ", ".join(KINDS), name)
    return KINDS["macro_search_as_written" if name == "macro_search" and _only_last_branch_runs(golden) else name]


def _only_last_branch_runs(golden: Golden) -> bool:
    """Whether a forward pass left the statistics of every branch but the last where they were."""
    last = golden.setting("num_branches", int) - 1
    others = tuple(
        f"child/layer_{i}/branch_{k}/" for i in range(golden.setting("num_layers", int)) for k in range(last)
    )
    moved = golden.under("moving_after_forward/").items()
    before = golden.under("var/")
    still = [name in before and np.array_equal(value, before[name]) for name, value in moved if name.startswith(others)]
    return bool(still) and all(still)
