"""Exports a small model again and again until it is killed; says when it begins.

The process that is started imports TensorFlow once and forks; see test_killed.py.
"""

import os
import random
import signal
import sys
import time

import keras_vrae
from keras_vrae.serving import exporting, verification


def export_until_killed(directory):
    """The work of a child. Nothing is to be seen of verification, which only reads."""
    exporting.verify = lambda model, exports: (
        {
            (path, request.signature): verification.live_answer(
                model, signatures[request.signature].function, request.inputs
            )
            for path, signatures, requests in exports
            for request in requests
        },
        0.0,
    )
    model = keras_vrae.build("dense", (4,), hidden_units=4, seed=0)
    os.write(1, b"begin\n")
    while True:
        exporting.export(model, directory)


def main(directory, times):
    """Forks so many children, one after the other, and kills each at a random moment."""
    random.seed(0)
    for _ in range(times):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.dup2(writing, 1)
            export_until_killed(directory)
        os.close(writing)
        os.read(reading, 1)
        time.sleep(random.uniform(0, 1.5))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        print("killed", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
