import io

from rich.console import Console

from enas_tf.reporting.tables import TextTable

TABLE = TextTable("A title", ("name", "value"), [("a|b", "[1 2]"), ("c", "")], ["A note."])


def test_markdown():
    assert TABLE.as_markdown() == (
        "## A title\n\n| name | value |\n| --- | --- |\n| a\\|b | [1 2] |\n| c |  |\n\nA note.\n"
    )


def test_the_terminal_shows_cells_as_they_are():
    stream = io.StringIO()
    Console(file=stream, width=60).print(TABLE.for_terminal())
    for text in ("A title", "name", "a|b", "[1 2]", "A note."):
        assert text in stream.getvalue()
