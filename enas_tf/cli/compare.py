"""enas-compare: puts this port beside the original: its numbers, its checkpoints, its logs.

Usage, one of: enas-compare --golden=FILE.npz [--golden=...] [--nearby_starts=N]; enas-compare --write_golden=FILE.npz
--kind=KIND [--name=value ...]; enas-compare --original_checkpoint=DIR [--expected=FILE.npz] [--evaluate] [--sample=10]
[--name=value ...]; enas-compare --log=STDOUT --log=STDOUT [--output=FILE.png]. --report=FILE.md keeps the tables. The
flags of a search follow below; they matter where sizes, rates or images are asked for. The exit code is 1 if a number
is off by more than its tolerance.
"""

import sys
from collections.abc import Sequence

from absl import flags
from rich.console import Console

from enas_tf.cli.arc_file import read_arc_file
from enas_tf.cli.compare_checkpoint import compare_checkpoint
from enas_tf.cli.compare_flags import define_compare_flags
from enas_tf.cli.compare_goldens import compare_goldens, write_golden
from enas_tf.cli.compare_logs import compare_logs
from enas_tf.cli.compare_output import Comparison
from enas_tf.cli.files_to_write import file_to_write
from enas_tf.cli.flags import define_search_flags
from enas_tf.cli.main import parse_flags, run_command
from enas_tf.errors import InputError
from enas_tf.reporting.results import write_text

EXIT_MISS = 1
# Tables of long names are not squeezed into a narrow file.
_WIDTH_OF_FILES = 150

# By the flag that asks for it.
_MODES = {
    "golden": compare_goldens,
    "write_golden": write_golden,
    "original_checkpoint": compare_checkpoint,
    "log": compare_logs,
}
# Flags that only one of them reads.
_FLAGS_OF_MODES = {
    "nearby_starts": "golden",
    "kind": "write_golden",
    "golden_steps": "write_golden",
    "expected": "original_checkpoint",
    "evaluate": "original_checkpoint",
    "sample": "original_checkpoint",
    "output": "log",
}


def main(argv: Sequence[str]) -> None:
    """Parses the flags and compares (arguments as `sys.argv`).

    Raises:
      InputError: If flags or files are at fault; nothing is written then.
      flags.Error: For flags that do not parse.
      SystemExit: With code 1 if a number is off by more than its tolerance.
    """
    values = define_compare_flags(define_search_flags(flags.FlagValues()))
    parse_flags(values, argv, __doc__)
    read_arc_file(values)
    asked = [name for name in _MODES if values[name].value]
    if len(asked) != 1:
        expected = f"one of {', '.join(f'--{name}' for name in _MODES)}"
        raise InputError("command line", expected, " and ".join(f"--{name}" for name in asked) or "none of them")
    for name, mode in _FLAGS_OF_MODES.items():
        if values[name].present and mode != asked[0]:
            raise InputError(f"--{name}", f"--{mode} with it", f"--{asked[0]}")
    report = None if values["report"].value is None else file_to_write(values, "report")
    comparison = _MODES[asked[0]](values)
    _show(comparison)
    if report:
        write_text(report, _markdown(comparison))
    if not comparison.passes:
        raise SystemExit(EXIT_MISS)


def run() -> None:
    """Entry point of the console command `enas-compare`."""
    sys.exit(run_command("enas-compare", main))


def _show(comparison: Comparison) -> None:
    terminal = Console()
    if not terminal.is_terminal:
        terminal = Console(width=_WIDTH_OF_FILES)
    for table in comparison.tables:
        terminal.print(table.for_terminal())
    for line in comparison.lines:
        terminal.out(line, highlight=False)


def _markdown(comparison: Comparison) -> str:
    parts = [table.as_markdown() for table in comparison.tables]
    if comparison.lines:
        parts.append("\n".join(["```", *comparison.lines, "```\n"]))
    return "\n".join(parts)


if __name__ == "__main__":
    run()
