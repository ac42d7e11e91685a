"""Flags of `enas-compare`."""

from absl import flags

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import BOOLEAN, NON_NEGATIVE_INTEGER, PATH, POSITIVE_INTEGER, Kind, one_of
from enas_tf.original.nearby_starts import MIN_STARTS

GOLDEN_KINDS = (
    "macro_search",
    "macro_search_as_written",
    "macro_fixed",
    "micro_search",
    "micro_fixed",
    "macro_controller",
    "micro_controller",
    "lr_schedule",
)

_NEARBY_STARTS = Kind(
    int, lambda value: value == 0 or value >= MIN_STARTS, f"an integer of at least {MIN_STARTS}, or 0 for none"
)

# May be given several times.
REPEATED_FLAGS = (
    FlagSpec(
        "golden",
        PATH,
        "Compare this file of numbers, an .npz with its settings in a .json beside it, or all files of this directory; "
        "may be given several times.",
    ),
    FlagSpec(
        "log",
        PATH,
        "Draw this run's `stdout` file beside those of the other --log flags: ours, the original's, or a PyTorch "
        "port's (TDeVries's macro search, MengTianjian's micro search).",
    ),
)
COMPARE_FLAGS = (
    FlagSpec("report", PATH, "Write the tables to this Markdown file as well."),
    FlagSpec(
        "nearby_starts",
        _NEARBY_STARTS,
        "Replay each --golden file from so many more starts, each variable moved by one unit in the last place or not, "
        "by --seed. A miss is an edge, not a fault, if at least a quarter of them pass; 0 for none.",
        default=0,
    ),
    FlagSpec("write_golden", PATH, "Write a golden file NAME.npz, with NAME.json, of this port's numbers."),
    FlagSpec(
        "kind",
        one_of(*GOLDEN_KINDS),
        "What --write_golden is about. Sizes, rates and --seed are the flags of a search below; --image_size is 32 if "
        "not given. The original's departures are on as in its own files unless --original_quirks says otherwise.",
    ),
    FlagSpec(
        "golden_steps",
        POSITIVE_INTEGER,
        "Training steps that --write_golden takes, of a controller its updates, of a schedule its steps. Not given: as "
        "in the original's files, 3, 6, and 240 and 700.",
    ),
    FlagSpec("original_checkpoint", PATH, "Read this directory's TensorFlow 1 checkpoint of the original."),
    FlagSpec(
        "expected",
        PATH,
        "Compare the checkpoint's logits to those of this .npz: images, arcs, logits_eval [arcs, images, classes].",
    ),
    FlagSpec(
        "evaluate",
        BOOLEAN,
        "Measure the checkpoint's accuracies on --dataset or --data_path; a shared network runs a new architecture of "
        "its controller for every batch.",
        default=False,
    ),
    FlagSpec(
        "sample",
        NON_NEGATIVE_INTEGER,
        "Sample so many architectures from the checkpoint's controller, by --seed. How logits are shaped is not in a "
        "checkpoint: give --controller_tanh_constant, --controller_op_tanh_reduce and --controller_temperature.",
        default=0,
    ),
    FlagSpec("output", PATH, "The picture that --log draws, a .png.", default="comparison.png"),
)


def define_compare_flags(values: flags.FlagValues) -> flags.FlagValues:
    """Registers the flags of `enas-compare` that no search has, and returns `values`."""
    group = "flags of enas-compare"
    for spec in REPEATED_FLAGS:
        kind: Kind = spec.kind
        flags.DEFINE_flag(flags.MultiFlag(kind, kind, spec.name, None, spec.help), values, module_name=group)
    for spec in COMPARE_FLAGS:
        spec.define(values, group, spec.default)
    return values
