"""What concerns a run as a whole."""

import dataclasses

from enas_tf.errors import InputError

# Where the original departs from what it means to do, by the names users switch its behaviour on with (README.md).
ORIGINAL_QUIRKS = (
    "last_branch",
    "unclipped",
    "plain_fixed_convs",
    "frozen_aux_head",
    "restart_glitch",
    "all_branch_statistics",
)


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What concerns the run as a whole.

    Attributes:
      search_for: `macro` (alias `branch`), `connection`, which fixes every operation of a macro search at index 0, or
        `micro`.
      search_whole_channels: Macro space: whether an operation fills all channels of its layer; without, each layer
        takes a range of channels from every operation (`MacroChannelSpace`). The micro space has no such choice.
      guided_random_candidates: Architectures compared on all validation images after the search; 0 for none.
      output_dir: Where everything the run writes goes.
      reset_output_dir: Begin anew where there is an earlier run in `output_dir`, which is removed, or moved aside if
        it was finished; otherwise it is resumed.
      overwrite: Whether such a run is removed even if it was finished.
      init_from_original: Directory with a checkpoint of the original that a new run begins with; None for initial
        weights of its own.
      init_from_search: Directory of a search from whose shared weights a new run trains its architecture's path
        further; None for a network of its own.
      num_epochs: Passes over the training images.
      log_every: Steps between two console lines.
      eval_every_epochs: Epochs between two rounds of controller training and evaluation.
      seed: Root of every random stream.
      original_quirks: Departures of the original that are switched on, by name.
      recalibration_batches: Training batches from which an architecture gets moving averages of its own before it is
        measured; 0 for those of the shared network, None for what the schedule and the strategy need.
      mixed_precision: `float32` or `mixed_bfloat16`.
      jit_compile: Whether the pieces of the child are compiled with XLA.
    """

    search_for: str = "macro"
    search_whole_channels: bool = False
    guided_random_candidates: int = 0
    output_dir: str = "outputs"
    reset_output_dir: bool = False
    overwrite: bool = False
    init_from_original: str | None = None
    init_from_search: str | None = None
    num_epochs: int = 300
    log_every: int = 50
    eval_every_epochs: int = 1
    seed: int = 0
    original_quirks: frozenset[str] = frozenset()
    recalibration_batches: int | None = None
    mixed_precision: str = "float32"
    jit_compile: bool = False

    def __post_init__(self) -> None:
        if self.overwrite and not self.reset_output_dir:
            raise InputError("--overwrite", "--reset_output_dir beside it, without which nothing is removed", "none")

    @property
    def evaluated_epochs(self) -> list[int]:
        """The epochs, counted from 1, after which there is a round of evaluation: every n-th and the last."""
        every = self.eval_every_epochs
        return sorted({*range(every, self.num_epochs + 1, every), self.num_epochs})
