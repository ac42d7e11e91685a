"""From a command line to a run: what the commands that search and that train share."""

import functools
import sys

from absl import flags

from enas_tf.cli.arc_file import arc_flag, read_arc_file, with_own_notation
from enas_tf.cli.flags import command_line, flag_lines, search_config_from_flags
from enas_tf.cli.quiet_import import quiet_stderr
from enas_tf.cli.settings_of_run import read_search
from enas_tf.cli.strategy_flags import refuse_flags_of_others
from enas_tf.errors import InputError


def run_from_flags(values: flags.FlagValues, needs_arc: bool) -> None:
    """Runs the search, or the final training if an architecture is given.

    Args:
      values: Parsed flags.
      needs_arc: Whether the command only trains.

    Raises:
      InputError: For whatever is wrong with flags, files or directories.
      flags.Error: For flags that do not parse.
    """
    arc_file = values["arc_file"]
    if values["init_from_search"].value is not None and arc_file.value is None and values.child_fixed_arc is None:
        arc_file.value = values["init_from_search"].value
    record = read_arc_file(values)
    if needs_arc and values["child_fixed_arc"].value is None:
        raise InputError("--child_fixed_arc", "an architecture to train (or --arc_file)", "nothing")
    config = search_config_from_flags(values)
    refuse_flags_of_others(values, [config.strategy.name], "--search_mode={} beside it")
    config = with_own_notation(config, arc_flag(values), record)
    values["child_fixed_arc"].value = config.child.fixed_arc
    sys.stdout.write("Loading TensorFlow\n")
    sys.stdout.flush()
    with quiet_stderr():
        # TensorFlow takes seconds to import: help and flag errors need not wait for it.
        from enas_tf.original.initialization import initialise_from_original
        from enas_tf.search.architecture_search import run_search
        from enas_tf.search.final_training import run_final_training
        from enas_tf.search.finished_search import initialise_from_search
        from enas_tf.search.session import Initialiser

    found_on = None if record is None else record.images
    train = functools.partial(run_final_training, found_on=found_on)
    run = run_search if config.child.fixed_arc is None else train
    initialise: Initialiser | None = None
    if config.run.init_from_original is not None:
        initialise = functools.partial(initialise_from_original, config)
    if config.run.init_from_search is not None:
        search = read_search(config.run.init_from_search, "--init_from_search")
        initialise = functools.partial(initialise_from_search, config, search)
    run(config, command_line(flag_lines(values, config)), initialise)
