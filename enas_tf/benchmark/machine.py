"""What the machine can do by itself, and how much memory this process has needed."""

import os
import resource
import sys

import tensorflow as tf

from enas_tf.benchmark.timing import seconds_of

PRODUCT_SIZE = 2048
_MEBI = 2**20


class MatrixProduct:
    """The product of two square matrices of `PRODUCT_SIZE`.

    Args:
      dtype: Of the matrices.
    """

    def __init__(self, dtype: tf.DType) -> None:
        self._matrix = tf.cast(tf.random.stateless_normal([PRODUCT_SIZE, PRODUCT_SIZE], seed=(0, 0)), dtype)

    def rate(self) -> float:
        """Computes one product and returns 10⁹ floating-point operations per second, a multiply-add being two."""
        seconds = seconds_of(lambda: tf.linalg.matmul(self._matrix, self._matrix))
        return 2 * PRODUCT_SIZE**3 / seconds / 1e9


def peak_memory() -> dict[str, float]:
    """Returns the most memory used so far, in MiB: `host`, and `gpu` where there is one."""
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    memory = {"host": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MEBI}
    if tf.config.list_logical_devices("GPU"):
        memory["gpu"] = tf.config.experimental.get_memory_info("GPU:0")["peak"] / _MEBI
    return memory


def machine() -> dict[str, object]:
    """Names what the benchmark ran on."""
    return {"num_cpus": os.cpu_count(), "tensorflow": tf.__version__}
