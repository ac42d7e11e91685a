"""A checkout of this project that is measured in a process of its own, and asked for one measurement after another."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
from collections.abc import Sequence
from typing import IO, Any, cast

import numpy as np

from enas_tf.data import ImageSet
from enas_tf.errors import InputError
from enas_tf.search_space import Arc

_EXPECTED = "answers, as a checkout gives that can be measured this way"


def write_request(directory: pathlib.Path, search_flags: str, images: ImageSet, arcs: Sequence[Arc]) -> None:
    """Writes what `enas_tf.cli.benchmark_probe` reads.

    Args:
      directory: For the files.
      search_flags: The flagfile.
      images: To train and evaluate on.
      arcs: To run.
    """
    (directory / "search.flags").write_text(search_flags, encoding="utf-8")
    (directory / "arcs.json").write_text(json.dumps(arcs), encoding="utf-8")
    names = ("train_images", "train_labels", "test_images", "test_labels", "num_classes")
    np.savez(directory / "images.npz", **{name: getattr(images, name) for name in names})


class CheckoutProcess:
    """A process that measures a checkout when asked to. A context manager, at whose end it is gone.

    Args:
      probe: The command, which measures the checkout on PYTHONPATH.
      checkout: The checkout.
      request: The directory that `write_request` has filled.
      log: File for what it says beside its answers.
    """

    def __init__(self, probe: Sequence[str], checkout: pathlib.Path, request: pathlib.Path, log: pathlib.Path) -> None:
        self._checkout = checkout
        self._log = log
        path = os.pathsep.join(filter(None, (str(checkout), os.environ.get("PYTHONPATH"))))
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [*probe, str(request)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                encoding="utf-8",
                env={**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"},
            )
        # Pipes, as asked for.
        self._questions, self._answers = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)

    def __enter__(self) -> "CheckoutProcess":
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):  # of a question that it did not live to read
            self._questions.close()
        self._answers.close()
        self._process.wait()

    def ask(self, question: str, *numbers: int) -> Any:
        """Asks for a measurement (see `Answers` of the probe) and waits for it.

        Raises:
          InputError: If the process ends instead, with the last line it wrote.
        """
        try:
            self._questions.write(" ".join(map(str, (question, *numbers))) + "\n")
            self._questions.flush()
            answer = self._answers.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise InputError(f"--against, the process for {self._checkout}", _EXPECTED, self._how_it_ended())
        return json.loads(answer)

    def machine(self) -> dict[str, Any]:
        """What it was measured on.

        Raises:
          InputError: If the process has measured another checkout.
        """
        about = self.ask("about")
        if pathlib.Path(about["enas_tf"]) != self._checkout:
            raise InputError(f"--against, the process for {self._checkout}", _EXPECTED, f"those of {about['enas_tf']}")
        return about["machine"]

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        if code < 0:
            return f"its end by signal {-code}"
        lines = [line for line in self._log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
        return lines[-1] if lines else "nothing"


def commit_of(checkout: pathlib.Path) -> str | None:
    """The commit of a checkout, with a mark if files differ from it; None where git cannot tell."""
    git = shutil.which("git")
    if git is None:
        return None
    asked = [git, "-C", str(checkout), "describe", "--always", "--dirty"]
    return subprocess.run(asked, capture_output=True, text=True).stdout.strip() or None
