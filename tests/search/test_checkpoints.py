import pathlib
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from enas_tf.errors import InputError, OutputError
from enas_tf.search.checkpoints import Checkpoints, has_checkpoint
from enas_tf.search.state import RunState, SearchState
from tests.full_disk import files_of_at_most

ARC_LENGTH = 3


def make_parts(value: float = 0.0, size: int = 2, num_variables: int = 2) -> SimpleNamespace:
    """As much of a search as a checkpoint looks at, all of it at one value."""

    def variables():
        return [keras.Variable(np.full(size, value, np.float32)) for _ in range(num_variables)]

    return SimpleNamespace(
        child=SimpleNamespace(variables=variables()),
        optimizer=SimpleNamespace(momenta=[tf.Variable(value)]),
        child_trainer=SimpleNamespace(step_count=tf.Variable(int(value), dtype=tf.int64)),
        controller_trainer=SimpleNamespace(
            controller=SimpleNamespace(variables=variables()),
            optimizer=SimpleNamespace(variables=variables()),
            baseline=tf.Variable(value),
        ),
        state=RunState(),
        progress=SearchState(ARC_LENGTH),
    )


def checkpoints_of(directory, parts: SimpleNamespace) -> Checkpoints:
    trainer = parts.controller_trainer
    tracked = {
        "child": [variable.value for variable in parts.child.variables],
        "momenta": parts.optimizer.momenta,
        "state": parts.state.variables() | parts.progress.variables(),
        "controller": [variable.value for variable in trainer.controller.variables],
        "controller_optimizer": [variable.value for variable in trainer.optimizer.variables],
        "baseline": trainer.baseline,
    }
    return Checkpoints(directory, parts.child_trainer.step_count, tracked, {"search": parts.progress})


def values(parts: SimpleNamespace) -> list:
    trainer, state = parts.controller_trainer, parts.state.variables() | parts.progress.variables()
    lists = (parts.child.variables, trainer.controller.variables, trainer.optimizer.variables, parts.optimizer.momenta)
    scalars = (parts.child_trainer.step_count, trainer.baseline, *state.values())
    return [variable.numpy().tolist() for variable in (*(v for variables in lists for v in variables), *scalars)]


def test_nothing_to_restore_changes_nothing(tmp_path):
    parts = make_parts(1.0)
    checkpoints = checkpoints_of(tmp_path / "checkpoints", parts)
    assert checkpoints.latest is None
    assert checkpoints.restore() is False
    assert values(parts) == values(make_parts(1.0))


def test_everything_comes_back_from_the_newest_of_the_two_that_are_kept(tmp_path):
    saved = make_parts(5.0)
    checkpoints = checkpoints_of(tmp_path, saved)
    for step in (3, 4, 5):
        saved.child_trainer.step_count.assign(step)
        saved.state.evaluated_epoch.assign(step)
        saved.progress.offer([(0, step, 1)], [0.5], epoch=step)
        checkpoints.save()
    assert sorted(path.stem for path in tmp_path.glob("*.index")) == ["ckpt-4", "ckpt-5"]
    restored = make_parts(0.0)
    again = checkpoints_of(tmp_path, restored)
    assert again.restore() is True
    assert again.latest == str(tmp_path / "ckpt-5")
    assert values(restored) == values(saved)


def test_a_step_may_be_saved_twice(tmp_path):
    saved = make_parts(5.0)
    checkpoints = checkpoints_of(tmp_path, saved)
    checkpoints.save()
    saved.progress.rounds_done.assign(7)  # the controller's updates are no steps of the child
    checkpoints.save()
    restored = make_parts(0.0)
    assert checkpoints_of(tmp_path, restored).restore() is True
    assert values(restored) == values(saved)


def cut(path):
    path.write_bytes(path.read_bytes()[:50])


@pytest.mark.parametrize("damage", [cut, lambda path: path.write_bytes(b""), lambda path: path.unlink()])
@pytest.mark.parametrize("file", ["ckpt-5.index", "ckpt-5.data-00000-of-00001"])
def test_a_damaged_checkpoint_is_named(tmp_path, file, damage):
    checkpoints_of(tmp_path, make_parts(5.0)).save()
    damage(tmp_path / file)
    with pytest.raises(InputError) as error:
        checkpoints_of(tmp_path, make_parts()).restore()
    assert str(error.value).startswith(f"{tmp_path / 'ckpt-5'}: expected a whole checkpoint of this run, received ")


def saved_twice(directory) -> None:
    for step in (4, 5):
        checkpoints_of(directory, make_parts(float(step))).save()


@pytest.mark.parametrize("damage", [cut, lambda path: path.write_bytes(b""), lambda path: path.unlink()])
@pytest.mark.parametrize("file", ["ckpt-5.index", "ckpt-5.data-00000-of-00001"])
def test_the_checkpoint_before_a_damaged_one_is_taken(tmp_path, file, damage):
    saved_twice(tmp_path)
    damage(tmp_path / file)
    parts = make_parts()
    checkpoints = checkpoints_of(tmp_path, parts)
    assert checkpoints.restore() is True
    assert list(checkpoints.damaged) == [str(tmp_path / "ckpt-5")]
    assert checkpoints.latest == str(tmp_path / "ckpt-4")
    assert values(parts) == values(make_parts(4.0))
    checkpoints.save(6)  # a moment that the damaged one was not of
    assert sorted(path.stem for path in tmp_path.glob("ckpt-*.index")) == ["ckpt-4", "ckpt-6"]
    assert not list(tmp_path.glob("ckpt-5*"))


def test_a_state_that_its_owner_refuses_is_no_damage(tmp_path):
    saved_twice(tmp_path)
    parts = make_parts()

    def refuse(state):
        raise InputError("--dataset", "the images of before", "others")

    parts.progress.restore = refuse
    with pytest.raises(InputError, match="^--dataset: expected the images of before, received others$"):
        checkpoints_of(tmp_path, parts).restore()


@pytest.mark.parametrize("content", [None, "", "model_checkpoint_path"])
def test_checkpoints_are_found_without_tensorflows_list(tmp_path, content):
    saved_twice(tmp_path)
    (tmp_path / "checkpoint").unlink()
    if content is not None:
        (tmp_path / "checkpoint").write_text(content)
    assert has_checkpoint(tmp_path)
    parts = make_parts()
    checkpoints = checkpoints_of(tmp_path, parts)
    assert checkpoints.restore() is True
    assert values(parts) == values(make_parts(5.0))
    checkpoints.save(6)
    assert sorted(path.stem for path in tmp_path.glob("*.index")) == ["ckpt-5", "ckpt-6"]


def write_torn(manager, checkpoint_number):
    """What TensorFlow does when there is room for the variables and not for their index."""
    directory = pathlib.Path(manager.directory)
    (directory / f"ckpt-{checkpoint_number}_temp").mkdir()
    for name in (f"ckpt-{checkpoint_number}.index", f"ckpt-{checkpoint_number}.data-00000-of-00001", "checkpoint.tmp1"):
        (directory / name).write_text("")
    raise tf.errors.ResourceExhaustedError(None, None, "ckpt.index; No space left on device [Op:MergeV2Checkpoints]")


def test_what_is_half_written_of_a_checkpoint_is_removed(tmp_path, monkeypatch):
    saved_twice(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    checkpoints = checkpoints_of(tmp_path, make_parts(6.0))
    monkeypatch.setattr(tf.train.CheckpointManager, "save", write_torn)
    with pytest.raises(OutputError) as error:
        checkpoints.save()
    said = f"{tmp_path}: could not be written (No space left on device); what was saved before is whole"
    assert str(error.value) == said
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert checkpoints.latest == str(tmp_path / "ckpt-5")


def test_a_checkpoint_that_cannot_be_written_leaves_the_others_as_they_are(tmp_path):
    saved_twice(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    checkpoints = checkpoints_of(tmp_path, make_parts(6.0))
    with files_of_at_most(100), pytest.raises(OutputError, match="could not be written .File too large.; what was"):
        checkpoints.save()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    checkpoints.save()
    assert sorted(path.stem for path in tmp_path.glob("*.index")) == ["ckpt-5", "ckpt-6"]


@pytest.mark.parametrize("other", [{"size": 3}, {"num_variables": 3}, {"num_variables": 1}])
def test_a_checkpoint_of_another_network_is_named(tmp_path, other):
    checkpoints_of(tmp_path, make_parts(5.0)).save()
    with pytest.raises(InputError, match="ckpt-5: expected a whole checkpoint of this run, received "):
        checkpoints_of(tmp_path, make_parts(**other)).restore()


def test_the_best_architecture_is_the_latest_of_the_highest_reward():
    progress = SearchState(ARC_LENGTH)
    assert progress.offer([(0, 0, 0), (1, 0, 0)], [0.2, 0.3], epoch=1)
    assert not progress.offer([(2, 0, 0)], [0.2], epoch=2)
    assert (progress.best_arc, int(progress.best_epoch)) == ((1, 0, 0), 1)
    assert progress.offer([(3, 0, 0), (2, 1, 1)], [0.1, np.float32(0.3)], epoch=3)
    assert (progress.best_arc, int(progress.best_epoch)) == ((2, 1, 1), 3)
    assert float(progress.best_reward) == pytest.approx(0.3)


def test_plain_data_comes_back_with_every_bit(tmp_path):
    saved = make_parts(5.0)
    saved.progress.shown = [((1, 2, 0), float(np.float32(0.1))), ((0, 0, 1), 1 / 3)]
    checkpoints_of(tmp_path, saved).save()
    restored = make_parts(0.0)
    assert checkpoints_of(tmp_path, restored).restore() is True
    assert restored.progress.shown == saved.progress.shown


def test_plain_data_that_a_former_version_did_not_keep_is_named(tmp_path):
    saved, restored = make_parts(5.0), make_parts(0.0)
    saved.progress.state = lambda: None
    checkpoints_of(tmp_path, saved).save()
    checkpoints = checkpoints_of(tmp_path, restored)
    assert checkpoints.restore() is True
    assert checkpoints.missing == ["search"]
    assert values(restored) == values(saved)


def test_state_that_is_no_plain_data_is_refused(tmp_path):
    parts = make_parts(5.0)
    parts.progress.shown = {1, 2}
    with pytest.raises(TypeError, match="expected a state of plain data, received a set in it"):
        checkpoints_of(tmp_path, parts).save()
