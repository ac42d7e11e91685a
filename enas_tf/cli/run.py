"""From a command line to a run: what the commands that search and that train share."""

import functools
import sys
from collections.abc import Sequence

from absl import flags

from enas_tf.cli.arc_file import read_arc_file
from enas_tf.cli.flags import (
    config_from_flagfile,
    define_search_flags,
    flag_lines,
    flagfile_text,
    search_config_from_flags,
)
from enas_tf.cli.main import parse_flags
from enas_tf.cli.quiet_import import quiet_stderr
from enas_tf.cli.strategy_flags import refuse_flags_of_others
from enas_tf.errors import InputError
from enas_tf.poisoning import space_config
from enas_tf.search.settings import CommandLine


def run_from_flags(argv: Sequence[str], description: str, needs_arc: bool) -> None:
    """Parses the flags and runs the search, or the final training if an architecture is given.

    Args:
      argv: As `sys.argv`.
      description: Of the command, for `--help`.
      needs_arc: Whether the command only trains.

    Raises:
      InputError: For whatever is wrong with flags, files or directories.
      flags.Error: For flags that do not parse.
    """
    values = define_search_flags(flags.FlagValues())
    parse_flags(values, argv, description)
    read_arc_file(values)
    if needs_arc and values["child_fixed_arc"].value is None:
        raise InputError("--child_fixed_arc", "an architecture to train (or --arc_file)", "nothing")
    config = search_config_from_flags(values)
    refuse_flags_of_others(values, [config.strategy.name], "--search_mode={} beside it")
    space_config(config)  # says what is wrong with the space before TensorFlow is waited for
    sys.stdout.write("Loading TensorFlow\n")
    sys.stdout.flush()
    with quiet_stderr():
        # TensorFlow takes seconds to import: help and flag errors need not wait for it.
        from enas_tf.original.initialization import initialise_from_original
        from enas_tf.search.architecture_search import run_search
        from enas_tf.search.final_training import run_final_training

    run = run_search if config.child.fixed_arc is None else run_final_training
    from_original = functools.partial(initialise_from_original, config)
    initialise = None if config.run.init_from_original is None else from_original
    run(config, CommandLine(flag_lines(values, config), flagfile_text, config_from_flagfile), initialise)
