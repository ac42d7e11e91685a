"""The size of a child network."""

import dataclasses

from enas_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class ChildConfig:
    """Size of the child network.

    Attributes:
      num_layers: Layers that hold an operation.
      out_filters: Channels of every layer before `out_filters_scale`.
      out_filters_scale: Factor on `out_filters`.
      num_branches: Operations on offer, the first so many of those that are published for the space.
      operations: Names of the operations on offer, by their index; None for those that `num_branches` says.
      num_cells: Micro space: blocks in a cell.
      use_aux_heads: Micro space: whether an auxiliary head helps to train.
      keep_prob: Probability to keep a feature in the dropout before the classifier.
      drop_path_keep_prob: Micro space, final training: probability to keep a path of the last cell at the end of the
        training; lower cells and earlier steps keep more of them.
      data_format: `NHWC` or `NCHW`.
      fixed_arc: The architecture to train, as its flag string; None to search.
    """

    num_layers: int = 5
    out_filters: int = 48
    out_filters_scale: int = 1
    num_branches: int = 4
    operations: tuple[str, ...] | None = None
    num_cells: int = 5
    use_aux_heads: bool = False
    keep_prob: float = 0.5
    drop_path_keep_prob: float = 1.0
    data_format: str = "NHWC"
    fixed_arc: str | None = None

    def __post_init__(self) -> None:
        if self.filters % 2:
            # A factorized reduction gives half of the channels to each of its two paths.
            raise InputError("--child_out_filters times --child_out_filters_scale", "an even number", self.filters)

    @property
    def filters(self) -> int:
        """Channels of every layer."""
        return self.out_filters * self.out_filters_scale
