"""The threads of TensorFlow.

The parts of a batch that are computed side by side keep the cores busier than operations that are
each spread over all cores and wait for the slowest one. So each operation gets a few threads only.
TensorFlow has two ways to say so: a setting of the whole process, which a program may use, and an
option of `tf.data` for the functions of a pipeline, which is left to a library.
"""

import contextvars
import functools
import math
import threading
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_vrae.backend.cores import available_cores
from keras_vrae.types import Tensor

MAX_PARTS = 4  # Products lose speed if a batch is split into thinner parts.

_are_limited = contextvars.ContextVar("operations that are traced have few threads", default=False)


def one_thread_per_operation() -> None:
    """Makes TensorFlow run each operation on one thread, as many at a time as there are cores.

    `train_main.py` calls it. It is a setting of the whole process; call it before TensorFlow makes
    its first tensor. The functions of a model limit their threads without it, but dense layers are
    multiplied by oneDNN on many processors, which obeys this setting alone. With more cores than a
    batch is split into parts, one thread would be too few, so nothing changes.

    Raises:
        RuntimeError: if TensorFlow has begun to work.
    """
    cores = available_cores()
    if cores <= MAX_PARTS:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(cores)


def part_count() -> int:
    """Number of parts of a batch to compute side by side, at most 4."""
    threads = tf.config.threading.get_inter_op_parallelism_threads()
    cores = available_cores()
    return min(MAX_PARTS, cores, threads or cores)


def are_limited() -> bool:
    """Returns whether the operations that are being traced, or computed, have few threads."""
    return _are_limited.get() or _limited_for_process()


def product(
    a: Tensor, b: Tensor, *, transpose_a: bool = False, transpose_b: bool = False
) -> Tensor:
    """The matrix product, by a kernel that obeys the limit.

    On many processors TensorFlow hands `MatMul` to oneDNN, which obeys the setting of the process
    alone. It always computes `BatchMatMulV3` itself.

    Args:
        a: `(M, N)`, or `(N, M)` if transposed.
        b: `(N, P)`, or `(P, N)` if transposed, of the same type.
        transpose_a: whether to transpose a.
        transpose_b: whether to transpose b.
    """
    if _are_limited.get() and a.dtype == tf.float32:
        kind = {"adj_x": transpose_a, "adj_y": transpose_b, "Tout": tf.float32}
        return tf.raw_ops.BatchMatMulV3(x=a, y=b, **kind)
    return tf.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def can_be_limited() -> bool:
    """Returns whether `LimitedThreads` can be used, and changes anything."""
    return (
        available_cores() > 1
        and not _limited_for_process()
        and not tf.config.functions_run_eagerly()
        and not tf.config.list_logical_devices("GPU")  # A pipeline of tf.data has CPUs alone.
    )


def _limited_for_process():
    return tf.config.threading.get_intra_op_parallelism_threads() == 1


def traced_as_limited(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, to be traced for `LimitedThreads`."""

    @functools.wraps(function)
    def traced(*arguments):
        context = contextvars.copy_context()
        context.run(_are_limited.set, True)
        return context.run(function, *arguments)

    return traced


class LimitedThreads:
    """A function of tensors that is compiled so that its operations have few threads each.

    So many that all parts of a batch together keep all cores busy; one, up to four cores. It is the
    function of a `tf.data` pipeline without end: its arguments go in through a queue, and to take
    the next element is to compute it.

    Args:
        function: a `tf.function`. It may change variables, but not make any.
        specs: types of its arguments, structures of `tf.TypeSpec`s.
    """

    def __init__(self, function: Callable[..., Any], *specs: Any) -> None:
        parts = tf.nest.flatten(specs, expand_composites=True)
        queue = tf.queue.FIFOQueue(1, [part.dtype for part in parts])

        @tf.autograph.experimental.do_not_convert
        def compute(_):
            tensors = tf.nest.flatten(queue.dequeue())
            for tensor, part in zip(tensors, parts, strict=True):
                tensor.set_shape(part.shape)
            return function(*tf.nest.pack_sequence_as(specs, tensors, expand_composites=True))

        options = tf.data.Options()
        threads = math.ceil(available_cores() / part_count())
        options.threading.max_intra_op_parallelism = threads
        # Nothing may be computed before it is asked for.
        options.autotune.enabled = False
        options.experimental_optimization.apply_default_optimizations = False
        self._queue = queue
        self._results = iter(tf.data.Dataset.counter().map(compute).with_options(options))
        self._lock = threading.Lock()

    def __call__(self, *arguments: Any) -> Any:
        """Computes the function, of structures of tensors or arrays."""
        with self._lock:  # Or two threads of Python could get each other's results.
            self._queue.enqueue(tf.nest.flatten(arguments, expand_composites=True))
            return next(self._results)


def limited_by_type(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Compiles a function for `LimitedThreads`, once for each type of its arguments.

    Args:
        function: as there; it need not be compiled.

    Returns:
        A function of the types, a tuple, and of the arguments, a tuple too.
    """
    compiled = tf.function(traced_as_limited(function), autograph=False, reduce_retracing=True)
    found: dict[str, LimitedThreads] = {}

    def compute(specs, arguments):
        key = str(specs)
        if key not in found:
            found[key] = LimitedThreads(compiled, *specs)
        return found[key](*arguments)

    return compute
