"""What all console commands share: parsing, help, and errors as one line with an exit code."""

import errno
import io
import os
import sys
from collections.abc import Callable, Sequence

from absl import flags

from enas_tf.errors import DivergedError, InputError, OutputError

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it

# What the operating system says where there is no room, or no way, to write; anything else is a fault of the program.
_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
# What it says of a path that a person can mend, by what it is to be instead.
_REFUSED = {
    errno.EACCES: "permission to read or write it",
    errno.EPERM: "permission to read or write it",
    errno.EISDIR: "a file",
    errno.ENOTDIR: "a path through directories only",
    errno.ELOOP: "a link that leads somewhere",
    errno.ENAMETOOLONG: "a name that the file system takes",
}


def run_command(command: str, main: Callable[[Sequence[str]], None]) -> int:
    """Runs the body of a console command.

    Args:
      command: Its name, which starts the error line.
      main: Takes the arguments, the program's name first.

    Returns:
      The exit code: 0; 2 for bad input, paths without permission among it, and 1 for a run that diverged or could not
      write (one line on stderr, no traceback); 130 when interrupted from the keyboard.
    """
    _let_output_take_everything()
    try:
        main(sys.argv)
        sys.stdout.flush()  # now, where it can be told what goes wrong
    except (InputError, flags.Error) as error:
        return _complain(command, error, EXIT_BAD_INPUT)
    except (DivergedError, OutputError) as error:
        return _complain(command, error, EXIT_FAILED)
    except BrokenPipeError:  # who read the output has seen enough
        _let_go_of_output()
        return EXIT_FAILED
    except OSError as error:
        number = error.errno or 0
        if number in _REFUSED and error.filename is not None:
            refused = InputError(str(error.filename), _REFUSED[number], os.strerror(number))
            return _complain(command, refused, EXIT_BAD_INPUT)
        if number not in _WRITING:
            raise
        where = error.filename or "output"  # files of a run name themselves
        return _complain(command, OutputError(where, os.strerror(number)), EXIT_FAILED)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return 0


def _let_output_take_everything() -> None:
    """Lets characters that the terminal's encoding lacks be escaped, in place of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _complain(command: str, error: Exception, exit_code: int) -> int:
    _let_go_of_output()
    sys.stderr.write(f"{command}: {' '.join(str(error).split())}\n")
    return exit_code


def _let_go_of_output() -> None:
    """Gives up what standard output does not take, of which the interpreter would complain at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parse_flags(
    values: flags.FlagValues, argv: Sequence[str], description: str, takes_paths: bool = False
) -> Sequence[str]:
    """Parses a command line into `values`; `--help` prints the description and every flag, and leaves.

    Args:
      values: Of the command.
      argv: As `sys.argv`.
      description: Of the command, for `--help`.
      takes_paths: Whether there may be arguments that are no flags.

    Returns:
      Arguments that are no flags.

    Raises:
      flags.Error: If a flag is unknown or its value illegal, or a flagfile cannot be read.
      InputError: If an argument is not a flag and may not be one, or a flagfile not a text.
      SystemExit: After `--help`, with code 0.
    """
    flags.DEFINE_boolean("help", False, "Show this help.", values, module_name="help", short_name="h")
    try:
        rest = values(argv)[1:]
    except UnicodeDecodeError:
        raise InputError("--flagfile", "a text file", "bytes that are not text") from None
    except ValueError as error:  # absl's own for `--noflag=value`
        raise flags.Error(str(error)) from error
    if values["help"].value:
        sys.stdout.write(f"{description.strip()}\n{values.get_help()}\n")
        sys.stdout.flush()
        raise SystemExit(0)
    if rest and not takes_paths:
        raise InputError("command line", "flags only, as --name=value", repr(rest[0]))
    return rest
