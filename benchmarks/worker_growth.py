"""How time and memory grow with workers: `python -m benchmarks.worker_growth --output=F.json`.

Each worker is a process on a core of its own and has 128 examples of each batch, so that the work
of a worker is the same however many there are. As cores of one machine share caches and memory, as
many processes that know nothing of each other are measured beside: what a step takes longer than
theirs is the price of keeping workers in step. The data are random numbers, the network has an
encoder of 500 units.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import machine, summary
from benchmarks.workers import free_ports

BATCH_SIZE, STEPS, EPOCHS = 128, 12, 4


def work(encoder, workers, path, hidden_units=500):
    """The work of one process, which writes its times and its memory to `path`."""
    from keras_vrae.backend.tensorflow.threads import one_thread_per_operation

    one_thread_per_operation()
    import keras

    import keras_vrae
    from keras_vrae.training import distribution

    strategy = distribution.make("multi_worker" if workers > 1 else "none")
    batch_size = BATCH_SIZE * workers
    x = np.random.default_rng(0).random((batch_size * STEPS, 28, 28), dtype="float32")
    with strategy.scope():
        model = keras_vrae.build(encoder, (28, 28), hidden_units=hidden_units, seed=0)
        model.compile("adam")
    ends = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter())
    )
    model.fit(x, batch_size=batch_size, epochs=EPOCHS + 1, callbacks=[clock], verbose=0)
    seconds = np.diff(ends)  # Of all epochs but the first, in which TensorFlow compiles.
    step = float(np.median(seconds)) / STEPS
    figures = {"milliseconds_per_step": 1e3 * step, "peak_memory_mib": machine.peak_memory_mib()}
    path.write_text(json.dumps(figures))


def measure(encoder, processes, together):
    """Milliseconds of a step, examples a second of all processes, most memory of one: a dict.

    Args:
        encoder: name of the encoder.
        processes: how many work at a time.
        together: whether they are workers of one training, or each trains a model of its own.
    """
    workers = processes if together else 1
    cores = sorted(os.sched_getaffinity(0))
    addresses = [f"127.0.0.1:{port}" for port in free_ports(processes)]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{index}.json") for index in range(processes)]
        started = []
        for index, path in enumerate(paths):
            environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
            if workers > 1:
                task = {"type": "worker", "index": index}
                cluster = {"cluster": {"worker": addresses}, "task": task}
                environment["TF_CONFIG"] = json.dumps(cluster)
            command = ["taskset", "-c", str(cores[index]), sys.executable]
            command += ["-m", "benchmarks.worker_growth", f"--encoder={encoder}"]
            command += [f"--work={workers}", f"--output={path}"]
            started.append(
                subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
            )
        for process in started:
            _, stderr = process.communicate()
            if process.returncode:
                raise SystemExit(stderr[-3000:])
        found = [json.loads(path.read_text()) for path in paths]
    step = max(figures["milliseconds_per_step"] for figures in found)
    return {
        "encoder": encoder,
        "processes": processes,
        "together": together,
        "milliseconds_per_step": round(step, 1),
        "examples_per_second": round(1e3 * BATCH_SIZE * processes / step),
        "peak_memory_mib": max(figures["peak_memory_mib"] for figures in found),
    }


def table(points):
    """The table of `docs/scaling.md`."""
    header = ["encoder", "processes", "ms a step", "examples a second, all together"]
    rows = []
    for point in points:
        number = "alone" if point["processes"] == 1 else str(point["processes"])
        if point["processes"] > 1:
            number += " workers of one training" if point["together"] else ", each on its own"
        rows.append(
            [
                summary.ENCODERS[point["encoder"]],
                number,
                point["milliseconds_per_step"],
                f"{point['examples_per_second']:,}",
                f"{point['peak_memory_mib']:,.0f}",
            ]
        )
    return summary.table([*header, "most memory of one, MiB"], rows)


def main(arguments=None):
    """Measures as many workers as there are cores, or does the work of one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="dense,lstm,gru", help="names, with commas")
    parser.add_argument("--work", type=int, help="be one of so many processes")
    parser.add_argument("--output", type=Path, help="file to write")
    flags = parser.parse_args(arguments)
    if flags.work:
        work(flags.encoder, flags.work, flags.output)
        return
    report = {**machine.describe(), "batch_size_of_a_worker": BATCH_SIZE, "points": []}
    for encoder in flags.encoder.split(","):
        several = [
            (n, together) for n in range(2, machine.cores() + 1) for together in (False, True)
        ]
        for processes, together in [(1, False), *several]:
            report["points"].append(measure(encoder, processes, together))
            print(report["points"][-1], flush=True)
    print(table(report["points"]))
    if flags.output:
        flags.output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
