"""enas-train: trains one architecture, with weights of its own, on all training images.

Usage: enas-train --flagfile=FILE --arc_file=FILE [--name=value ...]; later flags override earlier ones.
"""

import sys
from collections.abc import Sequence

from enas_tf.cli.main import run_command
from enas_tf.cli.run import run_from_flags


def main(argv: Sequence[str]) -> None:
    """Parses the flags and trains (arguments as `sys.argv`)."""
    run_from_flags(argv, __doc__, needs_arc=True)


def run() -> None:
    """Entry point of the console command `enas-train`."""
    sys.exit(run_command("enas-train", main))
