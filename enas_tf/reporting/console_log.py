"""Writes lines to the terminal, above a live progress bar if there is one, and to the run's `stdout` file."""

import pathlib

from rich.console import Console

from enas_tf.reporting.results import PathLike, append_text, writing


class ConsoleLog:
    """Sends each line to the console and to a file, unchanged in both.

    The file is opened for each line, so a killed run has lost none and there is nothing to close.
    """

    def __init__(self, path: PathLike, console: Console, append: bool = False) -> None:
        """Begins the log.

        Args:
          path: Usually `<output_dir>/stdout`.
          console: The terminal, shared with a progress display so that lines appear above it.
          append: Whether what the file holds stays, as on resume; otherwise the file starts anew.
        """
        self._path = pathlib.Path(path)
        self._console = console
        with writing(path), self._path.open("a" if append else "w"):
            pass

    def write(self, text: str) -> None:
        """Writes one line, or several separated by line feeds; neither wrapped nor taken for markup.

        Raises:
          OutputError: If one of the two cannot be written.
        """
        with writing("standard output"):
            self._console.out(text, highlight=False)
        append_text(self._path, text + "\n")
