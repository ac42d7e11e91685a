import io

import pytest
from rich.console import Console
from rich.progress import Progress

from enas_tf.reporting.console_log import ConsoleLog

# Longer than the terminal, with trailing blanks, and full of what rich would mark up.
TRICKY = "[5 1 0] [bold]x[/bold] :smile: 0.1560 " + "[1 0 1] " * 30


def plain_console(file):
    return Console(file=file, width=40, force_terminal=False)


def test_lines_reach_terminal_and_file_unchanged(tmp_path):
    terminal = io.StringIO()
    log = ConsoleLog(tmp_path / "stdout", plain_console(terminal))
    log.write(TRICKY)
    log.write("two\nlines")
    assert terminal.getvalue() == f"{TRICKY}\ntwo\nlines\n"
    assert (tmp_path / "stdout").read_text() == terminal.getvalue()


@pytest.mark.parametrize("append, expected", [(True, "old\nnew\n"), (False, "new\n")])
def test_resume_appends_and_a_new_run_starts_anew(tmp_path, append, expected):
    path = tmp_path / "stdout"
    path.write_text("old\n")
    ConsoleLog(path, plain_console(io.StringIO()), append).write("new")
    assert path.read_text() == expected


def test_lines_stay_whole_above_a_live_bar(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    terminal = io.StringIO()
    live = Console(file=terminal, width=40, force_terminal=True)
    with Progress(console=live, auto_refresh=False) as bar:
        bar.add_task("child training", total=10)
        ConsoleLog(tmp_path / "stdout", live).write(TRICKY)
    assert TRICKY + "\n" in terminal.getvalue()
