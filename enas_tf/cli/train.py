"""enas-train: trains one architecture, with weights of its own, on all training images; or the best ones of a search.

Usage: enas-train --flagfile=FILE --arc_file=RUN [--name=value ...], with RUN the directory of a search, or a file with
an architecture. enas-train --run=RUN --top=5 --seeds=0..4 --output_dir=DIR trains the five best architectures of a
search with five seeds each, by the search's own settings where no flag says otherwise. Later flags override earlier
ones.
"""

import dataclasses
import sys
from collections.abc import Sequence

from absl import flags

from enas_tf.cli.arc_file import read_arc_file, with_own_notation
from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.flags import define_search_flags, search_config_from_flags, with_flagfile
from enas_tf.cli.kinds import PATH, POSITIVE_INTEGER, SEEDS
from enas_tf.cli.main import run_command
from enas_tf.cli.quiet_import import quiet_stderr
from enas_tf.cli.run import run_from_flags
from enas_tf.cli.settings_of_run import parse_after_search, read_search
from enas_tf.errors import InputError

_TOP, _SEEDS = 5, (0, 1, 2, 3, 4)

TRAIN_FLAGS = (
    FlagSpec(
        "run",
        PATH,
        "Directory of a search: measure all its different architectures on all validation images with its shared "
        "weights, and train the best ones with validation images held out. --output_dir holds one directory a "
        "training; what is there already is not done again.",
    ),
    FlagSpec("top", POSITIVE_INTEGER, "With --run: how many architectures are trained.", default=_TOP),
    FlagSpec("seeds", SEEDS, "With --run: root seeds; each architecture is trained with each of them.", default=_SEEDS),
)
# What --run says itself: which architectures, with which seeds, and that validation images are held out.
_CONTRADICTING = ("arc_file", "child_fixed_arc", "init_from_original", "seed", "hold_out_validation")


def main(argv: Sequence[str]) -> None:
    """Parses the flags and trains (arguments as `sys.argv`).

    Raises:
      InputError: For whatever is wrong with flags, files or directories.
      flags.Error: For flags that do not parse.
    """
    values = parse_after_search(_define, argv, __doc__, ["run", "init_from_search"])
    if values["run"].value is not None:
        _train_best(values, argv)
        return
    for name in ("top", "seeds"):
        if values[name].present:
            raise InputError(f"--{name}", "--run beside it", "none")
    run_from_flags(values, needs_arc=True)


def run() -> None:
    """Entry point of the console command `enas-train`."""
    sys.exit(run_command("enas-train", main))


def _define() -> flags.FlagValues:
    values = define_search_flags(flags.FlagValues())
    for spec in TRAIN_FLAGS:
        spec.define(values, "flags of enas-train", spec.default)
    return values


def _train_best(values: flags.FlagValues, argv: Sequence[str]) -> None:
    path, what = values["run"].value, f"--run={values['run'].value}"
    given = _define()
    given(argv)
    for name in _CONTRADICTING:
        # Flagfiles of final trainings hold some of them, for runs without --run.
        if any(argument.lstrip("-").partition("=")[0] in (name, f"no{name}") for argument in argv[1:]):
            raise InputError(f"--{name}", f"no such flag beside {what}", given[name].value)
    if not given["output_dir"].present:
        raise InputError("--output_dir", f"a directory for the trainings beside {what}", "none")
    values["arc_file"].value = path
    record = read_arc_file(values)
    config = with_own_notation(search_config_from_flags(values), what, record)
    sys.stdout.write("Loading TensorFlow\n")
    sys.stdout.flush()
    with quiet_stderr():
        from enas_tf.search.retraining import RetrainingConfig, retrain

    retraining = RetrainingConfig(values.run, values.top, values.seeds)
    search = read_search(retraining.run, "--run")
    where = dataclasses.replace(search.data, data_dir=config.data.data_dir, download=config.data.download)
    search = dataclasses.replace(search, data=where)
    retrain(config, search, retraining, with_flagfile)


if __name__ == "__main__":
    run()
