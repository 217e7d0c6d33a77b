"""The threads of TensorFlow.

The parts of a batch that a model splits over the cores keep them busier than operations that are
each spread over all cores and wait for the slowest. TensorFlow has two ways to run each operation
on one thread: a setting of the whole process, and an option of `tf.data` for the functions of a
pipeline. A library may only use the second, a program may use the first.
"""

import contextvars
import functools
import threading
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_vrae.backend.cores import available_cores

_traced_for_one_thread = contextvars.ContextVar("traced for one thread", default=False)


def one_thread_per_operation() -> None:
    """Makes TensorFlow run each operation on one thread, as many at a time as there are cores.

    `train_main.py` calls it. It is a setting of the whole process; call it before TensorFlow makes
    its first tensor. Models train and encode that way without it too, but not on every processor:
    oneDNN, with which TensorFlow multiplies matrices on many Intel processors, obeys this setting
    alone.

    Raises:
        RuntimeError: if TensorFlow has begun to work.
    """
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(available_cores())


def set_for_process() -> bool:
    """Returns whether each operation of the process has one thread."""
    return tf.config.threading.get_intra_op_parallelism_threads() == 1


def operations_have_one_thread() -> bool:
    """Returns whether the operations that are being traced, or computed, have one thread each."""
    return _traced_for_one_thread.get() or set_for_process()


def can_have_one_thread() -> bool:
    """Returns whether `OneThreadPerOperation` can be used, and changes anything."""
    return (
        available_cores() > 1
        and not set_for_process()
        and not tf.config.functions_run_eagerly()
        and not tf.config.list_logical_devices("GPU")  # A pipeline of tf.data has CPUs alone.
    )


def noting_one_thread(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which notes while it is traced that its operations will have one thread."""

    @functools.wraps(function)
    def traced(*arguments):
        token = _traced_for_one_thread.set(True)
        try:
            return function(*arguments)
        finally:
            _traced_for_one_thread.reset(token)

    return traced


class OneThreadPerOperation:
    """A function of tensors that is compiled so that each of its operations runs on one thread.

    It is the function of a `tf.data` pipeline without end: its arguments go in through a queue, and
    to take the next element is to compute it.

    Args:
        function: a `tf.function`. It may change variables, but not make any; trace it by
            `noting_one_thread`.
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
        options.threading.max_intra_op_parallelism = 1
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


def by_type(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Compiles a function for `OneThreadPerOperation`, once for each type of its arguments.

    Args:
        function: as there; it need not be compiled.

    Returns:
        A function of the types, a tuple, and of the arguments, a tuple too.
    """
    compiled = tf.function(noting_one_thread(function), autograph=False, reduce_retracing=True)
    found: dict[str, OneThreadPerOperation] = {}

    def compute(specs, arguments):
        key = str(specs)
        if key not in found:
            found[key] = OneThreadPerOperation(compiled, *specs)
        return found[key](*arguments)

    return compute
