"""The harness of all benchmarks: processes that take turns, medians, the machine, flags and JSON.

What is compared takes turns, a round at a time, so that a slow moment of a shared machine meets
all of it. Different frameworks in one process would share threads and memory, so each contender
has a process of its own that lives as long as the measurement and works only when it is asked to.
"""

import argparse
import contextlib
import json
import os
import platform
import runpy
import statistics
import subprocess
import sys
import time
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("keras_vrae", "tensorflow", "keras", "numpy", "scikit-learn", "torch", "jax", "jaxlib")
PACKAGES += ("optax", "aeon", "openvino")
PLACES = ("data_dir", "output", "picture", "folders", "old", "new")
ENCODERS = ("dense", "lstm", "gru")
PAUSE_SECONDS = 0.1  # For the threads of the last contender to fall asleep.


class Contender:
    """A process that works when it is asked to.

    Args:
        module: name of a file of this folder, such as `"rivals/tutorial"`, with a function
            `make(task, variant)`. It returns functions without arguments by the name of their work.
        variant: name of one of the module's ways to work, or None.
        task: a dict of what `make` gets as attributes of `task`, as JSON has it.
        folder: the checkout whose packages the process imports.
    """

    def __init__(self, module, variant, task, folder=ROOT):
        program = f"import runpy; runpy.run_path({__file__!r})['serve']()"
        path = str(ROOT / "benchmarks" / f"{module}.py")
        command = [sys.executable, "-c", program, path, json.dumps(variant), json.dumps(task)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        self._process = subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes)
        self.work, self.package, self.peak_memory_mib = (), None, None
        self.device_memory_mib = None

    def wait(self):
        """Waits until the process is ready; `work` then names what it can do."""
        answer = self._answer()
        self.work, self.package = answer["work"], answer["package"]

    def turn(self, work):
        """Returns the seconds that one turn of some work takes."""
        time.sleep(PAUSE_SECONDS)
        self._process.stdin.write(f"{work}\n")
        self._process.stdin.flush()
        answer = self._answer()
        self.peak_memory_mib = answer["peak_memory_mib"]
        self.device_memory_mib = answer["device_memory_mib"]
        return answer["seconds"]

    def close(self):
        """Ends the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"A contender ended with status {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer


def serve():
    """Works as a contender, until the standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What libraries print does not get between the answers.

    def answer(**content):
        print(json.dumps(content), file=answers, flush=True)

    try:
        path, variant, task = sys.argv[1:]
        make = runpy.run_path(path)["make"]
        functions = make(SimpleNamespace(**json.loads(task)), json.loads(variant))
        package = getattr(sys.modules.get("keras_vrae"), "__file__", None)
        answer(work=list(functions), package=package)
        for name in map(str.strip, sys.stdin):
            seconds = timed(functions[name])()
            memory = {
                "peak_memory_mib": peak_memory_mib(),
                "device_memory_mib": device_memory_mib(),
            }
            answer(seconds=seconds, **memory)
    except Exception:
        answer(error=traceback.format_exc())


def device_memory_mib():
    """The most memory of an accelerator that JAX or PyTorch has held in this process, or None."""
    jax, torch = (sys.modules.get(name) for name in ("jax", "torch"))
    if torch is not None and torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return round(torch.cuda.max_memory_allocated() / 2**20)
    if jax is not None and jax.default_backend() != "cpu":
        return round(jax.local_devices()[0].memory_stats()["peak_bytes_in_use"] / 2**20)
    return None


@contextlib.contextmanager
def started(programs, task):
    """Starts contenders and ends them at last.

    Args:
        programs: arguments of each `Contender` but the task, `(module, variant[, folder])` by name.
        task: the task of all of them.
    """
    contenders = {}
    try:
        for name, (module, variant, *folder) in programs.items():
            contenders[name] = Contender(module, variant, task, *folder)
        for contender in contenders.values():
            contender.wait()
        yield contenders
    finally:
        for contender in contenders.values():
            contender.close()


def turns_of(contenders, work):
    """Returns the turns of those contenders that do such work, for `take_turns`."""
    able = {name: each for name, each in contenders.items() if work in each.work}
    return {name: lambda each=each: each.turn(work) for name, each in able.items()}


def timed(function, repeats=1):
    """Returns a turn of this process: a function that returns the seconds of one call."""

    def turn():
        begin = time.perf_counter()
        for _ in range(repeats):
            function()
        return (time.perf_counter() - begin) / repeats

    return turn


def take_turns(turns, rounds):
    """Returns the seconds of each turn, lists over the rounds by name.

    Args:
        turns: functions by name that return seconds.
        rounds: number of rounds that count. One before them, in which functions are compiled, does
            not. Each round begins with another turn.
    """
    seconds = {name: [] for name in turns}
    for number in range(rounds + 1):
        first = number % len(turns)
        for name in (*list(turns)[first:], *list(turns)[:first]):
            spent = turns[name]()
            if number:
                seconds[name].append(spent)
    return seconds


def spread(values, digits=4):
    """Returns the median and the quartiles of a list."""
    several = [*values, *values] if len(values) == 1 else values
    quartiles = statistics.quantiles(several, n=4, method="inclusive")
    low, middle, high = (float(f"{value:.{digits}g}") for value in quartiles)
    return {"median": middle, "quartiles": [low, high]}


def rates(seconds, amount):
    """Returns the amount per second of each name: its spread, and `rounds` with that of each round.

    Args:
        seconds: lists over the rounds by name.
        amount: the amount of work in a turn, such as a number of images.
    """
    rounds = {name: [amount / value for value in values] for name, values in seconds.items()}
    return {
        name: {**spread(values), "rounds": [float(f"{value:.5g}") for value in values]}
        for name, values in rounds.items()
    }


def ratios(rows, ours, others):
    """Returns how many times as fast `ours` is as each of the others, compared round by round."""
    rounds = {name: rows[name]["rounds"] for name in (ours, *others)}
    pairs = {name: zip(rounds[ours], rounds[name], strict=True) for name in others}
    return {name: spread([mine / theirs for mine, theirs in pairs[name]]) for name in others}


def best_of(rows, family):
    """Returns the fastest variant of a family; `torch eager` is one of the family `torch`."""
    names = [name for name in rows if name.split()[0] == family]
    return max(names, key=lambda name: rows[name]["median"], default=None)


def in_words(row, form=".2f"):
    """Returns a median with its quartiles in words."""
    low, high = row["quartiles"]
    return f"{row['median']:{form}} ({low:{form}} to {high:{form}})"


def cores():
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def peak_memory_mib():
    """Returns the most memory that this process has held, or None if the system does not say."""
    kibibytes = _field(_text("/proc/self/status"), "VmHWM")
    return round(int(kibibytes.split()[0]) / 1024, 1) if kibibytes else None


def describe():
    """Returns the processor, its cores and memory, and the versions of what is installed."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            versions[package] = version(package)
    kibibytes = _field(_text("/proc/meminfo"), "MemTotal")
    return {
        "machine": {
            "processor": _field(_said("lscpu"), "Model name") or platform.processor(),
            "vector_instructions": vector_instructions(),
            "cores": cores(),
            "accelerator": _said("nvidia-smi", "--query-gpu=name", "--format=csv,noheader") or None,
            "memory_gib": round(int(kibibytes.split()[0]) / 1024**2, 1) if kibibytes else None,
            "system": f"{platform.system()} {platform.machine()}",
        },
        "versions": versions,
    }


def vector_instructions():
    """Returns the widest instructions of the processor, on which speed depends, or None."""
    flags = (_field(_text("/proc/cpuinfo"), "flags") or "").split()
    known = {"amx_tile": "AMX", "avx512f": "AVX-512", "avx2": "AVX2"}
    return next((name for flag, name in known.items() if flag in flags), None)


def revision(folder=ROOT):
    """Returns the commit of a checkout, with a plus sign if files were changed since."""
    return _said("git", "-C", str(folder), "describe", "--always", "--abbrev=7", "--dirty=+")


class Program:
    """A benchmark as a program: its flags, and the file of its results.

    Args:
        doc: the docstring of its module.
        arguments: the arguments of the command line; those of this process if None.
        **defaults: default of each flag. A tuple stands for values with commas, a list for
            arguments without a flag. `--output`, the file for the results, is a flag of all
            programs.

    Attributes:
        flags: value of each flag.
    """

    def __init__(self, doc, arguments=None, **defaults):
        self.name = f"python -m benchmarks.{Path(sys.argv[0]).stem}"
        parser = argparse.ArgumentParser(
            prog=self.name, description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        self.defaults = {"output": None, **defaults}
        for flag, default in self.defaults.items():
            if isinstance(default, list):
                parser.add_argument(flag, nargs="+")
                continue
            if isinstance(default, bool):
                options = {"action": argparse.BooleanOptionalAction}
            elif isinstance(default, tuple):
                kind = type(default[0])
                options = {"type": lambda text, kind=kind: tuple(map(kind, text.split(",")))}
            else:
                options = {"type": str if default is None else type(default)}
            parser.add_argument(f"--{flag}", default=default, **options)
        self.flags = parser.parse_args(arguments)

    @property
    def command(self):
        """The command line without flags that name places on this machine."""
        words = [self.name]
        for flag, default in self.defaults.items():
            value = getattr(self.flags, flag)
            if value != default and flag not in PLACES:
                text = ",".join(map(str, value)) if isinstance(value, tuple) else value
                words.append(f"--no-{flag}" if value is False else f"--{flag}={text}")
        return " ".join(words)

    def save(self, results):
        """Writes the results with the command, the revision, the machine and the versions."""
        if self.flags.output:
            report = {"command": self.command, "revision": revision(), **describe(), **results}
            Path(self.flags.output).write_text(json.dumps(report, indent=1) + "\n")


def _text(path):
    with contextlib.suppress(OSError):
        return Path(path).read_text()
    return ""


def _said(*command):
    with contextlib.suppress(OSError):
        environment = {**os.environ, "LC_ALL": "C"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        return done.stdout.strip()
    return ""


def _field(text, name):
    """Returns the first value of that name in lines of `name: value`, or None."""
    lines = [line.strip() for line in text.splitlines()]
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), None)
