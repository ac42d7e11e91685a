"""A disk that is full, for those who are not root: files that may not grow beyond a size."""

import contextlib
import resource


@contextlib.contextmanager
def files_of_at_most(num_bytes: int):
    """Lets no file of this process grow beyond so many bytes in the block."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
