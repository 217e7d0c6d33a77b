"""The cores that this process may use."""

import os


def available_cores() -> int:
    """Number of cores; less than the machine has if the process is bound to some of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
