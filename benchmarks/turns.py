"""Contenders in processes of their own, which work in turns.

Different frameworks in one process share threads and memory, and one after the other they meet
different moments of the machine. Here each has a process that lives as long as the measurement and
works only when it is told to, so that a slow moment meets all of them.
"""

import dataclasses
import importlib
import multiprocessing
import os
import time
import traceback

import numpy as np

from benchmarks.machine import peak_memory_mib

PAUSE_SECONDS = 0.1  # For the threads of the last contender to fall asleep.


@dataclasses.dataclass(frozen=True)
class Task:
    """What every contender does: train a VAE, and encode.

    Attributes:
        encoder: `"dense"`, `"lstm"` or `"gru"`.
        batch_size: examples in a training step, B.
        images_path: `.npy` file of float32 images, `(N, T, D)`; a turn goes over all of them.
        hidden_units: units of every hidden layer, H.
        latent_dim: number of latent dimensions, Z.
        encode_batch: examples to encode at a time.
    """

    encoder: str
    batch_size: int
    images_path: str
    hidden_units: int = 500
    latent_dim: int = 2
    encode_batch: int = 128

    def images(self):
        """The images, an array of this process's own."""
        return np.load(self.images_path)


class Contender:
    """A program of the benchmark in its own process.

    Args:
        module: name of a module with `make(task, variant)`, which returns a dict of functions
            without arguments, each one turn of some work: `"train"`, perhaps `"encode"`.
        variant: which of the module's ways to work.
        task: the `Task`.
    """

    def __init__(self, module, variant, task):
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, module, variant, task), daemon=True
        )
        self._process.start()
        theirs.close()
        self.work, self.peak_memory_mib = (), None

    def wait(self):
        """Waits until the process is ready; `work` then names what it can do."""
        self.work = self._answer()

    def turn(self, work):
        """Seconds that one turn of `"train"` or `"encode"` takes."""
        time.sleep(PAUSE_SECONDS)
        self._connection.send(work)
        seconds, self.peak_memory_mib = self._answer()
        return seconds

    def close(self):
        """Ends the process."""
        self._connection.close()
        self._process.join(timeout=10)
        if self._process.is_alive():
            self._process.kill()

    def _answer(self):
        try:
            answer = self._connection.recv()
        except EOFError:
            self._process.join()
            raise RuntimeError(f"A contender ended with {self._process.exitcode}") from None
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return answer


def _serve(connection, module, variant, task):
    """Works when told to, until the other end is closed."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)  # TensorFlow's greetings; errors go to the other end.
    try:
        work = importlib.import_module(module).make(task, variant)
        connection.send(list(work))
        while True:
            function = work[connection.recv()]
            begin = time.perf_counter()
            function()
            seconds = time.perf_counter() - begin
            connection.send((seconds, peak_memory_mib()))
    except (EOFError, BrokenPipeError):
        pass
    except Exception:
        connection.send(traceback.format_exc())


def take_turns(contenders, work, rounds):
    """Seconds of each contender that does such work: a dict from name to a list over the rounds.

    A round before the first is not counted, as programs compile in it. Every round begins with
    another contender.
    """
    names = [name for name, contender in contenders.items() if work in contender.work]
    seconds = {name: [] for name in names}
    for number in range(rounds + 1):
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            spent = contenders[name].turn(work)
            if number:
                seconds[name].append(spent)
    return seconds


def take_turns_here(turns, rounds):
    """Seconds of each of some functions, which work in turns in this process: as `take_turns`.

    Args:
        turns: a dict from name to a function without arguments.
        rounds: rounds that count; one before them, in which functions compile, does not.
    """
    seconds = {name: [] for name in turns}
    for number in range(rounds + 1):
        for name in sorted(turns, reverse=bool(number % 2)):
            begin = time.perf_counter()
            turns[name]()
            if number:
                seconds[name].append(time.perf_counter() - begin)
    return seconds
