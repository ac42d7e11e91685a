"""Writes everything an experiment comes to: the report, and its numbers for other programs.

These are a table of runs, a summary, and TensorBoard's HParams.
"""

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

from enas_tf.assess.plan.directory import ExperimentDirectory
from enas_tf.assess.plan.runs import Condition
from enas_tf.assess.report.document import write_document
from enas_tf.assess.report.findings import completeness
from enas_tf.assess.report.sections import make_document
from enas_tf.assess.statistics.evidence import Comparison, Evidence, gather
from enas_tf.assess.statistics.inference import summarize
from enas_tf.assess.statistics.records import FINISHED, RunRecord, values_by_seed
from enas_tf.reporting.results import replacing, write_json, write_text

# Metrics shown in TensorBoard's table of runs.
_SHOWN = ("valid_accuracy", "test_accuracy", "final_arcs_test_accuracy", "standalone_accuracy", "bad_probability")


def write_report(directory: ExperimentDirectory) -> list[str]:
    """Writes the report of an experiment, finished or not.

    Returns:
      Lines that say where it is.

    Raises:
      InputError: If there is no experiment.
    """
    evidence = gather(directory)
    write_runs_csv(evidence.records, directory.runs_csv)
    write_summary(evidence, directory.summary)
    write_hparams(evidence.records, directory.tensorboard)
    paths = write_document(make_document(evidence), directory.report, directory.plots)
    return [completeness(evidence.records), f"Report: {', '.join(map(str, paths))}", f"Numbers: {directory.runs_csv}"]


def write_runs_csv(records: Sequence[RunRecord], path: pathlib.Path) -> None:
    """Writes a row a run, with all of its numbers; accuracies are between 0 and 1."""
    metrics = [record.metrics() for record in records]
    names = list(dict.fromkeys(name for numbers in metrics for name in numbers))
    text = io.StringIO()
    writer = csv.DictWriter(text, ["run", "strategy", "poison", "seed", "state", "best_arc", *names])
    writer.writeheader()
    for record, numbers in zip(records, metrics, strict=True):
        row = {"run": record.name, **dataclasses.asdict(record.condition), "seed": record.seed, "state": record.state}
        writer.writerow({**row, "best_arc": record.results.get("best_arc", ""), **numbers})
    write_text(path, text.getvalue())


def write_summary(evidence: Evidence, path: pathlib.Path) -> None:
    """Writes what the report says, as numbers."""
    write_json(
        path,
        {
            "states": {record.name: record.state for record in evidence.records},
            "cells": [_condition_summary(evidence.records, condition) for condition in evidence.conditions],
            "against_random": [_comparison(comparison) for comparison in evidence.against_random],
            "against_clean": [_comparison(comparison) for comparison in evidence.against_clean],
            "poison_against_uniform": [
                dataclasses.asdict(condition) | dataclasses.asdict(paired)
                for condition, paired in evidence.avoidance.items()
            ],
            "budgets": [
                dataclasses.asdict(condition) | dataclasses.asdict(budget)
                for condition, budget in evidence.budgets.items()
            ],
            "rank_correlations": [
                dataclasses.asdict(condition) | dataclasses.asdict(found)
                for condition, found in evidence.correlations.items()
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
        settings = {**dataclasses.asdict(record.condition), "seed": record.seed}
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


def _condition_summary(records: Sequence[RunRecord], condition: Condition) -> dict[str, object]:
    names = dict.fromkeys(name for record in records if record.condition == condition for name in record.metrics())
    values = {name: list(values_by_seed(records, condition, name).values()) for name in names}
    return dataclasses.asdict(condition) | {
        name: dataclasses.asdict(summarize(numbers)) for name, numbers in values.items() if numbers
    }


def _comparison(comparison: Comparison) -> dict[str, object]:
    return dataclasses.asdict(comparison) | {"test": comparison.paired.test}
