"""One kind of work of the library, measured in turn with its references."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from enas_tf.benchmark.contenders import Contender
from enas_tf.benchmark.kernels import Kernel, KernelTimer
from enas_tf.benchmark.machine import MatrixProduct
from enas_tf.benchmark.timing import Spread, interleaved, seconds_of
from enas_tf.search_space import Arc


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What is compared, on which architectures.

    Attributes:
      run: The work: has a contender run an architecture.
      library: The contender that is judged.
      all_branches: Runs the same architectures as the library.
      static_graphs: Runs a few architectures only, for each costs the tracing of its graph.
      kernels: Of each of these few: what its work is made of.
      arcs: The architectures of the library, one a round.
    """

    run: Callable[[Contender, Arc], None]
    library: Contender
    all_branches: Contender
    static_graphs: Contender
    kernels: Mapping[Arc, Counter[Kernel]]
    arcs: Sequence[Arc]

    def measure(self) -> dict[str, object]:
        """Measures as many rounds as there are architectures, after all has run once.

        Returns:
          `seconds` over all architectures; `static_arcs_seconds` over the ones that have a static graph;
          `references`: by name `seconds` and `ratio`, the library's time over the reference's round by round on the
          same architectures; `kernel_seconds` by family; `gflops` of the matrix product in the same rounds.
        """
        self._warm_up()
        timer, kernel_seconds = KernelTimer(), []

        def run_kernels(k: int) -> float:
            kernel_seconds.append(timer.seconds(self.kernels[self._static_arc(k)]))
            return sum(kernel_seconds[-1].values())

        for k in range(len(self.kernels)):
            run_kernels(k)
        kernel_seconds.clear()
        products = {dtype.name: MatrixProduct(dtype) for dtype in (tf.float32, tf.bfloat16)}
        seconds = interleaved(
            {
                "library": self._timed(self.library, self.arcs.__getitem__),
                "all_branches": self._timed(self.all_branches, self.arcs.__getitem__),
                "library on static arcs": self._timed(self.library, self._static_arc),
                "static_graphs": self._timed(self.static_graphs, self._static_arc),
                "kernels": run_kernels,
                **{name: _rate_of(product) for name, product in products.items()},
            },
            len(self.arcs),
        )
        compared_with = dict.fromkeys(("static_graphs", "kernels"), "library on static arcs")
        compared_with["all_branches"] = "library"
        return {
            "seconds": Spread.of(seconds["library"]),
            "static_arcs_seconds": Spread.of(seconds["library on static arcs"]),
            "references": {
                name: {
                    "seconds": Spread.of(seconds[name]),
                    "ratio": Spread.of(np.divide(seconds[ours], seconds[name])),
                }
                for name, ours in compared_with.items()
            },
            "kernel_seconds": {
                family: float(np.median([row[family] for row in kernel_seconds])) for family in kernel_seconds[0]
            },
            "gflops": {name: Spread.of(seconds[name]) for name in products},
        }

    def _static_arc(self, k: int) -> Arc:
        arcs = list(self.kernels)
        return arcs[k % len(arcs)]

    def _timed(self, contender: Contender, arc_of_round: Callable[[int], Arc]) -> Callable[[int], float]:
        return lambda k: seconds_of(lambda: self.run(contender, arc_of_round(k)))

    def _warm_up(self) -> None:
        """All branches run in every architecture: the first of them suffices."""
        self.run(self.all_branches, self.arcs[0])
        for arc in (*self.arcs, *self.kernels):
            self.run(self.library, arc)
        for arc in self.kernels:
            self.run(self.static_graphs, arc)


def _rate_of(product: MatrixProduct) -> Callable[[int], float]:
    return lambda k: product.rate()
