"""enas-benchmark: measures how fast a search runs on this machine, beside what it could be compared with.

Usage: enas-benchmark --flagfile=FILE [--name=value ...]; the flags of enas-search say what is measured. Nothing is
written but what --json and --chart name.

With --against=CHECKOUT another checkout of this project, an older build for one, is measured in turn with this one in
the place of the references.
"""

import pathlib
import sys
from collections.abc import Sequence

from absl import flags

from enas_tf.benchmark.settings import BenchmarkConfig
from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.flags import define_search_flags, search_config_from_flags
from enas_tf.cli.kinds import BOOLEAN, PATH, POSITIVE_INTEGER
from enas_tf.cli.main import parse_flags, run_command
from enas_tf.cli.quiet_import import quiet_stderr

BENCHMARK_FLAGS = (
    FlagSpec("num_steps", POSITIVE_INTEGER, "Measurements of which a median is taken, after warm-up."),
    FlagSpec("quick", BOOLEAN, "Take very few measurements, to see that all works."),
    FlagSpec(
        "num_static_arcs",
        POSITIVE_INTEGER,
        "Architectures that references (a) and (c) run on; each needs the seconds of tracing a static graph.",
    ),
    FlagSpec(
        "synthetic",
        BOOLEAN,
        "Measure on random images of 32x32 (or --image_size) in 3 channels; --nosynthetic takes those of --dataset.",
    ),
    FlagSpec("json", PATH, "File for all numbers."),
    FlagSpec("chart", PATH, "PNG file for a bar chart."),
    FlagSpec(
        "against",
        PATH,
        "Directory of another checkout of this project: measure it in turn with this one, and print ratios.",
    ),
    FlagSpec("against_turns", POSITIVE_INTEGER, "How often each of the two is measured, each time in a new process."),
)

_PROBE = pathlib.Path(__file__).with_name("benchmark_probe.py")


def main(argv: Sequence[str]) -> None:
    """Parses the flags, measures and shows the results (arguments as `sys.argv`)."""
    values, defaults = define_search_flags(flags.FlagValues()), BenchmarkConfig()
    search_flags = list(values)
    for spec in BENCHMARK_FLAGS:
        spec.define(values, "benchmark flags", getattr(defaults, spec.field))
    parse_flags(values, argv, __doc__)
    settings = BenchmarkConfig(**{spec.field: spec.value(values) for spec in BENCHMARK_FLAGS})
    config = search_config_from_flags(values)
    with quiet_stderr():
        from rich.console import Console

        from enas_tf.benchmark.against import run_against
        from enas_tf.benchmark.benchmark import run_benchmark
        from enas_tf.benchmark.chart import save_chart
        from enas_tf.benchmark.table import print_comparison, print_results
        from enas_tf.reporting.results import write_json
    console = Console()

    def announce(line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True)

    if settings.against is None:
        results = run_benchmark(config, settings, announce)
        print_results(results, console)
    else:
        given = "".join(f"{values[name].serialize()}\n" for name in search_flags if values[name].present)
        # -P: the modules beside the probe are this checkout's.
        results = run_against(config, settings, given, (sys.executable, "-P", str(_PROBE)), announce)
        print_comparison(results, console)
    if settings.json is not None:
        write_json(settings.json, results)
    if settings.chart is not None:
        save_chart(results, settings.chart)


def run() -> None:
    """Entry point of the console command `enas-benchmark`."""
    sys.exit(run_command("enas-benchmark", main))


if __name__ == "__main__":
    run()
