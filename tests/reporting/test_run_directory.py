import os
import pathlib

import pytest

from enas_tf.errors import InputError
from enas_tf.reporting.run_directory import RunDirectory, flag_values, require_file_place

FLAGS = "--search_for=macro\n--batch_size=32\n--nochild_lr_cosine\n--num_epochs=10\n"


def make_run(path, flags: str = FLAGS) -> RunDirectory:
    """What a run leaves behind, in small."""
    directory = RunDirectory(str(path))
    directory.prepare(reset=False)
    directory.flags.write_text(flags)
    directory.best_arc.write_text("0\n")
    for suffix in (".png", ".svg"):
        directory.best_arc_picture.with_suffix(suffix).write_text("a picture")
    for log in (directory.stdout, directory.arcs, directory.epochs, directory.results, directory.timings):
        log.write_text("a log")
    for subdirectory in (directory.checkpoints, directory.tensorboard, directory.export):
        (subdirectory / "deep").mkdir(parents=True)
    return directory


def complaint(path, reset: bool = False) -> str:
    with pytest.raises(InputError) as error:
        RunDirectory(str(path)).check(reset)
    return str(error.value)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("exists", [False, True])
def test_a_missing_or_empty_directory_is_prepared_for_a_fresh_run(tmp_path, exists, reset):
    path = tmp_path / "outputs" / "digits"
    if exists:
        path.mkdir(parents=True)
    directory = RunDirectory(str(path))
    assert directory.check(reset) is False
    assert path.exists() == exists  # a check writes nothing
    directory.prepare(reset)
    assert path.is_dir()


def names_in(path) -> set[str]:
    return {entry.name for entry in path.iterdir()}


def test_reset_moves_a_finished_run_aside(tmp_path):
    for number in (1, 2):
        directory = make_run(tmp_path / "run")
        held = names_in(directory.path)
        assert directory.check(reset=True) is False
        assert directory.results.exists()
        aside = directory.prepare(reset=True)
        assert aside == tmp_path / f"run-{number}"
        assert names_in(aside) == held
        assert names_in(directory.path) == set()


def test_reset_removes_a_run_that_is_not_finished(tmp_path):
    directory = make_run(tmp_path / "run")
    directory.results.unlink()
    assert directory.prepare(reset=True) is None
    assert names_in(tmp_path) == {"run"}
    assert names_in(directory.path) == set()


def test_a_finished_run_is_removed_on_demand(tmp_path):
    directory = make_run(tmp_path / "run")
    assert directory.check(reset=True, overwrite=True) is False
    assert directory.prepare(reset=True, overwrite=True) is None
    assert names_in(tmp_path) == {"run"}
    assert names_in(directory.path) == set()


def test_reset_leaves_a_run_in_a_subdirectory_and_other_files_alone(tmp_path):
    outer = make_run(tmp_path / "outputs")
    inner = make_run(outer.path / "digits")
    (outer.path / "notes.txt").write_text("mine")
    assert outer.check(reset=True) is False
    outer.prepare(reset=True)
    assert names_in(outer.path) == {"digits", "notes.txt"}
    assert inner.check(reset=False) is True


def test_reset_keeps_the_directory_itself(tmp_path):
    make_run(tmp_path / "elsewhere")
    link = tmp_path / "outputs"
    link.symlink_to(tmp_path / "elsewhere")
    RunDirectory(str(link)).prepare(reset=True)
    assert link.is_symlink()
    assert list(link.iterdir()) == []


def test_reset_refuses_to_remove_what_no_run_wrote(tmp_path):
    results = tmp_path / "results.json"
    results.write_text("years of work")
    said = complaint(tmp_path, reset=True)
    assert said.startswith(f"--output_dir={tmp_path}: expected no files of the names a run writes")
    assert said.endswith("received results.json")
    assert results.read_text() == "years of work"


def test_reset_leaves_other_files_alone(tmp_path):
    thesis = tmp_path / "thesis.tex"
    thesis.write_text("years of work")
    directory = RunDirectory(str(tmp_path))
    assert directory.check(reset=True) is False
    directory.prepare(reset=True)
    assert thesis.read_text() == "years of work"


def test_without_reset_a_directory_without_a_run_is_used_as_it_is(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    directory = RunDirectory(str(tmp_path))
    assert directory.check(reset=False) is False
    directory.prepare(reset=False)
    assert (tmp_path / "notes.txt").exists()


def test_a_run_with_the_same_flags_is_resumed(tmp_path):
    directory = make_run(tmp_path)
    assert directory.check(reset=False) is True
    directory.prepare(reset=False)
    assert directory.results.read_text() == "a log"


def test_a_flags_value_is_the_rest_of_its_line():
    values = flag_values("--data_path=my --batch_size=32 images\n--nodownload\n--reset_output_dir\n--poison=\n")
    expected = {"data_path": "my --batch_size=32 images", "download": "false", "reset_output_dir": "true", "poison": ""}
    assert values == expected


@pytest.mark.parametrize("below", ["", "run", "deep/run"])
@pytest.mark.parametrize("reset", [False, True])
def test_a_file_in_the_way_is_named(tmp_path, below, reset):
    file = tmp_path / "outputs"
    file.write_text("a file")
    said = complaint(file / below, reset=reset)
    assert said.startswith(f"--output_dir={file / below}: expected a directory")
    assert f"received {file}, which is a file" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("mode", [0o500, 0o600])
@pytest.mark.parametrize("below", ["", "run", "deep/run"])
def test_a_directory_that_cannot_be_written_to_is_named(tmp_path, below, mode):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(mode)
    try:
        said = complaint(locked / below)
    finally:
        locked.chmod(0o700)
    assert f"no permission to write to {locked}" in said


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="the system has no file system that takes no files")
@pytest.mark.parametrize("path", ["/proc", "/proc/run", "/proc/self/deep/run"])
def test_a_file_system_that_takes_no_files_is_named(path):
    said = complaint(path)
    assert said.startswith(f"--output_dir={path}: expected a directory to write to, received ")
    assert "/proc, in which no file can be made (" in said or "no permission to write to /proc" in said


def test_a_place_for_a_file_is_required_before_the_work(tmp_path):
    require_file_place("--json", tmp_path / "all.json")
    assert list(tmp_path.iterdir()) == []
    for path, suffix, said in (
        (tmp_path, "", "received a directory"),
        (tmp_path / "none" / "all.json", "", f"received no directory {tmp_path / 'none'}"),
        (tmp_path / "all.json", ".png", "expected a name that ends in .png, received all.json"),
        (pathlib.Path("/proc/all.json"), "", "expected a directory to write to, received /proc"),
    ):
        with pytest.raises(InputError) as error:
            require_file_place("--json", path, suffix)
        assert said in str(error.value)
