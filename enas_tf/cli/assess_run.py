"""The process of one run of `enas-assess`, which starts it; not a command for people."""

import os
import sys
from collections.abc import Sequence

from absl import flags

from enas_tf.assess.run.member import Standalone, run_member, watch_parent
from enas_tf.cli.assess_flags import STANDALONE_FLAGS, define_assess_flags
from enas_tf.cli.flags import define_search_flags, search_config_from_flags, with_flagfile
from enas_tf.cli.main import parse_flags, run_command


def main(argv: Sequence[str]) -> None:
    """Parses the flags of the run and brings it to its end (arguments as `sys.argv`)."""
    values = define_assess_flags(define_search_flags(flags.FlagValues()), STANDALONE_FLAGS)
    parse_flags(values, argv, __doc__)
    standalone = Standalone(values.standalone_arcs, values.standalone_epochs)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    run_member(search_config_from_flags(values), standalone, with_flagfile)


if __name__ == "__main__":
    watch_parent()
    sys.exit(run_command("enas-assess", main))
