"""enas_tf: Efficient Neural Architecture Search via Parameter Sharing, in TensorFlow 2 and Keras 3."""

import os
import sys

__version__ = "0.1.0"


def _require_tensorflow_backend() -> None:
    """Makes TensorFlow Keras's backend, or says plainly that another one was chosen."""
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if "keras" in sys.modules:
        backend = sys.modules["keras"].config.backend()
    if backend != "tensorflow":
        raise ImportError(f"enas_tf: expected the Keras backend tensorflow, received {backend} (unset KERAS_BACKEND)")


_require_tensorflow_backend()
