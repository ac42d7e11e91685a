"""What a console command does with help, bad input and Ctrl-C."""

import errno
import io
import os
import runpy
import subprocess
import sys

import pytest
from absl import flags

from enas_tf.cli import assess, benchmark, compare, describe, export, predict, search, train
from enas_tf.cli.main import parse_flags, run_command
from enas_tf.errors import InputError


def _run_search(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["enas-search", *arguments])
    with pytest.raises(SystemExit) as exit_:
        search.run()
    return exit_.value.code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--btach_size=3"], "Did you mean: batch_size"),
        (["--batch_size=0"], "--batch_size=0: expected a positive integer"),
        (["--batch_size"], "--batch_size"),
        (["--nodownload=3"], "--nodownload=3"),
        (["--original_quirks=none"], "last_branch, unclipped"),
        (["--flagfile=missing.flags"], "missing.flags"),
        (["--search_for=macro", "--controller_search_whole_channels", "--child_lr_cosine"], "--child_lr_T_mul"),
        (
            ["--search_for=macro", "--evolution_tournament_size=3"],
            "--search_mode=evolution beside it, received controll",
        ),
        (
            ["--search_for=macro", "--search_mode=tpe", "--q_learning_alpha=1"],
            "--q_learning_alpha=1.0: expected --search",
        ),
        (["macro"], "'macro'"),
        (["--reset_output_dir", "True"], "'True'"),
        ([], "--search_for"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(monkeypatch, capsys, arguments, said):
    assert _run_search(monkeypatch, *arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("enas-search: ")
    assert output.err.count("\n") == 1
    assert said in output.err


def test_a_flagfile_that_is_no_text_is_bad_input(monkeypatch, capsys, tmp_path):
    flagfile = tmp_path / "binary.flags"
    flagfile.write_bytes(b"\xff\xfe\x00")
    assert _run_search(monkeypatch, f"--flagfile={flagfile}") == 2
    assert "--flagfile: expected a text file" in capsys.readouterr().err


def test_help_lists_flags_with_what_they_accept(monkeypatch, capsys):
    assert _run_search(monkeypatch, "--help") == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert output.out.startswith("enas-search: searches")
    for part in ("--child_num_layers", "(a positive integer)", "--[no]download", "--flagfile"):
        assert part in output.out


def test_a_message_of_several_lines_becomes_one(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["enas-search"])

    def fails(argv):
        raise InputError("data_batch_1", "a pickle\nof arrays", "a list")

    assert run_command("enas-search", fails) == 2
    assert capsys.readouterr().err == "enas-search: data_batch_1: expected a pickle of arrays, received a list\n"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errno.EACCES, "expected permission to read or write it, received Permission denied"),
        (errno.EPERM, "expected permission to read or write it, received Operation not permitted"),
        (errno.EISDIR, "expected a file, received Is a directory"),
        (errno.ENOTDIR, "expected a path through directories only, received Not a directory"),
        (errno.ENAMETOOLONG, "expected a name that the file system takes, received File name too long"),
    ],
)
def test_a_path_that_the_system_refuses_is_one_line_and_exit_code_2(monkeypatch, capsys, error, said):
    monkeypatch.setattr(sys, "argv", ["enas-search"])

    def refused(argv):
        raise OSError(error, os.strerror(error), "images/cat")

    assert run_command("enas-search", refused) == 2
    assert capsys.readouterr().err == f"enas-search: images/cat: {said}\n"


def test_a_read_only_file_system_is_one_line_and_exit_code_1(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["enas-search"])

    def refused(argv):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "run")

    assert run_command("enas-search", refused) == 1
    assert capsys.readouterr().err.startswith("enas-search: run: could not be written (Read-only file system)")


def test_a_permission_that_no_path_lacks_is_a_mistake_of_the_program(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["enas-search"])

    def mistaken(argv):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    with pytest.raises(PermissionError):
        run_command("enas-search", mistaken)


def test_an_interrupt_is_exit_code_130(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["enas-search"])

    def interrupted(argv):
        raise KeyboardInterrupt

    assert run_command("enas-search", interrupted) == 130
    assert capsys.readouterr().err == ""


def test_a_mistake_of_the_program_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["enas-search"])

    def mistaken(argv):
        raise ValueError("not the user's fault")

    with pytest.raises(ValueError, match="not the user's fault"):
        run_command("enas-search", mistaken)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no full device")
def test_output_that_nobody_takes_is_one_line_and_exit_code_1():
    program = "import sys; from enas_tf.cli import search; sys.argv = ['enas-search', '--help']; search.run()"
    with open("/dev/full", "w") as full:
        result = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True)
    said = "enas-search: output: could not be written (No space left on device); what was saved before is whole\n"
    assert (result.returncode, result.stderr) == (1, said)


def test_a_reader_who_has_seen_enough_is_told_nothing(tmp_path):
    program = f'{sys.executable} -c "from enas_tf.cli import search; search.run()" --help'
    result = subprocess.run(f"{program} | true", shell=True, capture_output=True, text=True)
    assert result.stderr == ""


def test_a_character_that_the_terminal_lacks_is_escaped(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["enas-search"])
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert run_command("enas-search", lambda argv: sys.stdout.write("café.png caf\udcff.png\n")) == 0
    assert written.getvalue() == rb"caf\xe9.png caf\udcff.png" + b"\n"


@pytest.mark.parametrize("module", [assess, benchmark, compare, describe, export, predict, search, train])
def test_a_module_of_a_command_is_the_command(monkeypatch, capsys, module):
    monkeypatch.setattr(sys, "argv", [module.__name__, "--help"])
    with pytest.raises(SystemExit) as exit_:
        runpy.run_path(module.__file__, run_name="__main__")
    assert exit_.value.code == 0
    assert capsys.readouterr().out.startswith(f"enas-{module.__name__.rpartition('.')[2]}: ")


def test_a_command_gets_its_arguments_and_returns_0(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["enas-search", "--seed=1"])
    received = []
    assert run_command("enas-search", received.extend) == 0
    assert received == ["enas-search", "--seed=1"]


def test_later_flags_override_the_flagfile(tmp_path):
    values = flags.FlagValues()
    flags.DEFINE_integer("seed", 0, "Seed.", flag_values=values)
    flagfile = tmp_path / "a.flags"
    flagfile.write_text("# a comment\n\n--seed=1\n")
    parse_flags(values, ["command", f"--flagfile={flagfile}", "--seed=2"], "A command.")
    assert values.seed == 2


def test_flags_are_parsed_without_tensorflow():
    program = (
        "import sys; from enas_tf.cli import search; sys.argv = ['enas-search', '--seed=x']\n"
        "try: search.run()\n"
        "finally: assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 2, result.stderr
