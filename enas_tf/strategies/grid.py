"""Grid search: every architecture once, in an order that the seed draws and that is computed, not stored.

References for the order: Luby and Rackoff (1988), How to construct pseudorandom permutations; Black and Rogaway (2002),
Ciphers with arbitrary finite domains, on the walk along a cycle.
"""

import dataclasses
import decimal
import hashlib
from collections.abc import Mapping, Sequence
from typing import ClassVar

from enas_tf.config import SearchConfig
from enas_tf.errors import InputError
from enas_tf.search_space import Arc, SearchSpace
from enas_tf.seeds import derive_seed
from enas_tf.strategies.candidates import CandidateSearch, CandidateSearchConfig, Counters
from enas_tf.strategies.strategy import Purpose, StrategyKind

# Four make a permutation that cannot be told from a random one where halves are long; short ones take more.
NUM_ROUNDS = 8


@dataclasses.dataclass(frozen=True)
class GridConfig(CandidateSearchConfig):
    """Grid search has no settings."""

    name: ClassVar[str] = "grid"

    def check(self, config: SearchConfig) -> None:
        """Refuses to train shared weights by what it has not tried, which is the whole space in an order.

        Raises:
          InputError: If that is asked for.
        """
        if config.schedule.child_arcs == "strategy":
            raise InputError(
                "--child_arcs", f"uniform with --search_mode={self.name}, which prefers nothing", "strategy"
            )


class Permutation:
    """An order of 0..size - 1, each of which is computed by itself: a Feistel network of hashes.

    Args:
      size: Any positive integer, also one of hundreds of bits.
      key: Says which order.
    """

    def __init__(self, size: int, key: str) -> None:
        self._size = size
        self._key = key
        # A network permutes twice as many bits as a half has: fewer than four times as many integers as are needed.
        self._half_bits = max(1, ((size - 1).bit_length() + 1) // 2)

    def at(self, index: int) -> int:
        """Returns which integer comes at a place, both in 0..size - 1."""
        value = self._permute(index)
        while value >= self._size:  # what follows on its cycle takes its place, so that nothing comes twice
            value = self._permute(value)
        return value

    def _permute(self, value: int) -> int:
        mask = (1 << self._half_bits) - 1
        left, right = value >> self._half_bits, value & mask
        for number in range(NUM_ROUNDS):
            left, right = right, left ^ (self._hash(number, right) & mask)
        return left << self._half_bits | right

    def _hash(self, number: int, half: int) -> int:
        text = f"{self._key}:{number}:{half:x}"  # in base 16, since decimal text of long integers is refused
        return int.from_bytes(hashlib.shake_256(text.encode()).digest(self._half_bits // 8 + 1))


class GridSearch(CandidateSearch):
    """Goes through the space, and through it again when it is done (arguments as `CandidateSearch`).

    What is proposed for another purpose than to be rewarded are uniform draws.
    """

    def __init__(self, config: SearchConfig, space: SearchSpace) -> None:
        super().__init__(config, space)
        low, high = derive_seed(self._seed, "grid order")
        self._order = Permutation(self._choices.size, f"{low}:{high}")

    def plan(self, num_candidates: int) -> Sequence[str]:
        """Says what share of the space the candidates are."""
        size = self._choices.size
        share = decimal.Decimal(min(num_candidates, size)) / size  # floats end at 1e308
        again = "; then it begins again" if num_candidates > size else ""
        count = size if size < 10**6 else f"{decimal.Decimal(size):.1e}"
        return [f"Grid: {num_candidates} candidates cover {share * 100:.3g} % of {count} architectures{again}"]

    def epoch_values(self) -> Mapping[str, float]:
        """Returns the share of the space that is done."""
        return {"share_of_space": min(self._num_observed, self._choices.size) / self._choices.size}

    def _search(self, purpose: Purpose, streams: Sequence[Counters]) -> Sequence[Arc]:
        if not purpose.is_candidate:
            drawn = [self._uniform.draw(1, purpose, *counters)[0].tolist() for counters in streams]
            return [tuple(arc) for arc in drawn]
        return [self._choices.arc_at(self._order.at(number % self._choices.size)) for (number,) in streams]


KIND = StrategyKind(
    config=GridConfig,
    make=GridSearch,
    help="the whole space without repetition, in an order drawn from the seed",
    label="grid",
    colour="#999999",
    marker="X",
    account="trains the weights by uniform draws, and repeats no candidate",
)
