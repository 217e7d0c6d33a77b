"""On what a benchmark ran, found without loading any framework."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("keras_vrae", "tensorflow", "keras", "numpy", "torch", "jax", "jaxlib", "optax")

PLACES = ("--data_dir", "--output", "--picture", "--runs", "--torch_python")


def cores():
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def command(program):
    """How a program was called, without flags that name places on this machine."""
    shown = [flag for flag in sys.argv[1:] if not flag.startswith(PLACES)]
    return " ".join([f"python -m benchmarks.{program}", *shown])


def describe():
    """Processor, cores and memory, and the versions of what is installed, as a dict."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "machine": {
            "processor": _field("/proc/cpuinfo", "model name") or platform.processor(),
            "cores": cores(),
            "memory_gib": _memory_gib(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "versions": found,
    }


def peak_memory_mib():
    """The most memory this process has held at any time; None where the system does not tell."""
    kibibytes = _field("/proc/self/status", "VmHWM")
    return round(int(kibibytes.split()[0]) / 1024, 1) if kibibytes else None


def _field(path, name):
    """The first value of that name in a file of Linux's /proc, or None."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), None)


def _memory_gib():
    kibibytes = _field("/proc/meminfo", "MemTotal")
    return round(int(kibibytes.split()[0]) / 1024**2, 1) if kibibytes else None
