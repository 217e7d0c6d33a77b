"""Termination by SIGTERM, which schedulers of clusters send before they kill."""

import multiprocessing
import signal
import threading
from contextlib import contextmanager

EXIT_STATUS = 128 + signal.SIGTERM  # As shells and schedulers expect.
MESSAGE = "Stopped by SIGTERM. Continue with the same flags and --resume"


class Terminated(BaseException):
    """The process was asked to stop, and has stopped what it was doing.

    Not an `Exception`, so that nothing that deals with failures takes it for one.
    """


class Termination:
    """A handler of SIGTERM for the time of a `with` block.

    Within `with termination.held_back():` the signal only sets `requested`, and the code of the
    block stops at the next good moment; elsewhere the signal raises `Terminated` at once. Outside
    of the main thread Python does not handle signals, and the block ignores them.

    Example:
        >>> from keras_vrae.training.termination import Termination
        >>> with Termination() as termination, termination.held_back():
        ...     termination.requested
        False
    """

    def __init__(self):
        self.requested = False
        self._held_back = False
        self._before = None

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._handle)
        return self

    def __exit__(self, *_):
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    @contextmanager
    def held_back(self):
        """Lets the block look at `requested`, and raises after the block at the latest."""
        self._held_back = True
        try:
            yield
        finally:
            self._held_back = False
        if self.requested:
            raise Terminated(MESSAGE)

    def _handle(self, *_):
        self.requested = True
        if not self._held_back:
            raise Terminated(MESSAGE)


@contextmanager
def passed_on():
    """Passes SIGTERM on to the processes that this one has started, while the block runs.

    Raises:
        Terminated: after the block, if the signal came.
    """
    termination = Termination()
    with termination, termination.held_back():

        def hand_on(*_):
            termination.requested = True
            for child in multiprocessing.active_children():
                child.terminate()

        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, hand_on)
        try:
            yield
        except Exception:
            # A child that was stopped before it could say so looks like one that was killed.
            if not termination.requested:
                raise
