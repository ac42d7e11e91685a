"""enas-search: searches an architecture with shared weights and an LSTM controller.

Usage: enas-search --flagfile=FILE [--name=value ...]; later flags override earlier ones.
"""

import os
import sys
from collections.abc import Sequence

from absl import flags

from enas_tf.cli.flags import define_search_flags, flag_lines, flagfile_text, search_config_from_flags
from enas_tf.cli.main import parse_flags, run_command
from enas_tf.cli.quiet_import import quiet_stderr


def main(argv: Sequence[str]) -> None:
    """Parses the flags and runs the search (arguments as `sys.argv`)."""
    values = define_search_flags(flags.FlagValues())
    parse_flags(values, argv, __doc__)
    config = search_config_from_flags(values)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # without a GPU TensorFlow reports errors that are none
    sys.stdout.write("Loading TensorFlow\n")
    sys.stdout.flush()
    with quiet_stderr():
        # TensorFlow takes seconds to import: help and flag errors need not wait for it.
        from enas_tf.training.search import run_search

    run_search(config, flagfile_text(config), flag_lines(values))


def run() -> None:
    """Entry point of the console command `enas-search`."""
    sys.exit(run_command("enas-search", main))
