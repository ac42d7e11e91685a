"""The moving parts of a search."""

import dataclasses

from enas_tf.search.checkpoints import Stateful
from enas_tf.search.loop import RunParts
from enas_tf.search.run_state import SearchState
from enas_tf.strategies.strategy import Strategy


@dataclasses.dataclass(frozen=True)
class SearchParts(RunParts):
    """The moving parts of a search.

    Attributes:
      strategy: Where the architectures of shared weights and of candidates come from.
      state: Where the search stands.
    """

    strategy: Strategy
    state: SearchState

    def tracked(self) -> dict[str, object]:
        """All that a checkpoint keeps beside the step."""
        return super().tracked() | self.strategy.variables()

    def plain(self) -> dict[str, Stateful]:
        """All that a checkpoint keeps as plain data."""
        return {"strategy": self.strategy}
