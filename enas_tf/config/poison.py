"""What is done to a search space to weaken it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class PoisonConfig:
    """What is done to the search space to weaken it (`enas_tf.poisoning` says what the names mean).

    Attributes:
      remove_ops: Operations taken out, or the name of one published design.
      poison: Name of a published poison that is added; empty for none.
      poison_ops: Further operations that are added, with their numbers of instances.
    """

    remove_ops: tuple[str, ...] = ()
    poison: str = ""
    poison_ops: tuple[tuple[str, int], ...] = ()

    @property
    def adds(self) -> bool:
        """Whether operations are added."""
        return bool(self.poison or self.poison_ops)
