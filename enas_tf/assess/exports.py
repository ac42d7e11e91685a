"""An experiment's numbers for other programs: a table of runs, a summary, TensorBoard."""

import csv
import dataclasses
import io
import pathlib
import shutil
import time
from collections.abc import Sequence

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import summary_v2
from tensorboard.summary.writer.record_writer import RecordWriter

from enas_tf.assess.collect import FINISHED, RunRecord, values_by_seed
from enas_tf.assess.comparison import Comparison
from enas_tf.assess.evidence import Evidence
from enas_tf.assess.experiment import Cell
from enas_tf.assess.statistics import summarize
from enas_tf.reporting.results import replacing, write_json, write_text

# Metrics shown in TensorBoard's table of runs.
_SHOWN = ("valid_accuracy", "test_accuracy", "final_arcs_test_accuracy", "standalone_accuracy", "bad_probability")


def write_runs_csv(records: Sequence[RunRecord], path: pathlib.Path) -> None:
    """Writes a row a run, with all of its numbers; accuracies are between 0 and 1."""
    metrics = [record.metrics() for record in records]
    names = list(dict.fromkeys(name for numbers in metrics for name in numbers))
    text = io.StringIO()
    writer = csv.DictWriter(text, ["run", "strategy", "poison", "seed", "state", "best_arc", *names])
    writer.writeheader()
    for record, numbers in zip(records, metrics, strict=True):
        row = {"run": record.name, **dataclasses.asdict(record.cell), "seed": record.seed, "state": record.state}
        writer.writerow({**row, "best_arc": record.results.get("best_arc", ""), **numbers})
    write_text(path, text.getvalue())


def write_summary(evidence: Evidence, path: pathlib.Path) -> None:
    """Writes what the report says, as numbers."""
    write_json(
        path,
        {
            "states": {record.name: record.state for record in evidence.records},
            "cells": [_cell_summary(evidence.records, cell) for cell in evidence.cells],
            "against_random": [_comparison(comparison) for comparison in evidence.against_random],
            "against_clean": [_comparison(comparison) for comparison in evidence.against_clean],
            "poison_against_uniform": [
                dataclasses.asdict(cell) | dataclasses.asdict(paired) for cell, paired in evidence.avoidance.items()
            ],
            "rank_correlations": [
                dataclasses.asdict(cell) | dataclasses.asdict(found) for cell, found in evidence.correlations.items()
            ],
        },
    )


def write_hparams(records: Sequence[RunRecord], directory: pathlib.Path) -> None:
    """Writes a TensorBoard run for each finished run, so that the HParams tab compares them.

    Written without TensorFlow, which would take seconds to import and hold a GPU.
    """
    shutil.rmtree(directory, ignore_errors=True)
    hparams = [summary_v2.HParam(name) for name in ("strategy", "poison", "seed")]
    metrics = [summary_v2.Metric(name, display_name=name.replace("_", " ")) for name in _SHOWN]
    for record in records:
        if record.state != FINISHED:
            continue
        numbers = record.metrics()
        settings = {**dataclasses.asdict(record.cell), "seed": record.seed}
        values = [Summary.Value(tag=name, simple_value=numbers[name]) for name in _SHOWN if name in numbers]
        summaries = [
            summary_v2.hparams_config_pb(hparams, metrics),
            summary_v2.hparams_pb(settings, trial_id=record.name),
            Summary(value=values),
        ]
        _write_events(directory / record.name, summaries)


def _write_events(directory: pathlib.Path, summaries: Sequence[Summary]) -> None:
    now = time.time()
    events = [Event(wall_time=now, file_version="brain.Event:2")]
    events += [Event(wall_time=now, step=0, summary=summary) for summary in summaries]
    directory.mkdir(parents=True)
    with replacing(directory / "events.out.tfevents.assess") as file:
        records = RecordWriter(file)
        for event in events:
            records.write(event.SerializeToString())


def _cell_summary(records: Sequence[RunRecord], cell: Cell) -> dict[str, object]:
    names = dict.fromkeys(name for record in records if record.cell == cell for name in record.metrics())
    values = {name: list(values_by_seed(records, cell, name).values()) for name in names}
    return dataclasses.asdict(cell) | {
        name: dataclasses.asdict(summarize(numbers)) for name, numbers in values.items() if numbers
    }


def _comparison(comparison: Comparison) -> dict[str, object]:
    return dataclasses.asdict(comparison) | {"test": comparison.paired.test}
