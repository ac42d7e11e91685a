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
      references: Those it is compared with, by name.
      kernels: Of each reference architecture: what its work is made of.
      arcs: Architectures that only the library runs, one a round.
    """

    run: Callable[[Contender, Arc], None]
    library: Contender
    references: Mapping[str, Contender]
    kernels: Mapping[Arc, Counter[Kernel]]
    arcs: Sequence[Arc]

    def measure(self) -> dict[str, object]:
        """Measures as many rounds as there are architectures, after a first run of each by each.

        Returns:
          `seconds` over all architectures; `reference_arcs_seconds` over the ones the references run as well;
          `references`: by name `seconds` and `ratio`, the library's time over the reference's; `kernel_seconds` by
          family; `gflops` of the matrix product in the same rounds.
        """
        self._warm_up()
        timer, kernel_seconds = KernelTimer(), []

        def run_kernels(k):
            kernel_seconds.append(timer.seconds(self.kernels[self._reference_arc(k)]))
            return sum(kernel_seconds[-1].values())

        for k in range(len(self.kernels)):
            run_kernels(k)
        kernel_seconds.clear()
        references = {name: self._timed(contender) for name, contender in self.references.items()}
        references["kernels"] = run_kernels
        products = {dtype.name: MatrixProduct(dtype) for dtype in (tf.float32, tf.bfloat16)}
        seconds = interleaved(
            {
                "all": lambda k: seconds_of(lambda: self.run(self.library, self.arcs[k])),
                "library": self._timed(self.library),
                **references,
                **{name: lambda k, product=product: product.rate() for name, product in products.items()},
            },
            len(self.arcs),
        )
        return {
            "seconds": Spread.of(seconds["all"]),
            "reference_arcs_seconds": Spread.of(seconds["library"]),
            "references": {
                name: {
                    "seconds": Spread.of(seconds[name]),
                    "ratio": Spread.of_ratio(seconds["library"], seconds[name]),
                }
                for name in references
            },
            "kernel_seconds": {
                family: float(np.median([row[family] for row in kernel_seconds])) for family in kernel_seconds[0]
            },
            "gflops": {name: Spread.of(seconds[name]) for name in products},
        }

    def _reference_arc(self, k: int) -> Arc:
        arcs = list(self.kernels)
        return arcs[k % len(arcs)]

    def _timed(self, contender: Contender) -> Callable[[int], float]:
        return lambda k: seconds_of(lambda: self.run(contender, self._reference_arc(k)))

    def _warm_up(self) -> None:
        for arc in (*self.arcs, *self.kernels):
            self.run(self.library, arc)
        for contender in self.references.values():
            for arc in self.kernels:
                self.run(contender, arc)
