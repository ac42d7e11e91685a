"""Flags that set `RunConfig`: what concerns the run as a whole."""

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import BOOLEAN, NON_NEGATIVE_INTEGER, PATH, POSITIVE_INTEGER, QUIRKS, one_of
from enas_tf.config import RECALIBRATION_BATCHES

RUN_FLAGS = (
    FlagSpec(
        "search_for",
        one_of("macro", "branch", "connection", "micro"),
        "What is searched: `macro` (or `branch`) for operations and skip connections of whole networks, "
        "`connection` for skip connections only, every operation being the first (the original counts it among the "
        "choices; here it is none), `micro` for cells. Must be given.",
        required=True,
    ),
    FlagSpec(
        "controller_search_whole_channels",
        BOOLEAN,
        "Macro space: a layer is one operation, which fills all its channels, as in all published results. Without, "
        "the original's default, a layer runs every operation and takes a range of channels, start and count, from "
        "each; such architectures cannot be trained by --child_fixed_arc. The micro space ignores it.",
    ),
    FlagSpec(
        "guided_random_candidates",
        NON_NEGATIVE_INTEGER,
        "After the search draw so many architectures from where they come from, measure each on all validation "
        "images and keep the best; 0 to keep the best that was sampled during the search.",
    ),
    FlagSpec("output_dir", PATH, "Directory for everything the run writes."),
    FlagSpec(
        "reset_output_dir",
        BOOLEAN,
        "Begin anew where there is an earlier run of the same command in --output_dir: a finished one is moved aside, "
        "to <output_dir>-1 or the next number, any other is removed. --noreset_output_dir resumes it.",
    ),
    FlagSpec("overwrite", BOOLEAN, "With --reset_output_dir: remove an earlier run even if it was finished."),
    FlagSpec(
        "init_from_original",
        PATH,
        "Directory with a TensorFlow 1 checkpoint of the original, of the same sizes, that a new run begins with: "
        "weights, moving averages, momenta, Adam's moments, baseline and steps. A run that is resumed has its own.",
    ),
    FlagSpec(
        "init_from_search",
        PATH,
        "Final training: directory of a search. Instead of a network of its own, the architecture's path of that "
        "search's shared network is trained further, from the weights the search ended with; sizes and images are the "
        "search's where no flag says otherwise, and the architecture its best one.",
    ),
    FlagSpec("num_epochs", POSITIVE_INTEGER, "Passes over the training images."),
    FlagSpec("log_every", POSITIVE_INTEGER, "Steps between two console lines."),
    FlagSpec("eval_every_epochs", POSITIVE_INTEGER, "Epochs between two rounds of controller training and evaluation."),
    FlagSpec("seed", NON_NEGATIVE_INTEGER, "Root of every random stream; the same seed gives the same run."),
    FlagSpec(
        "original_quirks",
        QUIRKS,
        "Departures of the original from what it means to do that are switched on for this run.",
    ),
    FlagSpec(
        "recalibration_batches",
        NON_NEGATIVE_INTEGER,
        "Macro space: training batches from which an architecture gets moving averages of its own before it is "
        "measured with shared weights; 0 measures it with those that all architectures made together. Not given: 0, "
        f"with --search_schedule=after {RECALIBRATION_BATCHES}, with --search_mode=darts 4. The micro space uses "
        "statistics of the batch at hand and ignores it.",
    ),
    FlagSpec(
        "mixed_precision",
        one_of("float32", "mixed_bfloat16"),
        "Precision of the child's computations; batch-norm statistics, logits and losses stay float32.",
    ),
    FlagSpec(
        "jit_compile",
        BOOLEAN,
        "Compile the child with XLA. For GPUs: on a CPU it is many times slower.",
    ),
)
