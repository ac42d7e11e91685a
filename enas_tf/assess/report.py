"""Writes everything an experiment comes to: report, table of runs, summary, TensorBoard."""

from enas_tf.assess import sections
from enas_tf.assess.directory import ExperimentDirectory
from enas_tf.assess.document import Document, write_document
from enas_tf.assess.evidence import Evidence, gather
from enas_tf.assess.exports import write_hparams, write_runs_csv, write_summary
from enas_tf.assess.findings import completeness

_SECTIONS = (
    sections.in_short,
    sections.protocol,
    sections.accuracies,
    sections.against_random,
    sections.against_clean,
    sections.policy,
    sections.ranks,
    sections.cost,
    sections.published,
    sections.runs,
    sections.circumstances,
)


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


def make_document(evidence: Evidence) -> Document:
    """Makes the report's text, tables and plots."""
    flags = evidence.flags
    images = flags.get("data_path") or flags["dataset"]
    made = [make(evidence) for make in _SECTIONS]
    return Document(
        title="Does the controller learn?",
        subtitle=f"Architecture search ({flags['search_for']} space) on {images}: "
        f"{len(evidence.experiment.config.strategies)} strategies, {len(evidence.experiment.config.poisons)} search "
        f"spaces, {len(evidence.experiment.config.seeds)} seeds.",
        sections=[section for section in made if section],
    )
