"""Golden files as files: read, refused, written and read back."""

import dataclasses
import json

import numpy as np
import pytest

from enas_tf.errors import InputError
from enas_tf.original.comparison import CONTROLLER_ROUNDING, NOT_COMPARED, ROUNDING, largest
from enas_tf.original.golden import Golden
from enas_tf.original.golden_comparison import UNREAD, compare_golden
from enas_tf.original.golden_kind import KINDS, kind_of, quirks_of
from tests.original.golden_files import write

# The same program on the same numbers: what may differ is the order in which threads add up. This checks the writer and
# the reader, and nothing of the numbers.
READ_BACK = 1e-6


@pytest.fixture(scope="module")
def schedule(tmp_path_factory):
    return write(tmp_path_factory.mktemp("schedule"), "lr_schedule")


@pytest.fixture(scope="module")
def fixed(tmp_path_factory):
    return write(tmp_path_factory.mktemp("fixed"), "macro_fixed")


@pytest.mark.parametrize("name", ["macro_controller", pytest.param("micro_controller", marks=pytest.mark.long)])
def test_a_written_controller_is_read_back(tmp_path, name):
    golden = write(tmp_path, name)
    rows = compare_golden(golden).rows
    assert largest(rows) <= READ_BACK
    assert {row.tolerance for row in rows} == {CONTROLLER_ROUNDING}
    assert {group.partition("/")[0] for group in golden.arrays} >= {"var", "arc", "grad", "train", "var_after"}


def test_written_schedules_are_read_back(schedule):
    assert largest(compare_golden(schedule).rows) <= READ_BACK
    assert not compare_golden(schedule, quirks=frozenset()).passes  # the glitch at the restart is missing


def test_a_written_network_of_one_architecture_is_read_back(fixed):
    rows = compare_golden(fixed).rows
    assert largest(rows) <= READ_BACK
    assert {row.tolerance for row in rows} == {ROUNDING}
    assert fixed.settings["lr_T_0"] == 2
    assert quirks_of(fixed, kind_of(fixed)) == KINDS["macro_fixed"].quirks


def test_a_changed_number_is_a_miss(fixed):
    arrays = dict(fixed.arrays)
    arrays["var_after/child/fc/w"] = arrays["var_after/child/fc/w"] + np.float32(1e-3) * np.eye(8, 10)
    rows = compare_golden(dataclasses.replace(fixed, arrays=arrays)).rows
    assert [(row.name, row.worst) for row in rows if row.verdict == "MISS"] == [("var_after/*", "var_after/child/fc/w")]


@pytest.mark.long
@pytest.mark.parametrize("name", ["macro_search", "macro_search_as_written", "micro_search", "micro_fixed"])
def test_other_written_networks_are_read_back(tmp_path, name):
    golden = write(tmp_path, name)
    assert kind_of(golden).name == name
    assert largest(compare_golden(golden).rows) <= READ_BACK


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("lr_schedule", {"cosine": 5, "step_decay": 5}),
        ("macro_controller", {"arcs": 5, "valid_acc": 5}),
        pytest.param("macro_fixed", {"arcs": 1, "images": 5, "labels": 5}, marks=pytest.mark.long),
    ],
)
def test_files_of_other_lengths_are_read_back(tmp_path, name, sizes):
    golden = write(tmp_path, name, num_steps=5)
    assert {array: len(golden.arrays[array]) for array in sizes} == sizes
    comparison = compare_golden(golden)
    assert largest(comparison.rows) <= READ_BACK
    steps = {int(row.name.split("/")[1]) for row in comparison.steps}
    assert steps == (set() if name == "lr_schedule" else set(range(5)))


def test_what_the_original_computes_without_effect_is_left_out(fixed):
    """Its network reduces outputs that no later layer reads; this port leaves these reductions out."""
    place = "child/layer_0/pool_at_0/from_7/path1_conv/w"
    unread = {f"var/{place}": np.ones(3), f"var_after/{place}": np.ones(3)}
    rows = compare_golden(dataclasses.replace(fixed, arrays=fixed.arrays | unread)).rows
    assert [(row.name, row.num_left_out) for row in rows if row.verdict == NOT_COMPARED] == [(UNREAD, 3)]


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        ({"images": 2}, "expected 3 steps, as its settings say, received 2, none for step/2"),
        ({"images": 1, "labels": 1}, "received 1, none for step/1, step/2"),
    ],
)
def test_steps_that_the_settings_promise_and_the_file_lacks_are_named(fixed, cut, said):
    arrays = fixed.arrays | {name: fixed.arrays[name][:length] for name, length in cut.items()}
    with pytest.raises(InputError, match=said):
        compare_golden(dataclasses.replace(fixed, arrays=arrays))


def test_steps_that_the_settings_do_not_promise_are_refused(fixed):
    golden = dataclasses.replace(fixed, settings=fixed.settings | {"steps": 2})
    with pytest.raises(InputError, match="expected 2 steps, as its settings say, received images for 3"):
        compare_golden(golden)


def test_updates_that_a_controllers_settings_promise_are_named(tmp_path):
    golden = write(tmp_path, "macro_controller")
    with pytest.raises(InputError, match="expected 6 steps, as its settings say, received 5, none for train/3"):
        compare_golden(_without(golden, "train/3/loss"))


def _without(golden, name):
    return dataclasses.replace(golden, arrays={k: v for k, v in golden.arrays.items() if k != name})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("images", "expected an array images"),
        ("arcs", "expected an array arcs"),
        ("var/child/fc/w", "received none for child/fc/w"),
        ("step/1/loss", "expected 3 steps, as its settings say, received 2, none for step/1"),
        ("step/1/grad_norm", "received no step/1/grad_norm"),
        ("logits_train/0", "received no logits_train/0"),
    ],
)
def test_a_missing_array_is_named(fixed, name, said):
    with pytest.raises(InputError, match=said):
        compare_golden(_without(fixed, name))


@pytest.mark.parametrize("name", ["var/child/layer_0/conv_1x1/w", "labels", "logits_eval/0"])
def test_an_array_of_another_shape_is_named(fixed, name):
    arrays = fixed.arrays | {name: fixed.arrays[name][:1, ..., :1]}
    with pytest.raises(InputError, match=f"{name.removeprefix('var/')}: expected shape"):
        compare_golden(dataclasses.replace(fixed, arrays=arrays))


def test_settings_of_another_size_do_not_fit(fixed):
    golden = dataclasses.replace(fixed, settings=fixed.settings | {"out_filters": 4})
    with pytest.raises(InputError, match=r"var, child/stem_conv/w: expected shape \(3, 3, 3, 4\)"):
        compare_golden(golden)
    with pytest.raises(InputError, match="out_filters: expected int, received nothing"):
        compare_golden(dataclasses.replace(fixed, settings={"kind": "macro_fixed", "num_layers": 3}))


def test_a_variable_of_another_network_is_named(fixed):
    golden = dataclasses.replace(fixed, arrays=fixed.arrays | {"var_after/child/layer_9/w": np.ones(2)})
    with pytest.raises(InputError, match="received also var_after/child/layer_9/w"):
        compare_golden(golden)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (None, "expected a golden file's settings, received No such file"),
        ("{", "expected settings as JSON"),
        ("[1]", "expected settings by name, received a list"),
        ("{}", "kind: expected str, received nothing"),
        ('{"kind": "rnn"}', "kind: expected macro_search"),
    ],
)
def test_settings_that_are_none_are_refused(tmp_path, schedule, settings, said):
    path = tmp_path / "file.npz"
    path.write_bytes(schedule.path.read_bytes())
    if settings is not None:
        path.with_suffix(".json").write_text(settings)
    with pytest.raises(InputError, match=said):
        kind_of(Golden.load(path))


@pytest.mark.parametrize("content", [None, b"", b"text", b"PK\x03\x04 torn"])
def test_arrays_that_are_none_are_refused(tmp_path, content):
    path = tmp_path / "file.npz"
    path.with_suffix(".json").write_text(json.dumps({"kind": "lr_schedule"}))
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"file.npz: expected (a golden file|an \.npz)"):
        Golden.load(path)


def test_a_schedule_file_without_settings_of_a_schedule_is_refused(schedule):
    golden = dataclasses.replace(schedule, settings={"kind": "lr_schedule", "cosine": {"lr_max": 1}, "step_decay": {}})
    with pytest.raises(InputError, match="cosine: expected lr_min, T_0, T_mul, batches_per_epoch"):
        compare_golden(golden)
