"""Processes that train together, for the tests of several workers."""

import json
import os
import socket
import subprocess
import sys

from conftest import ROOT


def free_ports(count):
    """Returns ports of this machine that are not in use at the moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def run_workers(commands, timeout=240):
    """Runs a Python program in each of several workers; one alone is not a worker of a cluster.

    Args:
        commands: the arguments of each process, lists of strings.
        timeout: seconds to wait for each.

    Returns:
        `(status, stderr)` of each process.
    """
    addresses = [f"127.0.0.1:{port}" for port in free_ports(len(commands))]
    started = []
    for index, command in enumerate(commands):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
        if len(commands) > 1:
            task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            environment["TF_CONFIG"] = json.dumps(task)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen([sys.executable, *command], env=environment, **pipes))
    try:
        said = [process.communicate(timeout=timeout)[1] for process in started]
    finally:
        for process in started:
            process.kill()
    return [(process.returncode, text) for process, text in zip(started, said, strict=True)]
