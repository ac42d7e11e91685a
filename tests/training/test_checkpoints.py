from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from enas_tf.errors import InputError
from enas_tf.training.checkpoints import Checkpoints, SearchProgress

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
        progress=SearchProgress(ARC_LENGTH),
    )


def values(parts: SimpleNamespace) -> list:
    trainer, progress = parts.controller_trainer, parts.progress
    lists = (parts.child.variables, trainer.controller.variables, trainer.optimizer.variables, parts.optimizer.momenta)
    scalars = (parts.child_trainer.step_count, trainer.baseline, *progress.variables)
    return [variable.numpy().tolist() for variable in (*(v for variables in lists for v in variables), *scalars)]


def test_nothing_to_restore_changes_nothing(tmp_path):
    parts = make_parts(1.0)
    checkpoints = Checkpoints(tmp_path / "checkpoints", **vars(parts))
    assert checkpoints.latest is None
    assert checkpoints.restore() is False
    assert values(parts) == values(make_parts(1.0))


def test_everything_comes_back_from_the_newest_of_the_two_that_are_kept(tmp_path):
    saved = make_parts(5.0)
    checkpoints = Checkpoints(tmp_path, **vars(saved))
    for step in (3, 4, 5):
        saved.child_trainer.step_count.assign(step)
        saved.progress.evaluated_epoch.assign(step)
        saved.progress.offer([(0, step, 1)], [0.5], epoch=step)
        checkpoints.save()
    assert sorted(path.stem for path in tmp_path.glob("*.index")) == ["ckpt-4", "ckpt-5"]
    restored = make_parts(0.0)
    again = Checkpoints(tmp_path, **vars(restored))
    assert again.restore() is True
    assert again.latest == str(tmp_path / "ckpt-5")
    assert values(restored) == values(saved)


def test_a_step_may_be_saved_twice(tmp_path):
    saved = make_parts(5.0)
    checkpoints = Checkpoints(tmp_path, **vars(saved))
    checkpoints.save()
    saved.progress.phase_updates.assign(7)  # the controller's updates are no steps of the child
    checkpoints.save()
    restored = make_parts(0.0)
    assert Checkpoints(tmp_path, **vars(restored)).restore() is True
    assert values(restored) == values(saved)


def cut(path):
    path.write_bytes(path.read_bytes()[:50])


@pytest.mark.parametrize("damage", [cut, lambda path: path.write_bytes(b""), lambda path: path.unlink()])
@pytest.mark.parametrize("file", ["ckpt-5.index", "ckpt-5.data-00000-of-00001"])
def test_a_damaged_checkpoint_is_named(tmp_path, file, damage):
    Checkpoints(tmp_path, **vars(make_parts(5.0))).save()
    damage(tmp_path / file)
    with pytest.raises(InputError) as error:
        Checkpoints(tmp_path, **vars(make_parts())).restore()
    assert str(error.value).startswith(f"{tmp_path / 'ckpt-5'}: expected a whole checkpoint of this search, received ")


@pytest.mark.parametrize("other", [{"size": 3}, {"num_variables": 3}, {"num_variables": 1}])
def test_a_checkpoint_of_another_network_is_named(tmp_path, other):
    Checkpoints(tmp_path, **vars(make_parts(5.0))).save()
    with pytest.raises(InputError, match="ckpt-5: expected a whole checkpoint of this search, received "):
        Checkpoints(tmp_path, **vars(make_parts(**other))).restore()


def test_the_best_architecture_is_the_latest_of_the_highest_reward():
    progress = SearchProgress(ARC_LENGTH)
    assert progress.offer([(0, 0, 0), (1, 0, 0)], [0.2, 0.3], epoch=1)
    assert not progress.offer([(2, 0, 0)], [0.2], epoch=2)
    assert (progress.best_arc, int(progress.best_epoch)) == ((1, 0, 0), 1)
    assert progress.offer([(3, 0, 0), (2, 1, 1)], [0.1, np.float32(0.3)], epoch=3)
    assert (progress.best_arc, int(progress.best_epoch)) == ((2, 1, 1), 3)
    assert float(progress.best_reward) == pytest.approx(0.3)
