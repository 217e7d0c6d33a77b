"""Where the time of a training step goes: `python -m benchmarks.profile --output=F.json`.

TensorFlow's profiler records every kernel of some training steps of `vae.fit(x)`; their own time,
without that of kernels that they call, is summed by kind. One thread for each operation and one
core (`taskset`) keep kernels from waiting for each other. The data are random numbers.
"""

import argparse
import json
import re
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks import machine

KINDS = {
    "matrix products": {"MatMul", "FusedMatMul", "NativeFusedMatMul", "Einsum", "BatchMatMulV2"},
    "optimizer": {"ResourceApplyAdam"},
    "copies": {
        "Split",
        "SplitV",
        "ConcatV2",
        "DynamicStitch",
        "Slice",
        "StridedSlice",
        "Pack",
        "Transpose",
    },
}
OTHER = "elementwise and the rest"
KERNEL = re.compile(r"[^\s:]+:(?P<type>\w+)")  # What the runtime does has other names.
BATCH_SIZE, STEPS = 128, 16


def kind_of(operation):
    """The kind of an operation of TensorFlow, by its type."""
    name = operation.removeprefix("_Mkl")
    return next((kind for kind, types in KINDS.items() if name in types), OTHER)


def kernel_seconds(line, names):
    """Seconds of each type of operation on a thread, without what is nested in it: a `Counter`.

    Args:
        line: what the profiler recorded of the thread, an `XLine`.
        names: names of events by their numbers.
    """
    seconds, open_events = Counter(), []
    for event in sorted(line.events, key=lambda event: (event.offset_ps, -event.duration_ps)):
        while open_events and open_events[-1][0] <= event.offset_ps:
            open_events.pop()
        kernel = KERNEL.fullmatch(names[event.metadata_id].name)
        if kernel:
            around = next((op for _, op in reversed(open_events) if op), None)
            if around:
                seconds[around] -= event.duration_ps / 1e12
            seconds[kernel["type"]] += event.duration_ps / 1e12
        end = event.offset_ps + event.duration_ps
        open_events.append((end, kernel and kernel["type"]))
    return seconds


def record(work):
    """Seconds of each type of operation while `work()` goes on, over all threads: a `Counter`."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            work()
        (path,) = Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
    seconds = Counter()
    for plane in space.planes:
        for line in plane.lines:
            seconds.update(kernel_seconds(line, plane.event_metadata))
    return seconds


def measure(encoder, hidden_units=500, steps=STEPS):
    """Milliseconds of a training step, by kind of kernel, and of the ten longest types: a dict."""
    import keras_vrae

    x = np.random.default_rng(0).random((BATCH_SIZE * steps, 28, 28), dtype="float32")
    vae = keras_vrae.build(encoder, (28, 28), hidden_units=hidden_units)
    vae.compile("adam")

    def epoch():
        vae.fit(x, batch_size=BATCH_SIZE, verbose=0)

    epoch()
    begin = time.perf_counter()
    epoch()
    whole = time.perf_counter() - begin
    seconds = record(epoch)
    kinds = Counter(dict.fromkeys((*KINDS, OTHER), 0.0))
    for operation, spent in seconds.items():
        kinds[kind_of(operation)] += spent
    return {
        "milliseconds_per_step": round(1e3 * whole / steps, 3),
        "milliseconds": {kind: round(1e3 * spent / steps, 3) for kind, spent in kinds.items()},
        "longest": {name: round(1e3 * s / steps, 3) for name, s in seconds.most_common(10)},
    }


def main():
    """Runs the program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("--encoders", default="dense,lstm,gru", help="(default: %(default)s)")
    parser.add_argument("--output", type=Path, help="file for the figures, as JSON")
    flags = parser.parse_args()
    from keras_vrae.backend.tensorflow.threads import one_thread_per_operation

    one_thread_per_operation()
    report = {**machine.describe(), "batch_size": BATCH_SIZE, "steps": STEPS, "encoders": {}}
    for encoder in flags.encoders.split(","):
        found = report["encoders"][encoder] = measure(encoder)
        print(encoder, found, flush=True)
    if flags.output:
        flags.output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
