"""Trains the same model on one device, on two devices, and in two processes, and compares.

    python -m benchmarks.workers --output=docs/benchmarks/workers.json

The global batch is the same, and the last one of an epoch is a single example, of which one replica
has none. Gradients are clipped and the weight of the KL divergence changes. The variance of q(z|x)
is all but gone, so that the noise, of which each replica draws its own, makes no difference.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import machine

ENCODERS = ("dense", "lstm", "gru")
WAYS = ("one", "mirrored", "multi_worker")


def train(strategy, encoder):
    """Weights, figures of the epochs, and figures of evaluation, of a model trained so."""
    import keras

    import keras_vrae

    x = np.random.default_rng(0).random((65, 4, 3)).astype("float32")
    keras.utils.set_random_seed(0)
    with strategy.scope():
        warmup = keras_vrae.schedules.LinearWarmup(8)
        objective = keras_vrae.ELBO(beta=warmup)
        model = keras_vrae.build(encoder, (4, 3), hidden_units=8, objective=objective, seed=0)
        model.encoder.z_log_var_head.set_weights([np.zeros((8, 2)), np.full(2, -20.0)])
        model.encoder.z_log_var_head.trainable = False
        # With a small epsilon Adam would take whole steps where gradients are but rounding.
        model.compile(keras_vrae.optimizers.Adam(0.01, global_clipnorm=0.1, epsilon=1e-2))
    history = model.fit(x, batch_size=32, epochs=2, shuffle=False, verbose=0).history
    evaluation = model.evaluate(x, batch_size=32, verbose=0)
    return {
        "weights": np.concatenate([weights.ravel() for weights in model.get_weights()]),
        "history": np.array([history[name] for name in sorted(history)]).ravel(),
        "evaluation": np.array(evaluation).ravel(),
    }


def work(way, encoders, path):
    """The work of one process: trains with each encoder and writes what came of it to `path`."""
    import tensorflow as tf

    if way == "multi_worker":
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    elif way == "mirrored":
        cpu = tf.config.list_physical_devices("CPU")[0]
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, two)
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    else:
        strategy = tf.distribute.OneDeviceStrategy("CPU:0")
    results = {
        f"{encoder} {name}": value
        for encoder in encoders
        for name, value in train(strategy, encoder).items()
    }
    np.savez(path, **results)


def free_ports(count):
    """Ports of this machine that nobody uses at the moment."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def run(way, encoders, folder, processes=1):
    """What each of the processes of a way has written, a list of dicts."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(processes)]
    started = []
    for index in range(processes):
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        if way == "multi_worker":
            task = {"type": "worker", "index": index}
            cluster = {"cluster": {"worker": addresses}, "task": task}
            environment["TF_CONFIG"] = json.dumps(cluster)
        path = Path(folder, f"{way}-{index}.npz")
        command = [sys.executable, "-m", "benchmarks.workers", f"--work={way}"]
        command += [f"--encoders={','.join(encoders)}", f"--output={path}"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        started.append((process, path))
    for process, _ in started:
        _, stderr = process.communicate()
        if process.returncode:
            raise SystemExit(stderr[-3000:])
    return [dict(np.load(path)) for _, path in started]


def compare(encoders):
    """The largest differences to one device, by way, encoder and what is compared."""
    differences = {}
    with tempfile.TemporaryDirectory() as folder:
        (one,) = run("one", encoders, folder)
        for way, processes in (("mirrored", 1), ("multi_worker", 2)):
            for index, other in enumerate(run(way, encoders, folder, processes)):
                worker = f"{way}, worker {index}" if processes > 1 else way
                differences[worker] = {
                    name: float(np.abs(one[name] - other[name]).max()) for name in one
                }
    return differences


def main(arguments=None):
    """Compares the ways, or does the work of one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoders", default=",".join(ENCODERS), help="names, with commas")
    parser.add_argument("--work", choices=WAYS, help="be one of the processes")
    parser.add_argument("--output", type=Path, help="file to write")
    flags = parser.parse_args(arguments)
    encoders = flags.encoders.split(",")
    if flags.work:
        work(flags.work, encoders, flags.output)
        return
    report = {**machine.describe(), "largest_differences": compare(encoders)}
    text = json.dumps(report, indent=2)
    print(text)
    if flags.output:
        flags.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
