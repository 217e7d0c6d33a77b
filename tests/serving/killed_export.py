"""Exports a small model again and again until it is killed, and begins again; see test_killed.py.

    python killed_export.py DIRECTORY TIMES SECONDS [EXPORTED]

TensorFlow is imported once and each exporter is forked from there. With EXPORTED, a directory of an
earlier export, SavedModels are copied from there instead of being traced, so that more of the
kills meet the moments that matter.
"""

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import tensorflow_serving.apis.prediction_log_pb2  # noqa: F401  (takes long the first time)

import keras_vrae
from keras_vrae.serving import exporting
from keras_vrae.serving.live_answers import live_answer


def make_answers():
    """Stands in for verification, which only reads, so that a kill in it is of no interest."""
    known = {}

    def answer(model, exports):
        for path, requests in exports:
            for name, inputs in requests:
                if (path.name, name) not in known:
                    known[path.name, name] = live_answer(model, name, inputs)
        paths = {path.name: path for path, _ in exports}
        return {(paths[model], name): value for (model, name), value in known.items()}, 0.0

    return answer


def export_until_killed(directory, exported):
    """Exports again and again, and prints a line after the first export, which takes longest."""
    exporting.verify = make_answers()
    if exported:
        ignore = shutil.ignore_patterns("assets.extra", "export.json")
        exporting.write_saved_model = lambda model, signatures, path: shutil.copytree(
            Path(exported, path.name, "1"), path, ignore=ignore
        )
    model = keras_vrae.build("dense", (4,), hidden_units=4, seed=0)
    exporting.export(model, directory, models=["encoder", "decoder"])
    os.write(1, b"begin\n")
    while True:
        exporting.export(model, directory, models=["encoder", "decoder"])


def main(directory, times, seconds, exported=None):
    """Starts so many exporters, one after the other, and kills each at a random moment."""
    random.seed(0)
    for _ in range(int(times)):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.dup2(writing, 1)
            export_until_killed(directory, exported)
        os.close(writing)
        os.read(reading, 1)
        time.sleep(random.uniform(0, float(seconds)))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        print("killed", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
