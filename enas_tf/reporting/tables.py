"""Tables of text, for the terminal and as Markdown."""

import dataclasses
from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table as TerminalTable


@dataclasses.dataclass(frozen=True)
class TextTable:
    """A table.

    Attributes:
      title: What it shows.
      columns: Their headings.
      rows: Cells as text, one for each column.
      notes: Sentences below it.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def for_terminal(self) -> TerminalTable:
        """The table as rich shows it."""
        table = TerminalTable(
            title=self.title, title_justify="left", box=box.SIMPLE_HEAD, caption="\n".join(self.notes) or None,
            caption_justify="left",
        )  # fmt: skip
        for column in self.columns:
            table.add_column(column, overflow="fold")
        for row in self.rows:
            table.add_row(*(cell.replace("[", r"\[") for cell in row))
        return table

    def as_markdown(self) -> str:
        """The table as Markdown, its title a heading."""
        lines = [f"## {self.title}", "", _line(self.columns), _line(["---"] * len(self.columns))]
        lines += [_line(row) for row in self.rows]
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)]) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
