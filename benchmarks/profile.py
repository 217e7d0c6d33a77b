"""Measures the parts of a training step: `python -m benchmarks.profile --output=F.json`.

TensorFlow's profiler records every kernel of some training steps of `vae.fit(x)`; their own time,
without that of kernels that they call, is summed by kind. One thread for each operation and one
core (`taskset`) keep kernels from waiting for each other. The data are random numbers.
"""

import re
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks import harness

KINDS = {
    "matrix products": {"MatMul", "FusedMatMul", "NativeFusedMatMul", "Einsum"}
    | {"BatchMatMulV2", "BatchMatMulV3"},
    "optimizer": {"ResourceApplyAdam"},
    "copies": {"Split", "SplitV", "ConcatV2", "DynamicStitch", "Slice", "StridedSlice", "Pack"}
    | {"Transpose"},
}
OTHER = "elementwise and the rest"
KERNEL = re.compile(r"[^\s:]+:(?P<type>\w+)")  # What the runtime does has other names.
BATCH_SIZE, STEPS = 128, 16


def kind_of(operation):
    """Returns the kind of an operation of TensorFlow, by its type."""
    name = operation.removeprefix("_Mkl").removeprefix("_")
    return next((kind for kind, types in KINDS.items() if name in types), OTHER)


def kernel_seconds(line, names):
    """Returns the seconds of each type of operation in an `XLine`, without nested ones."""
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
    """Returns the seconds of each type of operation in `work()` over all threads, a `Counter`."""
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
    """Returns the milliseconds of a training step, by kind of kernel, and of the longest types."""
    import keras_vrae

    x = np.random.default_rng(0).random((BATCH_SIZE * steps, 28, 28), dtype="float32")
    vae = keras_vrae.build(encoder, (28, 28), hidden_units=hidden_units)
    vae.compile("adam")

    def epoch():
        vae.fit(x, batch_size=BATCH_SIZE, verbose=0)

    epoch()
    whole = harness.timed(epoch)()
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
    program = harness.Program(__doc__, encoders=harness.ENCODERS, units=500, steps=STEPS)
    from keras_vrae.backend import one_thread_per_operation

    one_thread_per_operation()
    flags, found = program.flags, {}
    for encoder in flags.encoders:
        found[encoder] = measure(encoder, flags.units, flags.steps)
        print(encoder, found[encoder], flush=True)
    program.save({"batch_size": BATCH_SIZE, "steps": flags.steps, "encoders": found})


if __name__ == "__main__":
    main()
