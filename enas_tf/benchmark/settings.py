"""What a benchmark is asked to do."""

import dataclasses
import pathlib

from enas_tf.errors import InputError
from enas_tf.reporting.run_directory import require_file_place

QUICK_STEPS = 3
CHART_SUFFIX = ".png"


@dataclasses.dataclass(frozen=True)
class BenchmarkConfig:
    """Settings of a benchmark; what is measured comes from a `SearchConfig`.

    Attributes:
      num_steps: Measurements of which a median is taken, after warm-up.
      quick: Take `QUICK_STEPS` measurements instead, to see that all works.
      num_static_arcs: Architectures that references (a) and (c) run on; each costs the tracing of a static graph.
      synthetic: Whether images are made up, of the size of CIFAR-10 unless `--image_size` says otherwise.
      json: File for all numbers; None for none.
      chart: PNG file for a bar chart; None for none.
      against: Directory of another checkout of this project that is measured in turn with this one, instead of the
        references; None for none.
      against_turns: How often each of the two is measured.
    """

    num_steps: int = 20
    quick: bool = False
    num_static_arcs: int = 2
    synthetic: bool = True
    json: str | None = None
    chart: str | None = None
    against: str | None = None
    against_turns: int = 5

    def __post_init__(self) -> None:
        for flag, path, suffix in (("--json", self.json, ""), ("--chart", self.chart, CHART_SUFFIX)):
            if path is not None:
                require_file_place(f"{flag}={path}", pathlib.Path(path), suffix)
        if self.against is None:
            return
        if not (pathlib.Path(self.against) / "enas_tf" / "__init__.py").is_file():
            raise InputError("--against", "a checkout of this project, a directory with enas_tf in it", self.against)
        if self.chart is not None:
            raise InputError("--chart", "no chart beside --against, which draws none", self.chart)

    @property
    def num_rounds(self) -> int:
        """Measurements of which a median is taken."""
        return QUICK_STEPS if self.quick else self.num_steps
