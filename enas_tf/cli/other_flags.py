"""Flags of the original's command lines that set no field of a config.

Some have no effect in the original either; some belong to other spaces or phases; some have one value that works.
"""

from absl import flags

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import (
    BOOLEAN,
    KEEP_PROBABILITY,
    NON_NEGATIVE_NUMBER,
    PATH,
    POSITIVE_INTEGER,
    TEXT,
)
from enas_tf.errors import InputError

_NO_EFFECT = "Accepted for the original's command lines; has no effect there or here."
_ONE_PROCESS = "Accepted for the original's command lines; has no effect: one process trains."

OTHER_FLAGS = (
    FlagSpec("child_filter_size", POSITIVE_INTEGER, _NO_EFFECT, default=5),
    FlagSpec("child_block_size", POSITIVE_INTEGER, _NO_EFFECT, default=3),
    FlagSpec("child_num_cell_layers", POSITIVE_INTEGER, _NO_EFFECT),
    FlagSpec("child_skip_pattern", TEXT, _NO_EFFECT),
    FlagSpec("controller_lr_dec_rate", NON_NEGATIVE_NUMBER, _NO_EFFECT, default=1.0),
    FlagSpec("controller_keep_prob", KEEP_PROBABILITY, _NO_EFFECT, default=0.5),
    FlagSpec("controller_forwards_limit", POSITIVE_INTEGER, _NO_EFFECT, default=2),
    FlagSpec("controller_use_critic", BOOLEAN, _NO_EFFECT, default=False),
    FlagSpec("child_num_aggregate", POSITIVE_INTEGER, _ONE_PROCESS),
    FlagSpec("child_num_replicas", POSITIVE_INTEGER, _ONE_PROCESS, default=1),
    FlagSpec("controller_num_replicas", POSITIVE_INTEGER, _ONE_PROCESS, default=1),
    FlagSpec(
        "arc_file",
        PATH,
        "Final training: where the architecture to train stands: a run's directory, its best_arc.json, best_arc.txt or "
        "results.json, or a text in any notation; it overrides --child_fixed_arc. One of another space is refused.",
    ),
    FlagSpec(
        "child_sync_replicas",
        BOOLEAN,
        "Only --nochild_sync_replicas is accepted; the original stops with an error when it is on.",
        default=False,
    ),
    FlagSpec(
        "controller_sync_replicas",
        BOOLEAN,
        "Average the gradients of --controller_num_aggregate samples in one update.",
        default=False,
    ),
)


def refuse_unsupported(values: flags.FlagValues) -> None:
    """Refuses what a search of this version cannot do.

    Raises:
      InputError: Naming the flag.
    """
    if values["child_sync_replicas"].value:
        raise InputError("--child_sync_replicas", "false (the original stops with an error when it is on)", "true")
