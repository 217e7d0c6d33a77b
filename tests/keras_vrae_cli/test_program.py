"""The frame of the programs: statuses, arguments, and one line for an error."""

import os
import shlex
import subprocess
import sys
from types import ModuleType

import pytest
from absl import flags
from conftest import ROOT
from tensorflow.errors import InvalidArgumentError

from keras_vrae.training.termination import Terminated
from keras_vrae.validation import DataError, SettingError
from keras_vrae_cli import program


@pytest.fixture
def command(monkeypatch):
    """A command with three flags and one argument or more; `command.run` is called."""
    settings, work = ModuleType("keras_vrae_cli.flags.fake"), ModuleType("keras_vrae_cli.fake")
    settings.__doc__ = "Does nothing."
    settings.FLAGS = flags.FlagValues()
    settings.ARGUMENTS = "RUN_DIR..."
    flags.DEFINE_bool("draw", True, "Draw.", flag_values=settings.FLAGS)
    flags.DEFINE_bool("resume", False, "Continue.", flag_values=settings.FLAGS)
    flags.DEFINE_enum("kind", "a", ["a", "b"], "Kind.", flag_values=settings.FLAGS)
    for module in (settings, work):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    work.settings = settings
    return work


def call(*arguments):
    return program.main("fake", "fake", arguments)


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (SettingError("`a` must be b"), 2, "`a` must be b"),
        (DataError("Two\nlines"), 1, "Two lines"),
        (OSError("No disk"), 1, "No disk"),
        (MemoryError(), 1, "MemoryError"),
        (ImportError("No aeon"), 1, "No aeon"),
        (InvalidArgumentError(None, None, "Bad shape"), 1, "Bad shape"),
        (KeyboardInterrupt(), 130, "Interrupted. Continue with the same flags and --resume"),
        (Terminated("Stopped"), 143, "Stopped"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_failures_that_a_user_can_mend_are_one_line(command, capsys, error, status, line):
    def run(values):
        raise error

    command.run = run
    assert call("run") == status
    assert capsys.readouterr().err == f"fake: {line}\n"


def test_other_errors_are_not_hidden(command):
    def run(values):
        raise KeyError("a mistake in the program")

    command.run = run
    with pytest.raises(KeyError):
        call("run")


def test_flags_and_arguments_in_any_order(command):
    calls = []
    command.run = calls.append
    assert call("one", "--kind=b", "two", "--no-draw") == 0
    assert call("one", "--nodraw", "--kind", "b") == 0
    assert call("one") == 0
    first = {"draw": False, "resume": False, "kind": "b", "arguments": ["one", "two"]}
    again = {**first, "arguments": ["one"]}
    assert calls == [first, again, {**again, "draw": True, "kind": "a"}]


@pytest.mark.parametrize(
    ("expected", "arguments", "line"),
    [
        ("RUN_DIR...", [], "Arguments must be one RUN_DIR or more. Received: none"),
        ("RUN_DIR", ["a", "b"], "Arguments must be one RUN_DIR. Received: a b"),
        ("RUN_DIR", ["a", "--kind=c"], "`kind` must be one of 'a', 'b'. Received: kind='c'"),
        ("RUN_DIR", ["a", "--nodraw=1"], "--nodraw=1 does not take an argument"),
        ("RUN_DIR", ["a", "--kind"], "Missing value for flag --kind"),
    ],
)
def test_wrong_arguments_are_one_line(command, capsys, expected, arguments, line):
    command.settings.ARGUMENTS = expected
    assert call(*arguments) == 2
    assert capsys.readouterr().err == f"fake: {line}\n"


def test_help_shows_the_flags_and_runs_nothing(command, capsys):
    assert call("run", "--help") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Does nothing.\nflags:\n  --[no]draw: Draw.\n    (default: 'true')\n")


WORK = """
import sys
from keras_vrae_cli.program import keep_output_open
keep_output_open()
for number in range(100_000):
    print(number)
    print(number, file=sys.stderr) if sys.argv[2] == "both" else None
with open(sys.argv[1], "w") as file:
    file.write("saved")
"""


@pytest.mark.parametrize("closed", ["stdout", "both"])
def test_work_goes_on_after_its_reader_has_gone(tmp_path, closed):
    saved = tmp_path / "saved"
    command = [sys.executable, "-c", WORK, str(saved), closed]
    error = subprocess.STDOUT if closed == "both" else subprocess.PIPE
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=error, cwd=ROOT) as process:
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        printed = b"" if closed == "both" else process.stderr.read()
        process.wait()
    assert (process.returncode, printed) == (0, b"")
    assert saved.read_text() == "saved"


def test_output_that_is_closed_from_the_beginning(tmp_path):
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(WORK)} saved both >&- 2>&-"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, shell=True, cwd=tmp_path, env=environment).returncode == 0
    assert (tmp_path / "saved").read_text() == "saved"


def test_help_may_be_cut_short():
    command = f"{shlex.quote(sys.executable)} train_main.py --help | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
