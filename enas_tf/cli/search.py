"""enas-search: searches an architecture with shared weights and an LSTM controller.

Usage: enas-search --flagfile=FILE [--name=value ...]; later flags override earlier ones. With --child_fixed_arc it
trains that architecture instead, as enas-train does.
"""

import sys
from collections.abc import Sequence

from absl import flags

from enas_tf.cli.flags import define_search_flags
from enas_tf.cli.main import run_command
from enas_tf.cli.run import run_from_flags
from enas_tf.cli.settings_of_run import parse_after_search


def main(argv: Sequence[str]) -> None:
    """Parses the flags and runs the search (arguments as `sys.argv`)."""
    values = parse_after_search(lambda: define_search_flags(flags.FlagValues()), argv, __doc__, ["init_from_search"])
    run_from_flags(values, needs_arc=False)


def run() -> None:
    """Entry point of the console command `enas-search`."""
    sys.exit(run_command("enas-search", main))


if __name__ == "__main__":
    run()
