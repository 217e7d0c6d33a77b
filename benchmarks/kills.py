"""Kills training runs at random moments and holds what becomes of them against whole runs.

    python -m benchmarks.kills --kills=50 --damages=200 --output=docs/benchmarks/kills.json

For each encoder one run trains undisturbed. Then runs with the same settings are stopped at random
moments, by SIGKILL, by SIGTERM or by a full disk (a limit on the size of files, which makes the
next write fail as a full disk does), resumed, and compared: weights, optimizer, state of sampling
and history must be equal bit for bit. At last the newest of two checkpoints is damaged
at random bytes, which must be told, and the other one be used.

Every run has a process of its own, forked from one that has imported TensorFlow and not used it.
It ends with its model saved: nothing is drawn and nothing evaluated.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path

from benchmarks import machine

ENCODERS = ("dense", "lstm", "gru")
FAULTS = ("SIGKILL", "SIGTERM", "full disk")
SETTINGS = {
    "hidden_units": 16,
    "epochs": 3,
    "likelihood": "bernoulli",
    "kl_schedule": "cyclical",
    "checkpoint_every": "7 steps",
}
STEPS = 3 * 41
SIGTERM_STATUS = 143


def train(encoder, folder):
    """One run, as `train_main.py` makes it; returns the exit status."""
    from keras_vrae.training import ExperimentConfig, loop, train_and_evaluate
    from keras_vrae.training.termination import Terminated

    loop.finish = save
    try:
        train_and_evaluate(ExperimentConfig(encoder=encoder, **SETTINGS), folder, resume=True)
    except Terminated as request:
        print(request)
        return SIGTERM_STATUS
    except OSError:
        return 1
    return 0


def save(model, splits, config, run, recorder):
    """Ends a run with its model, and no more."""
    from keras_vrae.files import replacing

    with replacing(run.model_path) as aside:
        model.save(aside)
    run.write_json(run.metrics_path, {})


def start(encoder, folder, log, step=None, pipe=None):
    """Forks a process that trains, and tells through `pipe` when it begins that step."""
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        if pipe:
            announce(step, pipe)
        with open(log, "a") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        status = train(encoder, folder)
        sys.stdout.flush()
    except BaseException:
        # With a limit on files, what is printed here may meet it too: status 70 is then no wonder.
        traceback.print_exc()
    finally:
        os._exit(status)


def announce(step, pipe):
    """Makes training write to a pipe when it begins that step, counted from 0."""
    from keras_vrae.training.callbacks import RunRecorder

    def on_train_batch_begin(self, batch, logs=None):
        if self.model.optimizer.iterations == step:
            os.write(pipe, b".")

    RunRecorder.on_train_batch_begin = on_train_batch_begin


def wait(child):
    """Waits until the process ends; its exit status."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def disturb(child, fault):
    """Does to a process what the fault is called."""
    if fault == "full disk":
        size = random.choice((0, 100, 20_000))  # Of bytes in a file.
        resource.prlimit(child, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    else:
        os.kill(child, getattr(signal, fault))


def content(folder):
    """What must not depend on interruptions, of a finished run."""
    import h5py

    values = {}
    with zipfile.ZipFile(folder / "model.keras") as archive:
        weights = archive.read("model.weights.h5")
    (folder / "weights.h5").write_bytes(weights)
    with h5py.File(folder / "weights.h5") as file:
        file.visititems(
            lambda name, item: (
                values.update({name: item[()].tobytes()})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    rows = (folder / "history.csv").read_text().splitlines()
    values["history"] = [row.rsplit(",", 1)[0] for row in rows]  # The last column is a time.
    return values


def one_kill(encoder, root, whole):
    """Stops a run at a random moment and resumes it; returns what happened, a dict.

    The moment is a random step and some milliseconds more, in which it writes a checkpoint or goes
    on.
    """
    fault, step, delay = random.choice(FAULTS), random.randrange(STEPS), random.uniform(0, 0.05)
    folder, log = root / "run", root / "run.log"
    shutil.rmtree(folder, ignore_errors=True)
    log.unlink(missing_ok=True)
    reading, writing = os.pipe()
    child = start(encoder, folder, log, step, writing)
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    time.sleep(delay)
    disturb(child, fault)
    status = wait(child)
    checkpoints = sorted(path.name for path in (folder / "checkpoints").glob("step-*"))
    result = {"encoder": encoder, "fault": fault, "step": step, "status": status}
    result["checkpoint"] = int(checkpoints[-1].split("-")[1]) if checkpoints else None
    result["resumed_status"] = wait(start(encoder, folder, log))
    result["equal"] = result["resumed_status"] == 0 and content(folder) == whole
    if not result["equal"]:
        result["log"] = log.read_text()[-2000:]
    return result


def damage(folder, times):
    """Damages the newest of two checkpoints at random bytes; how often that was found out."""
    from keras_vrae.training import checkpoints

    before, last = checkpoints.paths(folder)
    sound, found = last.read_bytes(), 0
    for _ in range(times):
        damaged = bytearray(sound)
        damaged[random.randrange(len(sound))] ^= random.randrange(1, 256)
        last.write_bytes(damaged)
        told = []
        found += checkpoints.last_sound(folder, told.append) == before and len(told) == 1
    last.write_bytes(sound)
    return {"bytes": len(sound), "damages": times, "told_and_one_before_used": found}


def main(arguments=None):
    """Kills, resumes, compares, and writes what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50, help="over all encoders (default: 50)")
    parser.add_argument("--damages", type=int, default=200, help="bytes (default: 200)")
    parser.add_argument("--encoders", default=",".join(ENCODERS), help="names, with commas")
    parser.add_argument("--seed", type=int, default=0, help="fixes moments and bytes")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    flags = parser.parse_args(arguments)
    # Imported once, for all the processes that follow.
    import sklearn.datasets  # noqa: F401

    import keras_vrae.training.loop  # noqa: F401

    random.seed(flags.seed)  # Not before the imports, which draw numbers too.

    report = {**machine.describe(), "seed": flags.seed, "settings": SETTINGS, "kills": []}
    with tempfile.TemporaryDirectory() as root:
        root, wholes = Path(root), {}
        encoders = flags.encoders.split(",")
        for encoder in encoders:
            folder, log = root / encoder, root / f"{encoder}.log"
            if wait(start(encoder, folder, log)):
                raise SystemExit(log.read_text())
            wholes[encoder] = content(folder)
        for number in range(flags.kills):
            encoder = encoders[number % len(encoders)]
            result = one_kill(encoder, root, wholes[encoder])
            report["kills"].append(result)
            print(json.dumps(result), flush=True)
        report["damaged"] = damage(root / encoders[0] / "checkpoints", flags.damages)
    kills = report["kills"]
    report["equal"] = sum(kill["equal"] for kill in kills)
    report["stopped"] = sum(kill["status"] != 0 for kill in kills)
    report["faults"] = Counter(kill["fault"] for kill in kills)
    print(
        f"{report['equal']} of {len(kills)} equal, {report['stopped']} of them were stopped; "
        f"damaged: {report['damaged']}"
    )
    if flags.output:
        flags.output.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if report["equal"] == len(kills) else 1


if __name__ == "__main__":
    sys.exit(main())
