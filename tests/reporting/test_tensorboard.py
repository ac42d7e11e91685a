import numpy as np
import pytest
import tensorflow as tf
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

from enas_tf.errors import OutputError
from enas_tf.reporting.tensorboard import TensorBoardLog
from tests.full_disk import files_of_at_most


def read(directory) -> EventAccumulator:
    accumulator = EventAccumulator(str(directory), size_guidance={"tensors": 0})
    accumulator.Reload()
    return accumulator


def scalar(directory, tag: str) -> list[tuple[int, float]]:
    # Files of one second are read in the order of their names, where the tenth stands before the ninth.
    return sorted((event.step, float(tf.make_ndarray(event.tensor_proto))) for event in read(directory).Tensors(tag))


def test_scalars_come_back_with_their_steps(tmp_path):
    with TensorBoardLog(tmp_path) as log:
        log.scalars({"child/loss": 2.5, "child/lr": np.float32(0.5)}, step=50)
        log.scalars({"child/loss": 1.5}, step=100)
    assert scalar(tmp_path, "child/loss") == [(50, 2.5), (100, 1.5)]
    assert scalar(tmp_path, "child/lr") == [(50, 0.5)]


def test_flushed_events_can_be_read_while_the_log_is_open(tmp_path):
    with TensorBoardLog(tmp_path) as log:
        log.scalars({"loss": 2.5}, step=1)
        log.flush()
        assert scalar(tmp_path, "loss") == [(1, 2.5)]


def test_figures_texts_and_histograms_come_back(tmp_path):
    with TensorBoardLog(tmp_path) as log:
        log.figure("arc", Figure(figsize=(2, 1), dpi=50), step=3)
        log.text("best_arc", "0 1 0", step=3)
        log.histograms({"policy": np.arange(8.0)}, step=3)
    events = read(tmp_path)
    width, height, png = tf.make_ndarray(events.Tensors("arc")[0].tensor_proto)
    assert (width, height) == (b"100", b"50")
    assert png.startswith(b"\x89PNG")
    assert tf.make_ndarray(events.Tensors("best_arc")[0].tensor_proto) == b"0 1 0"
    buckets = tf.make_ndarray(events.Tensors("policy")[0].tensor_proto)  # [buckets, (left, right, count)]
    assert buckets[:, 2].sum() == 8


def test_hparams_hold_the_flags_and_name_the_metrics(tmp_path):
    flags = {"batch_size": 64, "child_lr": 0.1, "cosine": True, "cutout": None, "quirks": frozenset({"b", "a"})}
    with TensorBoardLog(tmp_path) as log:
        log.hparams(flags, {"accuracy/valid": "validation accuracy"})
    contents = read(tmp_path).PluginTagToContent(metadata.PLUGIN_NAME)
    session = metadata.parse_session_start_info_plugin_data(contents[metadata.SESSION_START_INFO_TAG])
    values = {name: getattr(value, value.WhichOneof("kind")) for name, value in session.hparams.items()}
    assert values == {"batch_size": 64, "child_lr": 0.1, "cosine": True, "quirks": "a, b"}
    experiment = metadata.parse_experiment_plugin_data(contents[metadata.EXPERIMENT_TAG])
    assert [(metric.name.tag, metric.display_name) for metric in experiment.metric_infos] == [
        ("accuracy/valid", "validation accuracy")
    ]
    assert {info.name for info in experiment.hparam_infos} == set(values)


@pytest.mark.parametrize("torn_bytes", [0, 5])
def test_a_resumed_run_shows_every_step_once(tmp_path, torn_bytes):
    with TensorBoardLog(tmp_path) as log:
        for step in (1, 2, 3):
            log.scalars({"loss": float(step)}, step)
    (path,) = tmp_path.iterdir()
    if torn_bytes:
        path.write_bytes(path.read_bytes()[:-torn_bytes])  # killed while it wrote
    with TensorBoardLog(tmp_path, resume_step=1) as log:
        for step in (2, 3):
            log.scalars({"loss": 10.0 * step}, step)
    assert scalar(tmp_path, "loss") == [(1, 1.0), (2, 20.0), (3, 30.0)]


def test_without_a_resume_step_nothing_is_removed(tmp_path):
    for value in (1.0, 2.0):
        with TensorBoardLog(tmp_path) as log:
            log.scalars({"loss": value}, step=int(value))
    assert scalar(tmp_path, "loss") == [(1, 1.0), (2, 2.0)]


def test_a_log_that_cannot_grow_says_so_and_goes_on_from_where_it_was_whole(tmp_path):
    log = TensorBoardLog(tmp_path)
    log.scalars({"loss": 1.0}, step=1)
    log.flush()
    (path,) = tmp_path.iterdir()
    with files_of_at_most(path.stat().st_size + 30), pytest.raises(OutputError) as error:
        log.text("text", "long" * 1000, step=2)
        log.flush()
    assert str(error.value).startswith(f"{tmp_path}: could not be written (File too large)")
    with TensorBoardLog(tmp_path, resume_step=1) as again:
        again.scalars({"loss": 2.0}, step=2)
    assert scalar(tmp_path, "loss") == [(1, 1.0), (2, 2.0)]
