"""enas-benchmark: measures how fast a search runs on this machine, beside what it could be compared with.

Usage: enas-benchmark --flagfile=FILE [--name=value ...]; the flags of enas-search say what is measured. Nothing is
written but what --json and --chart name.
"""

import sys
from collections.abc import Sequence

from absl import flags

from enas_tf.benchmark.settings import BenchmarkConfig
from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.flags import define_search_flags, search_config_from_flags
from enas_tf.cli.kinds import BOOLEAN, NON_EMPTY_TEXT, POSITIVE_INTEGER
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
    FlagSpec("json", NON_EMPTY_TEXT, "File for all numbers."),
    FlagSpec("chart", NON_EMPTY_TEXT, "PNG file for a bar chart."),
)


def main(argv: Sequence[str]) -> None:
    """Parses the flags, measures and shows the results (arguments as `sys.argv`)."""
    values, defaults = define_search_flags(flags.FlagValues()), BenchmarkConfig()
    for spec in BENCHMARK_FLAGS:
        spec.define(values, "benchmark flags", getattr(defaults, spec.field))
    parse_flags(values, argv, __doc__)
    settings = BenchmarkConfig(**{spec.field: spec.value(values) for spec in BENCHMARK_FLAGS})
    config = search_config_from_flags(values)
    with quiet_stderr():
        from rich.console import Console

        from enas_tf.benchmark.benchmark import run_benchmark
        from enas_tf.benchmark.chart import save_chart
        from enas_tf.benchmark.table import print_results
        from enas_tf.reporting.results import write_json
    console = Console()
    results = run_benchmark(config, settings, lambda line: console.print(line, highlight=False))
    print_results(results, console)
    if settings.json is not None:
        write_json(settings.json, results)
    if settings.chart is not None:
        save_chart(results, settings.chart)


def run() -> None:
    """Entry point of the console command `enas-benchmark`."""
    sys.exit(run_command("enas-benchmark", main))
