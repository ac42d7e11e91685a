"""A report as plain data, and how it is written down: the same blocks as HTML in one file and as Markdown."""

import base64
import dataclasses
import pathlib
from collections.abc import Sequence
from typing import ClassVar

import jinja2

from enas_tf.reporting.results import replacing, write_text


@dataclasses.dataclass(frozen=True)
class Paragraph:
    """Some sentences."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclasses.dataclass(frozen=True)
class Warn:
    """A sentence that readers must not miss."""

    kind: ClassVar[str] = "warning"
    text: str


@dataclasses.dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    kind: ClassVar[str] = "bullets"
    sentences: Sequence[str]


@dataclasses.dataclass(frozen=True)
class Listing:
    """Lines shown as they are."""

    kind: ClassVar[str] = "listing"
    lines: Sequence[str]


@dataclasses.dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
      caption: What it shows, and its units.
      header: Names of columns.
      rows: Texts, as many a row as columns.
    """

    kind: ClassVar[str] = "table"
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Picture:
    """A plot.

    Attributes:
      name: Of its file, without suffix.
      caption: What it shows.
      png: The image.
    """

    kind: ClassVar[str] = "picture"
    name: str
    caption: str
    png: bytes

    @property
    def data_uri(self) -> str:
        """The image inside a URI, so that a page needs no other file."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


Block = Paragraph | Warn | Bullets | Listing | Table | Picture


@dataclasses.dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    heading: str
    blocks: Sequence[Block]


@dataclasses.dataclass(frozen=True)
class Document:
    """A report.

    Attributes:
      title: Its heading.
      subtitle: What it is about, in a line.
      sections: Its text.
    """

    title: str
    subtitle: str
    sections: Sequence[Section]


def write_document(document: Document, stem: pathlib.Path, pictures: pathlib.Path) -> list[pathlib.Path]:
    """Writes `stem.html`, which needs no other file, `stem.md`, and the plots it refers to.

    Args:
      document: The report.
      stem: Path without suffix.
      pictures: Directory for the plots, beside the report.

    Returns:
      The two reports.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("enas_tf.assess.report"),
        autoescape=jinja2.select_autoescape(["html.jinja"], default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    pictures.mkdir(exist_ok=True)
    for picture in (block for section in document.sections for block in section.blocks if isinstance(block, Picture)):
        with replacing(pictures / f"{picture.name}.png") as file:
            file.write(picture.png)
    paths = []
    for suffix in ("html", "md"):
        template = environment.get_template(f"report.{suffix}.jinja")
        path = stem.with_name(f"{stem.name}.{suffix}")
        write_text(path, template.render(document=document, pictures=pictures.name))
        paths.append(path)
    return paths
