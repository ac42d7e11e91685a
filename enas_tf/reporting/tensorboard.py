"""Writes what TensorBoard shows, and keeps its files true when a run is resumed.

A resumed run repeats the steps after its checkpoint. TensorFlow 2's writer cannot tell TensorBoard to forget what the
killed run had written for them, and TensorBoard would draw both, so those events are removed from the files before a
new writer is opened. For that a log has one axis of steps; what is counted otherwise (the controller's updates) belongs
into a log of its own, in a subdirectory, which TensorBoard shows as another run.
"""

import contextlib
import pathlib
import struct
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams import api as hparams_api

from enas_tf.reporting.drawing import figure_to_image
from enas_tf.reporting.results import PathLike, replacing, writing

_EVENT_FILES = "events.out.tfevents.*"
# A record of an event file: length (8 bytes) and its checksum (4), the event, and the event's checksum (4).
_HEADER_SIZE, _FOOTER_SIZE = 12, 4


class TensorBoardLog:
    """One TensorBoard run: a directory of event files. A context manager, or close it."""

    def __init__(self, directory: PathLike, resume_step: int | None = None) -> None:
        """Opens a new event file.

        Args:
          directory: Created when missing.
          resume_step: The step of the checkpoint a run goes on from: events of later steps are removed. None to remove
            nothing.
        """
        if resume_step is not None:
            remove_later_events(directory, resume_step)
        self._directory = directory
        with self._writing():
            self._writer = tf.summary.create_file_writer(str(directory))

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Writes numbers by tag, for example `{"child/loss": 1.93}`."""
        with self._at(step):
            for tag, value in values.items():
                tf.summary.scalar(tag, value)

    def figure(self, tag: str, figure: Figure, step: int) -> None:
        """Writes a figure as an image."""
        image = figure_to_image(figure)
        with self._at(step):
            tf.summary.image(tag, image)

    def text(self, tag: str, text: str, step: int) -> None:
        """Writes a text, which TensorBoard shows as Markdown."""
        with self._at(step):
            tf.summary.text(tag, text)

    def histograms(self, values: Mapping[str, np.ndarray], step: int) -> None:
        """Writes distributions of numbers by tag."""
        with self._at(step):
            for tag, numbers in values.items():
                tf.summary.histogram(tag, numbers)

    def hparams(self, flags: Mapping[str, object], metrics: Mapping[str, str]) -> None:
        """Fills the HParams tab; to be called once, when a run begins.

        Args:
          flags: Settings by name. Those that are None are left out, collections become text.
          metrics: Tags of scalars this log writes, with the names to show for them.
        """
        settings = {name: _simple(value) for name, value in flags.items() if value is not None}
        with self._at(0):
            hparams_api.hparams_config(
                hparams=[hparams_api.HParam(name) for name in settings],
                metrics=[hparams_api.Metric(tag, display_name=name) for tag, name in metrics.items()],
            )
            hparams_api.hparams(settings)

    def flush(self) -> None:
        """Makes everything written so far visible to TensorBoard."""
        with self._writing():
            self._writer.flush()

    def close(self) -> None:
        """Flushes and closes the file."""
        with self._writing():
            self._writer.close()

    @contextlib.contextmanager
    def _at(self, step: int) -> Iterator[None]:
        """Lets what is written in the block stand at a step."""
        with self._writing(), self._writer.as_default(step=step):
            yield

    def _writing(self) -> contextlib.AbstractContextManager[None]:
        """Names the directory where it cannot be written to, which TensorFlow notices late: it writes now and then."""
        return writing(self._directory, tf.errors.OpError)

    def __enter__(self) -> "TensorBoardLog":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def remove_later_events(directory: PathLike, step: int) -> None:
    """Removes from a directory's event files all events of steps after the given one, and a torn end.

    Args:
      directory: Of a log whose writers are closed or dead.
      step: The last step whose events stay.
    """
    for path in pathlib.Path(directory).glob(_EVENT_FILES):
        kept = [
            record
            for record in _read_records(path)
            if Event.FromString(record[_HEADER_SIZE:-_FOOTER_SIZE]).step <= step
        ]
        with replacing(path) as file:
            file.writelines(kept)


def _read_records(path: pathlib.Path) -> Iterator[bytes]:
    """Reads whole records, header and footer included, up to where the writer was killed."""
    with path.open("rb") as file:
        while len(header := file.read(_HEADER_SIZE)) == _HEADER_SIZE:
            size = struct.unpack("<Q", header[:8])[0] + _FOOTER_SIZE
            if len(body := file.read(size)) < size:
                return
            yield header + body


def _simple(value: object) -> bool | int | float | str:
    """Gives a setting a type the HParams tab knows."""
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, set | frozenset):
        value = sorted(value)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
