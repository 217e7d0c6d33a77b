"""Signals and locks, with real processes if needed."""

import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT

from keras_vrae.training import RunDirectory
from keras_vrae.validation import SettingError
from keras_vrae_cli import study
from keras_vrae_cli.program import main

HOLD = """
import sys, time
from keras_vrae.files import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""
NO_KERAS = """
import importlib.util, sys
sys.modules["keras_vrae"] = importlib.util.module_from_spec(importlib.util.find_spec("keras_vrae"))
"""
PREAMBLE = """
import contextlib, os, signal
from keras_vrae.training.termination import Terminated, Termination, passed_on

def ask_to_stop(number=signal.SIGTERM):
    os.kill(os.getpid(), number)

@contextlib.contextmanager
def raises_terminated():
    try:
        yield
    except Terminated as error:
        assert "--resume" in str(error)
    else:
        raise AssertionError("not terminated")
"""
PROGRAM = [sys.executable, str(ROOT / "train_main.py")]


def test_a_crash_leaves_no_lock_behind(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(study, "one_thread_per_operation", lambda: None)
    command = [sys.executable, "-c", NO_KERAS + HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as holder:
        assert holder.stdout.readline() == "held\n"
        (tmp_path / "config.json").write_text("{}")
        run = RunDirectory(tmp_path)
        with pytest.raises(SettingError, match="no other process is working in"), run.locked():
            pass
        assert main("train", "train_main.py", [f"--run_dir={tmp_path}", "--overwrite"]) == 2
        assert "no other process is working in" in capsys.readouterr().err.splitlines()[-1]
        assert [path.name for path in tmp_path.iterdir()] == ["config.json"]
        holder.kill()
        holder.wait()
        with run.locked():
            pass


def in_a_process_of_its_own(code):
    """Runs code that sends signals to its own process."""
    command = [sys.executable, "-c", NO_KERAS + PREAMBLE + code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.slow
def test_sigterm_raises_at_once_or_when_the_block_ends():
    in_a_process_of_its_own("""
before = signal.getsignal(signal.SIGTERM)
with Termination() as termination:
    with raises_terminated():
        ask_to_stop()
    reached = []
    with raises_terminated(), termination.held_back():
        ask_to_stop()
        reached.append(termination.requested)
    assert reached == [True]
assert signal.getsignal(signal.SIGTERM) is before
print("done")
""")


@pytest.mark.slow
def test_sigterm_is_passed_on_and_its_consequences_are_not_a_failure():
    in_a_process_of_its_own("""
with raises_terminated(), passed_on():
    ask_to_stop()
    raise RuntimeError("as of a child that was killed")
try:
    with passed_on():
        raise RuntimeError("of another kind")
except RuntimeError:
    print("done")
""")


@pytest.mark.slow
def test_ctrl_c_is_held_back_once():
    in_a_process_of_its_own("""
import pickle
before = signal.getsignal(signal.SIGINT)
with Termination() as termination:
    reached = []
    with raises_terminated(), termination.held_back():
        ask_to_stop(signal.SIGINT)
        reached.append("first")
    with raises_terminated(), termination.held_back():
        ask_to_stop(signal.SIGINT)
        reached.append("never")
    assert reached == ["first"]
    try:
        ask_to_stop(signal.SIGINT)
    except KeyboardInterrupt as error:  # Also in code that knows nothing of this package.
        again = pickle.loads(pickle.dumps(error))  # As it comes from another process.
        for each in (error, again):
            assert str(each).startswith("Stopped by Ctrl-C. Continue")
            assert each.status == 130
assert signal.getsignal(signal.SIGINT) is before
print("done")
""")


@pytest.mark.slow
def test_ctrl_c_is_passed_on_and_its_consequences_are_not_a_failure():
    in_a_process_of_its_own("""
with raises_terminated(), passed_on():
    ask_to_stop(signal.SIGINT)
    raise RuntimeError("as of a child that was killed")
print("done")
""")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "name", "status"),
    [(signal.SIGTERM, "SIGTERM", 143), (signal.SIGINT, "Ctrl-C", 130)],
)
def test_a_signal_saves_says_so_and_exits(tmp_path, number, name, status):
    flags = ["--encoder=dense", "--hidden_units=16", "--epochs=100000", "--run_dir=run"]
    with subprocess.Popen(
        [*PROGRAM, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        while "Training;" not in process.stdout.readline():
            assert process.poll() is None, process.stderr.read()
        while not (tmp_path / "run" / "history.csv").exists():
            time.sleep(0.05)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == status, stderr
    last = stderr.strip().splitlines()[-1]
    (checkpoint,) = (tmp_path / "run" / "checkpoints").iterdir()
    assert last.startswith(f"train_main.py: Stopped by {name}; all is saved in run/checkpoints/")
    assert checkpoint.name in last
    assert not (tmp_path / "run" / "metrics.json").exists()
