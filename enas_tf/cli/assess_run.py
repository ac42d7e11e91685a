"""The process of one run of `enas-assess`, which starts it; not a command for people."""

import os
import sys
from collections.abc import Sequence

from absl import flags

from enas_tf.assess.run.member import Standalone, run_member, watch_parent
from enas_tf.cli.assess_flags import STANDALONE_FLAGS, define_assess_flags
from enas_tf.cli.flags import config_from_flagfile, define_search_flags, flagfile_text, search_config_from_flags
from enas_tf.cli.main import parse_flags, run_command
from enas_tf.config import SearchConfig
from enas_tf.search.settings import CommandLine


def main(argv: Sequence[str]) -> None:
    """Parses the flags of the run and brings it to its end (arguments as `sys.argv`)."""
    values = define_assess_flags(define_search_flags(flags.FlagValues()), STANDALONE_FLAGS)
    parse_flags(values, argv, __doc__)
    standalone = Standalone(values.standalone_arcs, values.standalone_epochs)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    run_member(search_config_from_flags(values), standalone, _command_line)


def _command_line(config: SearchConfig) -> CommandLine:
    return CommandLine(flagfile_text(config).splitlines(), flagfile_text, config_from_flagfile)


if __name__ == "__main__":
    watch_parent()
    sys.exit(run_command("enas-assess", main))
